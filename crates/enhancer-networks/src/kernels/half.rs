//! Numbers in float16 (IEEE 754 binary16), in which weights are kept that have no more
//! bits: they take half the memory, which bounds the speed of recurrent networks.

use tract_tflite::internal::f16;

/// The number in float16, if that holds it exactly.
pub(super) fn exact(x: f32) -> Option<u16> {
    let narrow = f16::from_f32(x);
    (narrow.to_f32().to_bits() == x.to_bits()).then_some(narrow.to_bits())
}

pub(super) fn widen(bits: u16) -> f32 {
    f16::from_bits(bits).to_f32()
}

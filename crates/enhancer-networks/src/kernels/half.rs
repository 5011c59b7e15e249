//! Numbers in float16 (IEEE 754 binary16), in which weights are kept that have no more
//! bits: they take half the memory, which bounds the speed of recurrent networks.

use tract_tflite::internal::f16;

/// The exponents, as they are stored in float32, of the least normal number of float16 and behind
/// that of its largest.
const MOST_SMALL: u32 = 127 - 14;
const MOST_LARGE: u32 = 127 + 16;

/// The number in float16, if that holds it exactly.
pub(super) fn exact(x: f32) -> Option<u16> {
    let bits = x.to_bits();
    // Most numbers that fit have an exponent that fits too, and no more bits behind it.
    let (exponent, cut) = (bits >> 23 & 0xff, bits & 0x1fff);
    if (MOST_SMALL..MOST_LARGE).contains(&exponent) {
        let sign = bits >> 16 & 0x8000;
        let rest = (exponent - MOST_SMALL + 1) << 10 | bits >> 13 & 0x3ff;
        return (cut == 0).then_some((sign | rest) as u16);
    }
    let narrow = f16::from_f32(x);
    (narrow.to_f32().to_bits() == bits).then_some(narrow.to_bits())
}

pub(super) fn widen(bits: u16) -> f32 {
    f16::from_bits(bits).to_f32()
}

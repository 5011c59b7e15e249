//! Numbers in float16 (IEEE 754 binary16). Weights that need no more bits are stored this way: they
//! take half the memory, and memory bounds the speed of recurrent networks.

use ::half::f16;

/// The exponent of float16's smallest normal number, as float32 stores it.
const LEAST_EXPONENT: u32 = 127 - 14;
/// One more than the exponent of float16's largest number, as float32 stores it.
const EXPONENTS_END: u32 = 127 + 16;

/// The number in float16, if float16 can represent it exactly.
pub(super) fn exact(x: f32) -> Option<u16> {
    let bits = x.to_bits();
    // A normal number fits if the 13 bits that are cut off are zeros.
    let (exponent, cut) = (bits >> 23 & 0xff, bits & 0x1fff);
    if (LEAST_EXPONENT..EXPONENTS_END).contains(&exponent) {
        let sign = bits >> 16 & 0x8000;
        let rest = (exponent - LEAST_EXPONENT + 1) << 10 | bits >> 13 & 0x3ff;
        return (cut == 0).then_some((sign | rest) as u16);
    }
    let narrow = f16::from_f32(x);
    (narrow.to_f32().to_bits() == bits).then_some(narrow.to_bits())
}

pub(super) fn widen(bits: u16) -> f32 {
    f16::from_bits(bits).to_f32()
}

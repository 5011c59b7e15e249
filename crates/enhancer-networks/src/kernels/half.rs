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
    let (sign, rest) = (u32::from(bits & 0x8000), u32::from(bits & 0x7fff));
    // A normal number only gets another exponent.
    if (0x400..0x7c00).contains(&rest) {
        let rest = (rest << 13) + ((LEAST_EXPONENT - 1) << 23);
        return f32::from_bits(sign << 16 | rest);
    }
    f16::from_bits(bits).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_widened_as_half_does_and_narrowed_again() {
        for bits in 0..=u16::MAX {
            let expected = f16::from_bits(bits).to_f32();
            assert_eq!(widen(bits).to_bits(), expected.to_bits(), "{bits:#x}");
            if !expected.is_nan() {
                assert_eq!(exact(expected), Some(bits), "{bits:#x}");
            }
        }
    }
}

//! The two laws of ITU-T G.711 (1988), with which telephony stores 13 or 14 bits in 8.

/// Decodes an A-law byte to a 16-bit sample.
pub(super) fn a_law(byte: u8) -> i16 {
    // Even bits are inverted on the line; the highest bit is set for positive samples.
    let byte = byte ^ 0x55;
    let step = i16::from(byte & 0x0f) << 4;
    let magnitude = match (byte >> 4) & 7 {
        0 => step + 0x8,
        segment => (step + 0x108) << (segment - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

/// Decodes a mu-law byte to a 16-bit sample.
pub(super) fn mu_law(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    // All bits are inverted on the line; then the highest is set for negative samples.
    let byte = !byte;
    let step = i16::from(byte & 0x0f) << 3;
    let magnitude = ((step + BIAS) << ((byte >> 4) & 7)) - BIAS;
    if byte & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_those_of_the_standards_tables() {
        // The tables of the standard count in 13 and 14 bits: 4032 · 8 and 8031 · 4.
        assert_eq!([0xaa, 0x2a, 0xd5, 0x55].map(a_law), [32_256, -32_256, 8, -8]);
        assert_eq!([0x80, 0x00, 0xff, 0x7f].map(mu_law), [32_124, -32_124, 0, 0]);
    }

    #[test]
    fn each_segment_doubles_the_step() {
        let steps = |law: fn(u8) -> i16, inverted: u8, segment: u8| {
            let at = |n: u8| law((segment << 4 | n | 0x80) ^ inverted);
            let steps: Vec<_> = (1..16).map(|n| (at(n) - at(n - 1)).abs()).collect();
            assert!(steps.iter().all(|step| *step == steps[0]));
            steps[0]
        };
        let a: Vec<_> = (0..8).map(|segment| steps(a_law, 0x55, segment)).collect();
        assert_eq!(a, [16, 16, 32, 64, 128, 256, 512, 1024]);
        let mu: Vec<_> = (0..8).map(|segment| steps(mu_law, 0xff, segment)).collect();
        assert_eq!(mu, [8, 16, 32, 64, 128, 256, 512, 1024]);
    }
}

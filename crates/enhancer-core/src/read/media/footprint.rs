//! Estimates how much memory a decoder would allocate because a stream's description requests it. A
//! few bytes can request any amount, and decoders allocate it before they read a sample.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;

use super::vorbis::IDENT_BYTES;

/// The largest size of a decoded sample in bytes.
const SAMPLE_BYTES: u64 = 8;

/// The approximate memory for an entry of a codebook without its vector: its length, its codeword
/// and its nodes in a tree.
const ENTRY_BYTES: u64 = 64;

/// The size of the mark at the start of a Vorbis header.
const MARK_BYTES: usize = 7;

/// The approximate number of bytes that the decoder of a stream would allocate at its start, for
/// codecs whose description can request many.
pub(super) fn bytes(parameters: &AudioCodecParameters) -> u64 {
    if parameters.codec == CODEC_ID_VORBIS {
        let headers = parameters.extra_data.as_deref().unwrap_or_default();
        return codebooks(headers.get(IDENT_BYTES + MARK_BYTES..).unwrap_or_default());
    }
    let channels = parameters.channels.as_ref().map_or(1, |channels| channels.count() as u64);
    let samples = parameters.max_frames_per_packet.unwrap_or(0).saturating_mul(channels);
    samples.saturating_mul(SAMPLE_BYTES)
}

/// The memory in bytes for the codebooks of a setup header (Vorbis I specification, section 3.2.1).
/// Reading stops at the first fault.
fn codebooks(header: &[u8]) -> u64 {
    let mut bits = Bits { bytes: header, at: 0 };
    let mut total = 0;
    // The header stores the count minus one.
    let count = bits.read(8).map_or(0, |count| count + 1);
    for _ in 0..count {
        if codebook(&mut bits, &mut total).is_none() {
            break;
        }
    }
    total
}

/// Skips a codebook and adds its memory to `total`; `None` if it is broken.
fn codebook(bits: &mut Bits, total: &mut u64) -> Option<()> {
    const SYNC: u64 = 0x56_43_42;
    (bits.read(24)? == SYNC).then_some(())?;
    let (dimensions, entries) = (bits.read(16)?, bits.read(24)?);
    let vectors = entries * dimensions;
    *total += entries * ENTRY_BYTES + vectors * 4;
    match bits.read(1)? {
        0 => pass_lengths(bits, entries)?,
        _ => pass_ordered_lengths(bits, entries)?,
    }
    let values = match bits.read(4)? {
        0 => return Some(()),
        1 => lookup_values(entries, dimensions),
        2 => vectors,
        _ => return None,
    };
    *total += values * 4;
    bits.pass(64)?;
    let width = bits.read(4)? + 1;
    bits.pass(1)?;
    bits.pass(values * width)
}

fn pass_lengths(bits: &mut Bits, entries: u64) -> Option<()> {
    let is_sparse = bits.read(1)? == 1;
    if !is_sparse {
        return bits.pass(entries * 5);
    }
    for _ in 0..entries {
        if bits.read(1)? == 1 {
            bits.pass(5)?;
        }
    }
    Some(())
}

fn pass_ordered_lengths(bits: &mut Bits, entries: u64) -> Option<()> {
    bits.pass(5)?;
    let mut left = entries;
    while left > 0 {
        let of_a_length = bits.read(u64::BITS - left.leading_zeros())?;
        left = left.checked_sub(of_a_length)?;
    }
    Some(())
}

/// The greatest number whose power by `dimensions` is at most `entries` (section 9.2.3). Without
/// dimensions there is no maximum.
fn lookup_values(entries: u64, dimensions: u64) -> u64 {
    let fits = |value: u64| {
        let power = (0..dimensions).try_fold(1u64, |power, _| power.checked_mul(value));
        power.is_some_and(|power| power <= entries)
    };
    let (mut fitting, mut beyond) = (0, u64::from(u32::MAX));
    while beyond - fitting > 1 {
        let middle = fitting.midpoint(beyond);
        if fits(middle) { fitting = middle } else { beyond = middle }
    }
    fitting
}

/// Reads bits in the order of Vorbis: the lowest bit of a byte first.
struct Bits<'b> {
    bytes: &'b [u8],
    /// The position of the next bit.
    at: u64,
}

impl Bits<'_> {
    /// A number of up to 32 bits; `None` if the bytes end.
    fn read(&mut self, count: u32) -> Option<u64> {
        let mut number = 0;
        for bit in 0..count {
            let byte = self.bytes.get(usize::try_from(self.at / 8).ok()?)?;
            number |= u64::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(number)
    }

    /// Skips bits, which must exist.
    fn pass(&mut self, count: u64) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() as u64 * 8).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits of a header: values with their widths.
    fn packed(fields: &[(u64, u32)]) -> Vec<u8> {
        let bits: Vec<u64> = fields
            .iter()
            .flat_map(|(value, width)| (0..*width).map(move |bit| value >> bit & 1))
            .collect();
        bits.chunks(8)
            .map(|bits| bits.iter().enumerate().map(|(n, bit)| (*bit as u8) << n).sum())
            .collect()
    }

    const SYNC: (u64, u32) = (0x56_43_42, 24);

    /// A codebook whose words all have the same length. It takes only a few bytes.
    fn ordered(dimensions: u64, entries: u64, lookup: &[(u64, u32)]) -> Vec<(u64, u32)> {
        let width = u64::BITS - entries.leading_zeros();
        let head = [SYNC, (dimensions, 16), (entries, 24), (1, 1), (9, 5), (entries, width)];
        [&head[..], lookup].concat()
    }

    #[test]
    fn codebooks_are_counted_one_after_the_other() {
        let none = [(0, 4)];
        // Nine entries of two dimensions: three values of five bits each.
        let tables = [(1, 4), (7, 32), (7, 32), (4, 4), (0, 1), (0x7fff, 15)];
        let dense = [SYNC, (1, 16), (2, 24), (0, 1), (0, 1), (3, 5), (3, 5), (0, 4)];
        let sparse = [SYNC, (1, 16), (3, 24), (0, 1), (1, 1), (0, 2), (1, 1), (3, 5), (0, 4)];
        let books =
            [&[(3, 8)][..], &ordered(2, 9, &tables), &dense, &sparse, &ordered(3, 500, &none)]
                .concat();
        let expected = 9 * (64 + 8) + 3 * 4 + 2 * (64 + 4) + 3 * (64 + 4) + 500 * (64 + 12);
        assert_eq!(codebooks(&packed(&books)), expected);
    }

    #[test]
    fn a_codebook_counts_though_the_header_ends_in_it() {
        let vast = packed(&[(0, 8), SYNC, (0xffff, 16), (0xff_ffff, 24)]);
        assert!(codebooks(&vast) > 1 << 40);
        for cut in 0..vast.len() {
            assert_eq!(codebooks(&vast[..cut]), 0);
        }
    }

    #[test]
    fn values_are_the_greatest_root() {
        for (entries, dimensions, values) in
            [(1, 1, 1), (0, 15, 0), (3125, 5, 5), (3124, 5, 4), (1 << 24, 1, 1 << 24)]
        {
            assert_eq!(lookup_values(entries, dimensions), values);
        }
        assert!(lookup_values(400, 0) > 1 << 31);
    }
}

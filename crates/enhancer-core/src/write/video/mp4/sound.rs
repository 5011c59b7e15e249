//! The description of the new sound in the index.

use std::ops::Range;

use crate::audio::Container;
use crate::audio::Pcm;
use crate::audio::atoms::{atom, full, group, numbers};
use crate::read::mp4::boxes::{boxes, u16_at};
use crate::read::stored_in_mp4;
use crate::write::{media_info, places};

/// The positions of the data reference, of the channels and of the rate in an entry.
const REFERENCE: Range<usize> = 14..16;
const CHANNELS: usize = 24;
const RATE: Range<usize> = 32..36;

/// The new sound.
pub(super) struct NewSound {
    /// In Hz. All of its times are in samples at this rate.
    pub(super) rate: u32,
    /// The number of samples that a decoder returns before the first audible one, and up to the
    /// last audible one.
    pub(super) priming: u32,
    pub(super) decoded: u64,
    /// The number of audible samples per channel.
    pub(super) samples: u64,
    /// The boxes that describe it and state where it is.
    pub(super) media_info: Vec<u8>,
}

/// PCM, as a file describes it.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) pcm: Pcm,
    /// The entry that describes it.
    entry: Vec<u8>,
}

impl Described {
    /// The PCM in the list of entries of a source, if it is PCM. Formats that the result cannot
    /// have are replaced.
    pub(super) fn of(index: &[u8], entries: Range<usize>, container: Container) -> Option<Self> {
        let first = boxes(index, entries).ok()?.into_iter().next()?;
        let (pcm, is_same) = stored_in_mp4(&first.kind, &index[first.body.clone()])?;
        let mut entry = index[first.whole].to_vec();
        entry.get_mut(REFERENCE)?.copy_from_slice(&[0, 1]);
        if !is_same {
            entry = of_integers(&entry, container)?;
        }
        Some(Described { pcm, entry })
    }

    /// The boxes that describe it and state where it is, for this many samples per channel, with
    /// `in_chunk` in each of the chunks at these offsets.
    pub(super) fn media_info(
        &self,
        channels: u16,
        samples: u64,
        in_chunk: u32,
        chunks: &[u64],
    ) -> Vec<u8> {
        let bytes = self.pcm.bytes() as u32 * u32::from(channels);
        let count = u32::try_from(samples).unwrap_or(u32::MAX);
        let (whole, rest) = (count / in_chunk, count % in_chunk);
        let runs = [(1, in_chunk, whole), (whole + 1, rest, rest)].into_iter();
        let runs = runs.filter(|(_, _, there)| *there > 0);
        let runs = runs.flat_map(|(first, samples, _)| [first, samples, 1]).collect::<Vec<_>>();
        let lasting = if count > 0 { vec![count, 1] } else { Vec::new() };
        media_info(group(
            b"stbl",
            [
                full(b"stsd", 0, 0, &[&numbers([1])[..], &self.entry].concat()),
                full(b"stts", 0, 0, &entries::<2>(&lasting)),
                full(b"stsc", 0, 0, &entries::<3>(&runs)),
                full(b"stsz", 0, 0, &numbers([bytes, count])),
                places(chunks),
            ],
        ))
    }
}

/// A list of entries of N numbers each.
fn entries<const N: usize>(values: &[u32]) -> Vec<u8> {
    let count = numbers([(values.len() / N) as u32]);
    let values = values.iter().flat_map(|value| value.to_be_bytes());
    count.into_iter().chain(values).collect()
}

/// An entry for 16-bit integers, with the channels and the rate of the given one.
fn of_integers(entry: &[u8], container: Container) -> Option<Vec<u8>> {
    let (name, more) = match container {
        Container::Mov => (b"sowt", Vec::new()),
        // Little-endian with 16 bits (ISO/IEC 23003-5).
        _ => (b"ipcm", full(b"pcmC", 0, 0, &[1, 16])),
    };
    let channels = u16_at(entry, CHANNELS)?.to_be_bytes();
    let rate = entry.get(RATE)?;
    let content =
        [&[0, 0, 0, 0, 0, 0, 0, 1][..], &[0; 8], &channels, &[0, 16, 0, 0, 0, 0], rate, &more];
    Some(atom(name, &content.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::SampleFormat;

    /// An entry for two channels at 8 kHz.
    fn entry(name: &[u8; 4], bits: u8) -> Vec<u8> {
        let head = [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, bits, 0, 0, 0, 0];
        atom(name, &[&head[..], &numbers([8000 << 16])].concat())
    }

    fn described(entry: &[u8], container: Container) -> Option<Described> {
        Described::of(entry, 0..entry.len(), container)
    }

    #[test]
    fn supported_descriptions_are_kept() {
        let found = described(&entry(b"twos", 16), Container::Mov).unwrap();
        let mut expected = entry(b"twos", 16);
        expected[REFERENCE].copy_from_slice(&[0, 1]);
        let pcm = Pcm { sample_format: SampleFormat::S16le, is_big_endian: true, is_double: false };
        assert_eq!((found.pcm, found.entry), (pcm, expected));
        assert!(described(&entry(b"mp4a", 16), Container::Mov).is_none());
        assert!(described(&entry(b"ulaw", 8), Container::Mov).is_none());
    }

    #[test]
    fn samples_of_8_bits_get_16() {
        for (container, name) in [(Container::Mov, b"sowt"), (Container::Mp4, b"ipcm")] {
            let found = described(&entry(b"raw ", 8), container).unwrap();
            assert_eq!(found.entry[4..8], name[..]);
            let again = described(&found.entry, container).unwrap();
            assert_eq!((again.pcm, &again.entry), (found.pcm, &found.entry));
            assert_eq!((again.pcm.bytes(), again.pcm.is_big_endian), (2, false));
        }
    }

    #[test]
    fn the_last_chunk_may_have_fewer_samples() {
        let found = described(&entry(b"sowt", 16), Container::Mov).unwrap();
        let has = |samples, words: &[u32]| {
            let words: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            let info = found.media_info(2, samples, 10, &[]);
            info.windows(words.len()).any(|bytes| bytes == words)
        };
        let stsc = u32::from_be_bytes(*b"stsc");
        assert!(has(20, &[stsc, 0, 1, 1, 10, 1]));
        assert!(has(25, &[stsc, 0, 2, 1, 10, 1, 3, 5, 1]));
        assert!(has(5, &[stsc, 0, 1, 1, 5, 1]));
        assert!(has(0, &[stsc, 0, 0]));
        assert!(has(25, &[u32::from_be_bytes(*b"stsz"), 0, 4, 25]));
    }
}

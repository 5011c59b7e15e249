//! The index of AAC in MP4: the description of the sound, the position of each frame, and the
//! audible part of the decoded samples.

use super::chapters;
use crate::audio::atoms::{atom, full, group, handler, list, numbers};
use crate::tags::Chapter;

/// Samples per channel in a frame of AAC-LC.
pub(crate) const FRAME: u32 = 1024;

/// A scale of 1, as a fixed-point number with 16.16 bits, and with 2.30 bits.
pub(crate) const ONE: u32 = 1 << 16;
const ONE_OF_MATRIX: u32 = 1 << 30;

/// The language "undetermined": three letters of five bits each.
const UNDETERMINED: u16 = 0x55c4;

/// The number of the only track.
const TRACK: u32 = 1;

/// The object type of MPEG-4 audio, and the stream type of audio with its reserved bit
/// (ISO/IEC 14496-1, section 7.2.6.6).
const MPEG_4_AUDIO: u8 = 0x40;
const AUDIO_STREAM: u8 = 0x15;

/// The sound of a file.
pub(crate) struct Sound<'a> {
    /// In Hz. All times are in samples of this rate.
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    /// The AudioSpecificConfig (ISO/IEC 14496-3).
    pub(crate) config: &'a [u8],
    /// Whether it is described as in QuickTime files.
    pub(crate) is_quicktime: bool,
    /// The size of each frame in bytes.
    pub(crate) sizes: &'a [u32],
    /// Frames per chunk. The last chunk may have fewer.
    pub(crate) frames_in_chunk: u32,
    /// The offset of each chunk in the file.
    pub(crate) places: &'a [u64],
    /// The number of samples that a decoder returns before the first audible one.
    pub(crate) priming: u32,
    /// The number of audible samples per channel.
    pub(crate) samples: u64,
}

impl Sound<'_> {
    /// The whole index, with `user_data` (the tags) and the chapters. The titles of these are at
    /// the offset `titles`.
    pub(super) fn index(&self, user_data: Vec<u8>, chapters: &[Chapter], titles: u64) -> Vec<u8> {
        if chapters.is_empty() {
            let parts = [self.movie_header(TRACK + 1), self.track(Vec::new()), user_data];
            return group(b"moov", parts);
        }
        let sound = self.track(chapters::reference());
        let titles = chapters::track(chapters, titles, self.rate);
        group(b"moov", [self.movie_header(chapters::TRACK + 1), sound, titles, user_data])
    }

    /// Samples per channel up to the last audible one.
    pub(crate) fn decoded(&self) -> u64 {
        if self.sizes.is_empty() { 0 } else { u64::from(self.priming) + self.samples }
    }

    /// Runs of frames with the same duration. The last frame ends with the last audible sample.
    fn durations(&self) -> Vec<[u8; 8]> {
        let whole = (self.sizes.len() as u32).saturating_sub(1);
        let last = self.decoded().saturating_sub(u64::from(whole) * u64::from(FRAME));
        let runs = [(whole, FRAME), (1, last as u32)].into_iter();
        let runs = runs.filter(|(count, each)| *count > 0 && *each > 0);
        runs.map(|(count, each)| pair(count, each)).collect()
    }

    fn movie_header(&self, next: u32) -> Vec<u8> {
        let rest = [
            &numbers([ONE])[..],
            // Full volume, then reserved fields.
            &[1, 0],
            &[0; 10],
            &matrix(),
            &[0; 24],
            &numbers([next]),
        ];
        timed(b"mvhd", 0, [&times(self.rate, self.samples)[..], &rest.concat()].concat())
    }

    fn track(&self, references: Vec<u8>) -> Vec<u8> {
        group(b"trak", [self.track_header(), references, self.edits(), self.media()])
    }

    fn track_header(&self) -> Vec<u8> {
        // Creation and modification time, the number of the track, and its duration.
        let head = [&[0; 16][..], &numbers([TRACK, 0]), &self.samples.to_be_bytes()];
        // Layer 0, group 0, full volume, no width and no height.
        let rest = [&[0; 12][..], &[1, 0, 0, 0], &matrix(), &[0; 8]];
        // Flags: enabled, in the movie, in its preview.
        timed(b"tkhd", 7, [head.concat(), rest.concat()].concat())
    }

    /// The edit list: the audible samples follow the priming.
    fn edits(&self) -> Vec<u8> {
        let edit = [&self.samples.to_be_bytes()[..], &u64::from(self.priming).to_be_bytes()];
        let content = [&numbers([1])[..], &edit.concat(), &numbers([ONE])].concat();
        group(b"edts", [full(b"elst", 1, 0, &content)])
    }

    fn media(&self) -> Vec<u8> {
        let language = [&UNDETERMINED.to_be_bytes()[..], &[0, 0]].concat();
        let head = [times(self.rate, self.decoded()), language].concat();
        group(
            b"mdia",
            [timed(b"mdhd", 0, head), handler(b"soun", [0; 4], b"Sound"), self.media_info()],
        )
    }

    /// The boxes that describe the sound and state the positions of its frames.
    pub(crate) fn media_info(&self) -> Vec<u8> {
        media_info(self.table())
    }

    fn table(&self) -> Vec<u8> {
        let sizes = list(self.sizes.iter().map(|size| size.to_be_bytes()));
        group(
            b"stbl",
            [
                full(b"stsd", 0, 0, &[&numbers([1])[..], &self.description()].concat()),
                full(b"stts", 0, 0, &list(self.durations().into_iter())),
                full(b"stsc", 0, 0, &list(self.runs_of_chunks().into_iter())),
                // There is no common size.
                full(b"stsz", 0, 0, &[&numbers([0])[..], &sizes].concat()),
                places(self.places),
            ],
        )
    }

    /// Runs of chunks: the first chunk, frames per chunk, and the index of the description.
    fn runs_of_chunks(&self) -> Vec<[u8; 12]> {
        let count = self.sizes.len() as u32;
        let chunk = self.frames_in_chunk.max(1);
        let (whole, rest) = (count / chunk, count % chunk);
        let runs = [(1, chunk, whole > 0), (whole + 1, rest, rest > 0)];
        let run = |(first, frames): (u32, u32)| {
            let mut bytes = [0; 12];
            bytes.copy_from_slice(&numbers([first, frames, 1]));
            bytes
        };
        runs.into_iter()
            .filter(|run| run.2)
            .map(|(first, frames, _)| run((first, frames)))
            .collect()
    }

    /// The description of the sound (ISO/IEC 14496-14, section 5.6).
    fn description(&self) -> Vec<u8> {
        let stream = full(b"esds", 0, 0, &self.stream());
        // QuickTime uses another version for compressed sound, with a number for the compression.
        let (version, compression, stream) = match self.is_quicktime {
            true => (1, [0xff, 0xfe], [&numbers([FRAME, 0, 0, 2])[..], &wave(stream)].concat()),
            false => (0, [0, 0], stream),
        };
        let entry = [
            // Reserved bytes, then the index of the only data reference.
            &[0, 0, 0, 0, 0, 0, 0, 1][..],
            &[0, version],
            &[0; 6],
            &self.channels.to_be_bytes(),
            // Bits per decoded sample.
            &[0, 16],
            &compression,
            &[0, 0],
            // All rates of AAC here are below 65 536 Hz.
            &numbers([self.rate << 16]),
            &stream,
        ];
        atom(b"mp4a", &entry.concat())
    }

    /// The descriptors of the stream (ISO/IEC 14496-1, section 7.2.6).
    fn stream(&self) -> Vec<u8> {
        let largest = self.sizes.iter().copied().max().unwrap_or(0);
        let bytes: u64 = self.sizes.iter().copied().map(u64::from).sum();
        let average = bytes * 8 * u64::from(self.rate) / self.decoded().max(1);
        let most = u64::from(largest) * 8 * u64::from(self.rate) / u64::from(FRAME);
        let config = [
            &[MPEG_4_AUDIO, AUDIO_STREAM][..],
            // The size of the decoder's buffer, in 24 bits.
            &largest.to_be_bytes()[1..],
            &numbers([most as u32, average as u32]),
            &descriptor(5, self.config),
        ];
        // No number and no flags; and the usual settings of MP4 for the sync layer.
        let stream =
            [&[0, 0, 0][..], &descriptor(4, &config.concat()), &descriptor(6, &[2])].concat();
        descriptor(3, &stream)
    }
}

/// The boxes that describe a sound, with these tables.
pub(crate) fn media_info(tables: Vec<u8>) -> Vec<u8> {
    group(b"minf", [full(b"smhd", 0, 0, &[0; 4]), here(), tables])
}

/// The data reference that means "in this file".
pub(super) fn here() -> Vec<u8> {
    let here = full(b"url ", 0, 1, &[]);
    group(b"dinf", [full(b"dref", 0, 0, &[&numbers([1])[..], &here].concat())])
}

/// The table of chunk offsets, in 32 bits if possible.
pub(crate) fn places(places: &[u64]) -> Vec<u8> {
    if places.iter().all(|place| u32::try_from(*place).is_ok()) {
        let short = places.iter().map(|place| (*place as u32).to_be_bytes());
        return full(b"stco", 0, 0, &list(short));
    }
    full(b"co64", 0, 0, &list(places.iter().map(|place| place.to_be_bytes())))
}

/// QuickTime's wrapper around the description of a stream (QuickTime File Format,
/// "siDecompressionParam Atom").
fn wave(stream: Vec<u8>) -> Vec<u8> {
    let end = [0, 0, 0, 8, 0, 0, 0, 0].to_vec();
    group(b"wave", [atom(b"frma", b"mp4a"), atom(b"mp4a", &[0; 4]), stream, end])
}

/// A header with times of 64 bits.
pub(super) fn timed(kind: &[u8; 4], flags: u32, content: Vec<u8>) -> Vec<u8> {
    full(kind, 1, flags, &content)
}

/// The creation and modification time, which are unknown, then the time units per second and the
/// duration in these units.
pub(super) fn times(rate: u32, len: u64) -> Vec<u8> {
    [&[0; 16][..], &rate.to_be_bytes(), &len.to_be_bytes()].concat()
}

/// The identity matrix.
pub(super) fn matrix() -> Vec<u8> {
    numbers([ONE, 0, 0, 0, ONE, 0, 0, 0, ONE_OF_MATRIX])
}

/// A descriptor: its tag, the length of its content in seven bits, and the content.
fn descriptor(tag: u8, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() < 0x80);
    [&[tag, content.len() as u8], content].concat()
}

pub(super) fn pair(first: u32, second: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&first.to_be_bytes());
    bytes[4..].copy_from_slice(&second.to_be_bytes());
    bytes
}

//! Chunks of WAV files that belong to the recording but are not tags: those of broadcasters, field
//! recorders and samplers. They are copied unchanged.

use super::Tags;
use crate::audio::{AudioFormat, Container, SampleFormat};

/// Chunks that are copied to the result. None of them states positions in the file or how loud the
/// audio is. Positions in the recording stay valid, because the rate and the length do not change.
const CARRIED: [&[u8; 4]; 13] = [
    b"bext", b"iXML", b"axml", b"chna", b"cart", b"cue ", b"plst", b"smpl", b"inst", b"acid",
    b"strc", b"_PMX", b"DISP",
];

/// Chunks that are dropped without a warning, because the result has its own or because they no
/// longer apply: the format, the position of the samples, peaks, padding.
const OWN: [&[u8; 4]; 13] = [
    b"fmt ", b"data", b"ds64", b"fact", b"PEAK", b"levl", b"JUNK", b"junk", b"PAD ", b"pad ",
    b"FLLR", b"filr", b"slnt",
];

/// The maximum number of chunks, and of names of dropped chunks, that are kept of a source.
/// Recordings have a few.
const MOST_CHUNKS: usize = 64;
const MOST_NAMES: usize = 16;

/// For a `bext` chunk: its size without the coding history, the offset of its version and the
/// offset of its loudness (EBU Tech 3285).
const BEXT_BYTES: usize = 602;
const BEXT_VERSION: usize = 346;
const BEXT_LOUDNESS: std::ops::Range<usize> = 412..422;

/// The first version with a loudness, and the value for an unknown loudness.
const LOUDNESS_VERSION: u16 = 2;
const UNKNOWN_LOUDNESS: [u8; 2] = 0x7fff_u16.to_le_bytes();

/// A chunk of a WAV file that is copied to the result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk {
    /// Its name, such as `bext`.
    pub id: [u8; 4],
    /// Its content.
    pub body: Vec<u8>,
}

impl Chunk {
    /// Creates a chunk from its name and content.
    pub fn new(id: [u8; 4], body: Vec<u8>) -> Chunk {
        Chunk { id, body }
    }
}

/// What happens to a chunk that is not a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is copied.
    Carried,
    /// The result has its own or needs none.
    Replaced,
    /// It is dropped, since it may no longer be valid.
    LeftOut,
}

impl Fate {
    /// What happens to chunks with this name.
    pub(crate) fn of(id: &[u8; 4]) -> Fate {
        if CARRIED.contains(&id) {
            Fate::Carried
        } else if OWN.contains(&id) || !id.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            Fate::Replaced
        } else {
            Fate::LeftOut
        }
    }
}

impl Chunk {
    /// Its body in a result of that format. The coding history of `bext` gets a line, and its
    /// loudness is removed, because it is that of the source.
    pub(crate) fn in_result(&self, format: &AudioFormat) -> Vec<u8> {
        let mut body = self.body.clone();
        if &self.id != b"bext" || body.len() < BEXT_BYTES {
            return body;
        }
        if u16::from_le_bytes([body[BEXT_VERSION], body[BEXT_VERSION + 1]]) >= LOUDNESS_VERSION {
            body[BEXT_LOUDNESS].copy_from_slice(&UNKNOWN_LOUDNESS.repeat(5));
        }
        while body.len() > BEXT_BYTES && body.last() == Some(&0) {
            body.pop();
        }
        if body.len() > BEXT_BYTES && !body.ends_with(b"\r\n") {
            body.extend(b"\r\n");
        }
        body.extend(history_line(format).bytes());
        body
    }
}

/// The line of the coding history for this processing (EBU R98).
fn history_line(format: &AudioFormat) -> String {
    let mode = match format.channels {
        1 => "mono",
        2 => "stereo",
        _ => "multichannel",
    };
    let (rate, bits) = (format.sample_rate, format.sample_format.bits());
    let float = if format.sample_format == SampleFormat::F32le { ";float" } else { "" };
    format!("A=PCM,F={rate},W={bits},M={mode},T=Enhancer;noise removed{float}\r\n")
}

impl Tags {
    /// Keeps a chunk. If there are too many already, it keeps only the name.
    pub(crate) fn keep_chunk(&mut self, id: [u8; 4], body: Vec<u8>) {
        if self.chunks.len() < MOST_CHUNKS {
            self.chunks.push(Chunk { id, body });
        } else {
            self.leave_out(&id);
        }
    }

    /// Notes that a chunk is dropped.
    pub(crate) fn leave_out(&mut self, id: &[u8; 4]) {
        let name = name(id);
        if self.left_out.len() < MOST_NAMES && !self.left_out.contains(&name) {
            self.left_out.push(name);
        }
    }

    /// The names of the chunks that a result in that container lacks, if there are any.
    pub(crate) fn lost_chunks(&self, container: Container) -> Option<String> {
        let kept = if container == Container::Wav { &[][..] } else { &self.chunks };
        let mut names: Vec<_> = kept.iter().map(|chunk| name(&chunk.id)).collect();
        names.extend(self.left_out.iter().cloned());
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// The name of a chunk for people. The only lists that are copied are `adtl` ones.
fn name(id: &[u8; 4]) -> String {
    match id {
        b"LIST" => "LIST adtl".into(),
        _ => id.escape_ascii().to_string().trim().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bext(version: u8, history: &[u8]) -> Vec<u8> {
        let mut fixed = vec![1; BEXT_BYTES];
        fixed[BEXT_VERSION..BEXT_VERSION + 2].copy_from_slice(&[version, 0]);
        [&fixed, history].concat()
    }

    fn result(body: Vec<u8>) -> Vec<u8> {
        let raw = AudioFormat::raw(SampleFormat::S24le, 48_000, 2);
        let format = AudioFormat { container: Container::Wav, ..raw };
        Chunk { id: *b"bext", body }.in_result(&format)
    }

    #[test]
    fn the_history_gets_a_line() {
        let line = b"A=PCM,F=48000,W=24,M=stereo,T=Enhancer;noise removed\r\n";
        for (history, before) in [
            (&b""[..], &b""[..]),
            (b"A=ANALOGUE,T=old\r\n\0\0", b"A=ANALOGUE,T=old\r\n"),
            (b"A=ANALOGUE", b"A=ANALOGUE\r\n"),
        ] {
            let expected = bext(1, &[before, line].concat());
            assert_eq!(result(bext(1, history)), expected);
        }
        assert_eq!(result(vec![1; 601]), [1; 601]);
    }

    #[test]
    fn the_loudness_of_the_source_is_removed() {
        assert_eq!(result(bext(2, b""))[BEXT_LOUDNESS], [0xff, 0x7f].repeat(5));
        assert_eq!(result(bext(1, b""))[BEXT_LOUDNESS], [1; 10]);
    }

    #[test]
    fn chunks_beyond_the_bounds_are_named() {
        let mut tags = Tags::default();
        for _ in 0..MOST_CHUNKS {
            tags.keep_chunk(*b"cue ", vec![1]);
        }
        assert_eq!(tags.lost_chunks(Container::Wav), None);
        assert_eq!(tags.lost_chunks(Container::Flac).unwrap(), "cue");
        tags.keep_chunk(*b"LIST", vec![1]);
        tags.keep_chunk(*b"LIST", vec![1]);
        assert_eq!(tags.lost_chunks(Container::Wav).unwrap(), "LIST adtl");
        assert_eq!(tags.lost_chunks(Container::Flac).unwrap(), "cue, LIST adtl");
        for n in 0..1000_u32 {
            tags.leave_out(&n.to_be_bytes());
        }
        assert_eq!((tags.chunks.len(), tags.left_out.len()), (MOST_CHUNKS, MOST_NAMES));
    }

    #[test]
    fn unprintable_names_are_not_reported() {
        assert_eq!(Fate::of(b"bext"), Fate::Carried);
        assert_eq!(Fate::of(b"fact"), Fate::Replaced);
        assert_eq!(Fate::of(b"\x01abc"), Fate::Replaced);
        assert_eq!(Fate::of(b"elm1"), Fate::LeftOut);
    }
}

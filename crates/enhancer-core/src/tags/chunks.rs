//! Chunks of WAV files that are not tags and belong to the recording: of broadcasters, of field
//! recorders, of samplers. They are carried over as they are.

use super::Tags;
use crate::format::{AudioFormat, SampleFormat};

/// The chunks that are carried over; of lists, those of this kind.
const CARRIED: [&[u8; 4]; 11] = [
    b"bext", b"iXML", b"axml", b"cart", b"cue ", b"plst", b"smpl", b"inst", b"acid", b"strc",
    b"_PMX",
];
const LABELS: &[u8; 4] = b"adtl";

/// The most chunks that are kept of a source. Recordings have a few.
pub(crate) const MOST_CHUNKS: usize = 64;

/// Bytes of a `bext` chunk before its coding history, where its version is, and where its
/// loudness (EBU Tech 3285).
const BEXT_BYTES: usize = 602;
const BEXT_VERSION: std::ops::Range<usize> = 346..348;
const BEXT_LOUDNESS: std::ops::Range<usize> = 412..422;

/// A chunk of a WAV file that is carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What it is, such as `bext`.
    pub id: [u8; 4],
    /// What it holds; empty if it is too large to be carried over.
    pub body: Vec<u8>,
}

/// Whether chunks of that kind are carried over.
pub(crate) fn is_carried(id: &[u8; 4]) -> bool {
    CARRIED.contains(&id)
}

/// Whether the body of a list is one that is carried over.
pub(crate) fn has_labels(list: &[u8]) -> bool {
    list.starts_with(LABELS)
}

impl Chunk {
    /// Its body in a result of that format. The coding history of `bext` gets a line, and its
    /// loudness, which is that of the source, goes.
    pub(crate) fn in_result(&self, format: &AudioFormat) -> Vec<u8> {
        let mut body = self.body.clone();
        if &self.id != b"bext" || body.len() < BEXT_BYTES {
            return body;
        }
        if body[BEXT_VERSION] >= [2, 0][..] {
            let unknown = 0x7fff_u16.to_le_bytes();
            body[BEXT_LOUDNESS]
                .chunks_exact_mut(2)
                .for_each(|value| value.copy_from_slice(&unknown));
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

/// What was done to a recording (EBU R98).
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
    /// The names of the chunks that a result does not have: all if its container has no place for
    /// them, else those that are too large.
    pub(crate) fn lost_chunks(&self, has_chunks: bool) -> Option<String> {
        let lost = self.chunks.iter().filter(|chunk| !has_chunks || chunk.body.is_empty());
        let names: Vec<_> = lost.map(|chunk| chunk.id.escape_ascii().to_string()).collect();
        let names = names.iter().map(|name| name.trim()).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Container;

    fn bext(version: u8, history: &[u8]) -> Vec<u8> {
        let mut fixed = vec![1; BEXT_BYTES];
        fixed[BEXT_VERSION].copy_from_slice(&[version, 0]);
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
    fn the_loudness_of_the_source_goes() {
        assert_eq!(result(bext(2, b""))[BEXT_LOUDNESS], [0xff, 0x7f].repeat(5));
        assert_eq!(result(bext(1, b""))[BEXT_LOUDNESS], [1; 10]);
    }
}

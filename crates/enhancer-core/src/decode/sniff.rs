//! Tells formats apart by their first bytes. Names of files are not trusted.

use std::io::{Read, Seek};

use crate::error::{Error, Result};

/// What the first bytes of a source look like.
pub(super) enum Found {
    /// RIFF/WAVE, RF64 or BW64.
    Wav,
    /// Nothing that can be read, in words that begin an error message.
    Other(String),
}

/// Formats people have that are recognised in order to say so: offset of the
/// mark, the mark, the format's name.
const KNOWN: [(usize, &[u8], &str); 9] = [
    (0, b"fLaC", "a FLAC file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"ID3", "an MP3 file"),
    (0, b"\xff\xfb", "an MP3 file"),
    (0, b"\xff\xf1", "an AAC file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM or Matroska file"),
    (0, b"FORM", "an AIFF file"),
    (0, b"caff", "a CAF file"),
];

/// Looks at the first bytes of `source` and leaves it at its start.
pub(super) fn sniff(source: &mut (impl Read + Seek)) -> Result<Found> {
    let mut head = Vec::with_capacity(12);
    source.by_ref().take(12).read_to_end(&mut head).map_err(Error::read)?;
    source.rewind().map_err(Error::read)?;
    let is_riff = [b"RIFF", b"RF64", b"BW64"].iter().any(|&id| head.starts_with(id));
    if is_riff && head.get(8..) == Some(b"WAVE") {
        return Ok(Found::Wav);
    }
    Ok(Found::Other(describe(&head)))
}

fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "the source is empty".into();
    }
    let known =
        KNOWN.iter().find(|(at, mark, _)| head.get(*at..).is_some_and(|h| h.starts_with(mark)));
    match known {
        Some((_, _, name)) => format!("this is {name}"),
        None => format!(
            "the source begins with {:?}, no known audio format",
            head.escape_ascii().to_string()
        ),
    }
}

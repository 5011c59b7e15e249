//! Recognises formats by their first bytes. File names are not trusted.

use std::io::{Read, Seek};

use crate::audio::Container;
use crate::error::{Error, ErrorKind, Result};

/// The number of bytes that are examined.
pub(super) const HEAD: u64 = 512;

/// What the first bytes of a source look like.
pub(super) enum Found {
    /// A container of audio that can be read.
    Audio(Container),
    /// Unknown. MPEG audio frames may begin later.
    Unknown(String),
    /// A recording that only other programs can read, in words that begin an error message.
    Recording(String),
    /// Something else that cannot be read, in words that begin an error message.
    Other(String),
}

/// The offset of a mark, the mark, and its meaning.
type Marks<T> = [(usize, &'static [u8], T)];

/// Formats that can be read. Some marks need a second look.
const AUDIO: &Marks<Container> = &[
    (8, b"WAVE", Container::Wav),
    (0, b"fLaC", Container::Flac),
    (8, b"AIFF", Container::Aiff),
    (8, b"AIFC", Container::Aiff),
    (0, b"caff", Container::Caf),
    (0, b"ID3", Container::Mp3),
    (4, b"ftyp", Container::Mp4),
    (0, b"OggS", Container::Ogg),
    (0, b"\x1a\x45\xdf\xa3", Container::Matroska),
];

/// Recordings that are not supported, by name.
const RECORDINGS: &Marks<&str> = &[
    (0, b"RIFF\xff\xff\xff\xffQLCM", "a QCELP voice recording"),
    (8, b"QLCM", "a QCELP voice recording"),
    (0, b"ajkg", "a Shorten file"),
    (0, b"OFR ", "an OptimFROG file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file (WMA or WMV)"),
    (0, b"#!AMR", "an AMR voice recording"),
    (28, b"Speex   ", "an Ogg file with Speex, a codec for speech that Opus replaced"),
    (0, b"\x0b\x77", "an AC-3 (Dolby Digital) stream"),
    (0, b"\x7f\xfe\x80\x01", "a DTS stream"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"MPCK", "a Musepack file"),
    (0, b"MP+", "a Musepack file"),
    (0, b"TTA1", "a TTA file"),
    (0, b"DSD ", "a DSD file"),
    (0, b"FRM8", "a DSD file"),
    (0, b".snd", "a Sun audio file"),
    (0, b"Creative Voice File\x1a", "a Creative Voice file (VOC)"),
    (8, b"8SVX", "an Amiga sound (8SVX)"),
    (0, b"NIST_1A", "a NIST Sphere file"),
    (0, b"ea3", "an ATRAC file (OMA)"),
    (0, b"riff\x2e\x91\xcf\x11", "a Wave64 file"),
    (8, b"AVI ", "an AVI video"),
    (0, b"FLV", "a Flash video"),
    (0, b".RMF", "a RealMedia file"),
    (0, b"\x00\x00\x01\xba", "an MPEG program stream"),
    (4, b"moov", "an old QuickTime file (from before MP4)"),
    (4, b"mdat", "an old QuickTime file (from before MP4), or a damaged MP4"),
    (4, b"wide", "an old QuickTime file (from before MP4)"),
];

/// Other files that people may drop, by name.
const OTHER: &Marks<&str> = &[
    (0, b"\x03ds2", "a dictation (DS2); the program of the recorder's maker can save it as WAV"),
    (0, b"\x02dss", "a dictation (DSS); the program of the recorder's maker can save it as WAV"),
    (0, b"\x03dss", "a dictation (DSS); the program of the recorder's maker can save it as WAV"),
    (0, b"#!SILK", "a voice message in SILK; export it as WAV or M4A"),
    (1, b"#!SILK", "a voice message in SILK; export it as WAV or M4A"),
    (0, b"MThd", "a MIDI file, which contains notes instead of audio"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive, or a document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
];

/// Examines the first bytes of `source` and leaves it at its start.
///
/// # Errors
/// `EmptySource` if it has none, `Read` if it fails.
pub(super) fn sniff(source: &mut (impl Read + Seek)) -> Result<Found> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head).map_err(Error::read)?;
    source.rewind().map_err(Error::read)?;
    if head.is_empty() {
        return Err(ErrorKind::EmptySource.into());
    }
    Ok(look(&head))
}

/// Recognises a format by these first bytes: [`HEAD`] of them, or fewer if the source is shorter.
pub(super) fn look(head: &[u8]) -> Found {
    let recording = find(RECORDINGS, head)
        .or_else(|| is_transport_stream(head).then_some("an MPEG transport stream"));
    if let Some(what) = recording {
        return Found::Recording(format!("this is {what}"));
    }
    if let Some(what) = find(OTHER, head) {
        return Found::Other(format!("this is {what}"));
    }
    if is_text(head) {
        return Found::Other("this is text, not audio".into());
    }
    if let Some(container) = find(AUDIO, head).or_else(|| frames(head)) {
        return Found::Audio(container);
    }
    let first = head[..head.len().min(12)].escape_ascii().to_string();
    Found::Unknown(format!("the source begins with \"{first}\", which is not a known audio format"))
}

/// Packets of 188 bytes, alone or after 4 bytes of time.
fn is_transport_stream(head: &[u8]) -> bool {
    let repeats = |first: usize, step: usize| {
        let marks = [first, first + step].map(|at| head.get(at));
        marks == [Some(&0x47), Some(&0x47)]
    };
    repeats(0, 188) || repeats(4, 192)
}

fn find<T: Copy>(marks: &Marks<T>, head: &[u8]) -> Option<T> {
    let has = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    marks.iter().find(|(at, mark, _)| has(*at, mark)).map(|(.., what)| *what)
}

/// The kind of MPEG audio frames that begin with these two bytes: eleven bits set, then version and
/// layer. Without a layer, it is AAC.
fn frames(head: &[u8]) -> Option<Container> {
    match head {
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..] => Some(Container::Adts),
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => Some(Container::Mp3),
        _ => None,
    }
}

/// Whether it is text of some length. Its last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match head {
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        _ => utf8(head).map(Into::into),
    };
    text.is_some_and(|text: String| {
        !text.is_empty() && text.chars().all(|c| !c.is_control() || "\t\r\n\u{c}".contains(c))
    })
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<_> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    // Without the last unit, which may be the first half of a pair.
    String::from_utf16(&units[..units.len().saturating_sub(1)]).ok()
}

/// Whether a chunk of this kind, which ends at this offset, is possible in a file of `len` bytes.
pub(super) fn is_chunk(kind: &[u8; 4], end: u64, len: u64) -> bool {
    kind.iter().all(|byte| matches!(byte, b' '..=b'~')) && end <= len
}

/// Whether a tag that is not part of a container begins with these bytes.
pub(super) fn begins_tag(bytes: &[u8]) -> bool {
    [&b"ID3"[..], b"APET", b"TAG"].iter().any(|mark| bytes.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(head: &[u8]) -> String {
        match look(head) {
            Found::Audio(container) => format!("{container:?}"),
            Found::Unknown(text) | Found::Recording(text) | Found::Other(text) => text,
        }
    }

    #[test]
    fn audio_is_known_by_its_mark() {
        for (head, container) in [
            (&b"RIFF\0\0\0\0WAVEfmt "[..], "Wav"),
            (b"RF64\xff\xff\xff\xffWAVEds64", "Wav"),
            (b"FORM\0\0\0\x08AIFC", "Aiff"),
            (b"\0\0\0\x20ftypM4A ", "Mp4"),
            (b"ID3\x04", "Mp3"),
            (b"\xff\xfb\x90", "Mp3"),
            (b"\xff\xf3\x90", "Mp3"),
            (b"\xff\xf1\x50", "Adts"),
            (b"\x1a\x45\xdf\xa3\x9f", "Matroska"),
        ] {
            assert_eq!(found(head), container);
        }
    }

    #[test]
    fn everything_else_is_called_by_its_name() {
        for (head, what) in [
            (&b"Dear Sir,\r\n"[..], "this is text, not audio"),
            ("Grüße".as_bytes(), "this is text, not audio"),
            (&"Grüß".as_bytes()[..3], "this is text, not audio"),
            (b"\xff\xfeH\0i\0!\0", "this is text, not audio"),
            (b"\xfe\xff\0H\0i\0!", "this is text, not audio"),
            (b"\x89PNG\r\n\x1a\n", "this is a PNG picture"),
            (b"PK\x03\x04", "this is a ZIP archive, or a document"),
            (b"RIFF\0\0\0\0AVI LIST", "this is an AVI video"),
            (
                b"\x03ds2\x02\0",
                "this is a dictation (DS2); the program of the recorder's maker can save it as WAV",
            ),
            (&[&[0x47; 1][..], &[1; 187], &[0x47]].concat(), "this is an MPEG transport stream"),
            (
                b"\0\x01\xfe",
                "the source begins with \"\\x00\\x01\\xfe\", which is not a known audio format",
            ),
        ] {
            assert_eq!(found(head), what);
        }
    }
}

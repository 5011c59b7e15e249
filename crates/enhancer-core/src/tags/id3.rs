//! Tags in an `id3 ` chunk: ID3v2.4 is written, 2.3 and 2.4 are read.
//!
//! The crate id3 encodes and decodes. It trusts the sizes that frames state and decompresses
//! frames, so it only receives complete, plain frames of the kinds that are used; see
//! [`plain_frames`].

mod chapters;

use std::borrow::Cow;
use std::io::Cursor;

use id3::frame::{Comment, Content, ExtendedText, Lyrics, Picture as Apic, PictureType};
use id3::{Encoder, Frame, Tag, TagLike, Version};

use super::{Chapter, Gathering, MAX_TEXT_BYTES, Picture, Tags};

/// Text frames and the equivalent names of Vorbis comments. If two frames have the same name, the
/// first is written. Other names are written as TXXX frames, which carry a name. A text frame that
/// is not in this table keeps its id as its name.
const NAMES: [(&str, &str); 30] = [
    ("TIT2", "TITLE"),
    ("TPE1", "ARTIST"),
    ("TALB", "ALBUM"),
    ("TPE2", "ALBUMARTIST"),
    ("TDRC", "DATE"),
    ("TYER", "DATE"),
    ("TCON", "GENRE"),
    ("TRCK", "TRACKNUMBER"),
    ("TPOS", "DISCNUMBER"),
    ("TCOM", "COMPOSER"),
    ("TPE3", "CONDUCTOR"),
    ("TPE4", "REMIXER"),
    ("TEXT", "LYRICIST"),
    ("TCOP", "COPYRIGHT"),
    ("TPUB", "ORGANIZATION"),
    ("TENC", "ENCODED-BY"),
    ("TSSE", "ENCODER"),
    ("TLAN", "LANGUAGE"),
    ("TSRC", "ISRC"),
    ("TBPM", "BPM"),
    ("TKEY", "KEY"),
    ("TIT1", "GROUPING"),
    ("TIT3", "SUBTITLE"),
    ("TMOO", "MOOD"),
    ("TMED", "MEDIA"),
    ("TDOR", "ORIGINALDATE"),
    ("TSOA", "ALBUMSORT"),
    ("TSOP", "ARTISTSORT"),
    ("TSOT", "TITLESORT"),
    ("TCMP", "COMPILATION"),
];

/// The maximum number of frames that are read: the crate compares each frame with all before it.
const MAX_FRAMES: usize = 1000;

/// A complete ID3v2.4 tag, or `None` if there is nothing to write or the tag would be too large.
pub(crate) fn encode(tags: &Tags) -> Option<Vec<u8>> {
    if tags.is_empty() {
        return None;
    }
    let mut tag = Tag::with_version(Version::Id3v24);
    for (name, texts) in by_name(tags) {
        tag.add_frame(text_frame(name, texts));
    }
    for picture in &tags.pictures {
        tag.add_frame(picture_frame(picture));
    }
    chapters::frames(&tags.chapters).for_each(|frame| drop(tag.add_frame(frame)));
    let mut bytes = Vec::new();
    Encoder::new().version(Version::Id3v24).encode(&tag, &mut bytes).ok()?;
    // The length of a tag has 28 bits.
    (bytes.len() < 1 << 28).then_some(bytes)
}

/// The texts of each name. The names are in order of first appearance.
fn by_name(tags: &Tags) -> Vec<(&str, Vec<String>)> {
    let mut names: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, text) in &tags.entries {
        // A zero would separate two texts.
        let text = text.replace('\0', " ");
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, texts)) => texts.push(text),
            None => names.push((name, vec![text])),
        }
    }
    names
}

/// The frame for all texts of one name.
fn text_frame(name: &str, texts: Vec<String>) -> Frame {
    let known = NAMES.iter().find(|(_, known)| *known == name);
    let (lang, description) = ("XXX".to_owned(), String::new());
    match (name, known, &texts[..]) {
        (_, Some((id, _)), _) => Frame::with_content(id, Content::new_text_values(texts)),
        ("COMMENT", _, [text]) => Comment { lang, description, text: text.clone() }.into(),
        ("LYRICS", _, [text]) => Lyrics { lang, description, text: text.clone() }.into(),
        _ => ExtendedText { description: name.replace('\0', " "), value: texts.join("\0") }.into(),
    }
}

fn picture_frame(picture: &Picture) -> Frame {
    let without_zero = |text: &str| text.replace('\0', " ");
    Apic {
        mime_type: without_zero(&picture.media_type),
        picture_type: picture_type(picture.kind),
        description: without_zero(&picture.description),
        data: picture.data.clone(),
    }
    .into()
}

fn picture_type(kind: u8) -> PictureType {
    let named = [
        PictureType::Other,
        PictureType::Icon,
        PictureType::OtherIcon,
        PictureType::CoverFront,
        PictureType::CoverBack,
        PictureType::Leaflet,
        PictureType::Media,
        PictureType::LeadArtist,
        PictureType::Artist,
        PictureType::Conductor,
        PictureType::Band,
        PictureType::Composer,
        PictureType::Lyricist,
        PictureType::RecordingLocation,
        PictureType::DuringRecording,
        PictureType::DuringPerformance,
        PictureType::ScreenCapture,
        PictureType::BrightFish,
        PictureType::Illustration,
        PictureType::BandLogo,
        PictureType::PublisherLogo,
    ];
    named.get(usize::from(kind)).copied().unwrap_or(PictureType::Undefined(kind))
}

/// Reads a tag. Of a malformed tag, it reads what comes before the error.
pub(crate) fn read(bytes: &[u8]) -> Tags {
    let mut tags = Gathering::default();
    let Some(Plain { tag, chapters }) = plain_frames(bytes) else { return Tags::default() };
    tags.set_chapters(chapters.finish());
    let Ok(tag) = id3::partial_tag_ok(Tag::read_from2(Cursor::new(tag))) else {
        return tags.finish();
    };
    for frame in tag.frames() {
        read_frame(frame, &tag, &mut tags);
    }
    tags.finish()
}

fn read_frame(frame: &Frame, tag: &Tag, tags: &mut Gathering) {
    match frame.content() {
        Content::Text(_) if frame.id() == "TCON" => {
            // Older tags use numbers for genres.
            let parsed = tag.genre_parsed().unwrap_or_default();
            push_all("GENRE", &parsed, tags);
        }
        Content::Text(text) => {
            let known = NAMES.iter().find(|(id, _)| *id == frame.id());
            let name = known.map_or(frame.id(), |(_, name)| name);
            push_all(name, text, tags);
        }
        Content::ExtendedText(ExtendedText { description, value }) => {
            push_all(description, value, tags);
        }
        Content::Comment(comment) => tags.push("COMMENT", &comment.text),
        Content::Lyrics(lyrics) => tags.push("LYRICS", &lyrics.text),
        Content::Picture(picture) => tags.add_picture(Picture {
            media_type: picture.mime_type.clone(),
            kind: picture.picture_type.into(),
            description: picture.description.clone(),
            data: picture.data.clone(),
        }),
        _ => {}
    }
}

/// Adds the texts, which zeros separate.
fn push_all(name: &str, texts: &str, tags: &mut Gathering) {
    for text in texts.split('\0') {
        if tags.is_full() {
            break;
        }
        tags.push(name, text);
    }
}

/// The parts of a tag that are used.
struct Plain {
    tag: Vec<u8>,
    chapters: chapters::Found,
}

/// The same tag, reduced to frames that are complete, neither compressed nor encrypted, and contain
/// text of a moderate length, comments, lyrics or pictures; and its chapters. `None` if it is not
/// ID3v2.3 or 2.4 (<https://id3.org/id3v2.3.0>, <https://id3.org/id3v2.4.0-structure>).
fn plain_frames(tag: &[u8]) -> Option<Plain> {
    const UNSYNCHRONISED: u8 = 0x80;
    const EXTENDED: u8 = 0x40;
    let (&[b'I', b'D', b'3', version @ (3 | 4), _, flags, ref len @ ..], body) =
        tag.split_first_chunk::<10>()?
    else {
        return None;
    };
    let mut body = Cow::Borrowed(body.get(..syncsafe(*len)).unwrap_or(body));
    if version == 3 && flags & UNSYNCHRONISED != 0 {
        body = Cow::Owned(resynchronised(&body));
    }
    let mut rest = &body[..];
    if flags & EXTENDED != 0 {
        // Version 2.3 does not include the size field in the size.
        let size = *rest.first_chunk()?;
        let size = if version == 3 { plain_size(size).saturating_add(4) } else { syncsafe(size) };
        rest = rest.get(size..)?;
    }

    let (mut frames, mut chapters): (Vec<u8>, _) = (Vec::new(), chapters::Found::new(version));
    for _ in 0..MAX_FRAMES {
        let Some((header, behind)) = rest.split_first_chunk::<10>() else { break };
        let [a, b, c, d, size @ .., _, coding] = *header;
        let size = if version == 3 { plain_size(size) } else { syncsafe(size) };
        let Some((content, next)) = behind.split_at_checked(size) else { break };
        // Two of version 2.4's flags are harmless: unsynchronisation, and a length of four bytes
        // before the content.
        let is_plain = match (version, coding) {
            (4, 0b01 | 0b11) => size > 4,
            (4, 0b10) | (_, 0) => size > 0,
            _ => false,
        };
        let is_moderate = size <= MAX_TEXT_BYTES || [a, b, c, d] == *b"APIC";
        if is_plain && is_moderate && is_used([a, b, c, d]) {
            frames.extend(header);
            frames.extend(content);
        }
        if coding == 0 && is_moderate {
            chapters.look(&[a, b, c, d], content);
        }
        rest = next;
    }
    Some(Plain { tag: whole(version, &frames), chapters })
}

/// A tag with these frames.
fn whole(version: u8, frames: &[u8]) -> Vec<u8> {
    let mut tag = vec![b'I', b'D', b'3', version, 0, 0];
    tag.extend([21, 14, 7, 0].map(|shift| (frames.len() >> shift) as u8 & 0x7f));
    tag.extend(frames);
    tag
}

fn is_used(id: [u8; 4]) -> bool {
    let is_id = id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let people = matches!(&id, b"TIPL" | b"TMCL");
    is_id && !people && (id[0] == b'T' || matches!(&id, b"COMM" | b"USLT" | b"APIC"))
}

fn plain_size(bytes: [u8; 4]) -> usize {
    u32::from_be_bytes(bytes) as usize
}

/// Decodes a size with seven bits in each byte.
fn syncsafe(bytes: [u8; 4]) -> usize {
    bytes.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f))
}

/// Removes the zeros that keep a tag from looking like MPEG audio.
fn resynchronised(bytes: &[u8]) -> Vec<u8> {
    let mut previous = 0;
    let is_kept = |byte: &u8| {
        let stuffed = previous == 0xff && *byte == 0;
        previous = *byte;
        !stuffed
    };
    bytes.iter().copied().filter(is_kept).collect()
}

#[cfg(test)]
mod tests;

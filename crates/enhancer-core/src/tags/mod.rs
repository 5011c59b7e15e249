//! Metadata of a recording: title, artist, cover art.

pub(crate) mod chapters;
pub(crate) mod chunks;
mod gathering;
pub(crate) mod id3;
#[cfg(feature = "aac")]
pub(crate) mod ilst;
pub(crate) mod info;
#[cfg(feature = "opus")]
pub(crate) mod opus;
#[cfg(any(feature = "flac", feature = "opus"))]
pub(crate) mod vorbis;

pub use chapters::Chapter;
pub use chunks::Chunk;
pub(crate) use gathering::Gathering;

use crate::setters::setters;

/// The maximum size in bytes of all texts and pictures together that are read from a source. The
/// rest is ignored.
pub(crate) const MAX_TAG_BYTES: u64 = 16 << 20;

/// The maximum number of texts and pictures that are kept of a source. Recordings have a few dozen.
pub(crate) const MAX_ENTRIES: usize = 1000;

/// The maximum size of one text in bytes. The lyrics of a long opera are shorter.
pub(crate) const MAX_TEXT_BYTES: usize = 1 << 20;

/// The tags of a recording, in a form that all containers share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tags {
    /// Name and text, in the file's order. Names are those of Vorbis comments in upper case
    /// (`TITLE`, `ARTIST`, `DATE`). A name may appear more than once.
    pub entries: Vec<(String, String)>,
    /// Cover art and other pictures.
    pub pictures: Vec<Picture>,
    /// Chapters, sorted by their start.
    pub chapters: Vec<Chapter>,
    /// Chunks of a WAV file that are copied to a result in WAV.
    pub chunks: Vec<Chunk>,
    /// Names of chunks that are never copied: they are too large, too many, broken or unknown.
    pub left_out: Vec<String>,
}

setters!(Tags {
    with_entries => entries: Vec<(String, String)>,
    with_pictures => pictures: Vec<Picture>,
    with_chapters => chapters: Vec<Chapter>,
    with_chunks => chunks: Vec<Chunk>,
});

/// A picture that belongs to a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// Its media type, such as `image/jpeg`.
    pub media_type: String,
    /// What it shows, by the numbers that ID3v2 (`APIC`) and FLAC share: 3 is the front cover, 0 is
    /// any other picture.
    pub kind: u8,
    /// A description; often empty.
    pub description: String,
    /// The bytes of the image file.
    pub data: Vec<u8>,
}

setters!(Picture {
    with_kind => kind: u8,
    with_description => description: String,
    with_data => data: Vec<u8>,
});

impl Picture {
    /// Creates a picture without a description and of no particular kind, from its media type, such
    /// as `image/jpeg`, and the bytes of the image file.
    pub fn new(media_type: impl Into<String>, data: Vec<u8>) -> Picture {
        Picture { media_type: media_type.into(), kind: 0, description: String::new(), data }
    }
}

impl Tags {
    /// No tags.
    pub(crate) const NONE: Tags = Tags {
        entries: Vec::new(),
        pictures: Vec::new(),
        chapters: Vec::new(),
        chunks: Vec::new(),
        left_out: Vec::new(),
    };

    /// Whether there are no texts, no pictures and no chapters.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.pictures.is_empty() && self.chapters.is_empty()
    }

    /// The first text with this name, which must be in upper case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, text)| &**text)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(entries: I) -> Tags {
        let named = entries.into_iter().map(|(name, text)| (name.trim(), text.trim()));
        let whole = named.filter(|(name, text)| !name.is_empty() && !text.is_empty());
        let entries = whole.map(|(name, text)| (name.to_uppercase(), text.to_owned())).collect();
        Tags { entries, ..Tags::default() }
    }
}

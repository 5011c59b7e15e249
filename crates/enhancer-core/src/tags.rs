//! What a recording says of itself: title, artist, cover art.

/// The tags of a recording, as far as containers agree on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Name and text, in the file's order. Names are those of Vorbis comments in
    /// upper case (`TITLE`, `ARTIST`, `DATE`); one may come more than once.
    pub entries: Vec<(String, String)>,
    /// Cover art and other pictures.
    pub pictures: Vec<Picture>,
}

/// A picture that belongs to a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its form, such as `image/jpeg`.
    pub media_type: String,
    /// What it shows, by the numbers that ID3v2 (`APIC`) and FLAC share: 3 is the
    /// front cover, 0 anything.
    pub kind: u8,
    /// A description; often empty.
    pub description: String,
    /// The file it would be.
    pub data: Vec<u8>,
}

impl Tags {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.pictures.is_empty()
    }
}

//! What a recording says of itself: title, artist, cover art.

pub(crate) mod id3;
pub(crate) mod info;
pub(crate) mod vorbis;

/// The most bytes of tags that are read from a source; what is beyond is passed over.
pub(crate) const MAX_TAG_BYTES: u64 = 16 << 20;

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

    /// The first text of that name, which is in upper case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, text)| &**text)
    }

    /// Appends an entry as it was found: the name in any case, the text with blanks
    /// around it. An empty one is left out.
    pub(crate) fn push(&mut self, name: &str, text: &str) {
        let (name, text) = (name.trim(), text.trim());
        if !name.is_empty() && !text.is_empty() {
            self.entries.push((name.to_uppercase(), text.to_owned()));
        }
    }

    /// Adds what another place says of the same recording: names and pictures that are
    /// not here yet.
    pub(crate) fn complete_with(&mut self, other: Tags) {
        let new: Vec<_> =
            other.entries.into_iter().filter(|(name, _)| self.get(name).is_none()).collect();
        self.entries.extend(new);
        for picture in other.pictures {
            if !self.pictures.contains(&picture) {
                self.pictures.push(picture);
            }
        }
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(entries: I) -> Tags {
        let mut tags = Tags::default();
        entries.into_iter().for_each(|(name, text)| tags.push(name, text));
        tags
    }
}

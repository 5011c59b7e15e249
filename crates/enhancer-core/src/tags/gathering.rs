//! Collects the tags of a source. A small file can contain millions.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use super::{Chapter, MAX_ENTRIES, MAX_TAG_BYTES, Picture, Tags};

/// Collects tags, up to [`MAX_ENTRIES`] texts and pictures and [`MAX_TAG_BYTES`] in total. It
/// ignores duplicates and everything beyond these limits. Adding a tag takes constant time.
pub(crate) struct Gathering {
    tags: Tags,
    /// The positions of entries and pictures, by their hash.
    entries: HashMap<u64, Vec<usize>>,
    pictures: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
    /// Bytes left in the budget.
    room: u64,
}

impl Default for Gathering {
    fn default() -> Self {
        Gathering {
            tags: Tags::default(),
            entries: HashMap::new(),
            pictures: HashMap::new(),
            hasher: RandomState::new(),
            room: MAX_TAG_BYTES,
        }
    }
}

impl Gathering {
    /// Whether nothing more will be kept, so that the caller can stop reading.
    pub(crate) fn is_full(&self) -> bool {
        self.tags.entries.len() + self.tags.pictures.len() >= MAX_ENTRIES || self.room == 0
    }

    /// Adds an entry as found in the file: the name in any case, the text with spaces around it.
    /// Empty entries are ignored.
    pub(crate) fn push(&mut self, name: &str, text: &str) {
        let (name, text) = (name.trim(), text.trim());
        // Checked before anything is copied.
        if !name.is_empty() && !text.is_empty() && self.has_room(name.len() + text.len()) {
            self.add_entry(name.to_uppercase(), text.to_owned());
        }
    }

    /// Adds an entry unchanged.
    pub(crate) fn add_entry(&mut self, name: String, text: String) {
        let (bytes, entry) = (name.len() + text.len(), (name, text));
        let hash = self.hasher.hash_one(&entry);
        let known = &self.tags.entries;
        if self.has_room(bytes) && is_new(&self.entries, hash, known, &entry) {
            self.entries.entry(hash).or_default().push(known.len());
            self.tags.entries.push(entry);
            self.room -= bytes as u64;
        }
    }

    /// Adds a picture.
    pub(crate) fn add_picture(&mut self, picture: Picture) {
        let Picture { media_type, kind, description, data } = &picture;
        let bytes = media_type.len() + description.len() + data.len();
        let hash = self.hasher.hash_one((media_type, kind, description, data));
        let known = &self.tags.pictures;
        if self.has_room(bytes) && is_new(&self.pictures, hash, known, &picture) {
            self.pictures.entry(hash).or_default().push(known.len());
            self.tags.pictures.push(picture);
            self.room -= bytes as u64;
        }
    }

    /// Replaces the chapters, as far as the new ones fit the budget.
    pub(crate) fn set_chapters(&mut self, mut chapters: Vec<Chapter>) {
        chapters.retain(|chapter| {
            let left = self.room.checked_sub(chapter.title.len() as u64);
            self.room = left.unwrap_or(self.room);
            left.is_some()
        });
        self.tags.chapters = chapters;
    }

    /// Adds the tags from another place in the same source: only names and pictures that are not
    /// present yet.
    pub(crate) fn complete_with(&mut self, other: Tags) {
        let here: HashSet<String> =
            self.tags.entries.iter().map(|(name, _)| name.clone()).collect();
        for (name, text) in other.entries {
            if !here.contains(&name) {
                self.add_entry(name, text);
            }
        }
        other.pictures.into_iter().for_each(|picture| self.add_picture(picture));
        if self.tags.chapters.is_empty() {
            self.set_chapters(other.chapters);
        }
        self.tags.chunks.extend(other.chunks);
        self.tags.left_out.extend(other.left_out);
    }

    /// Returns the collected tags.
    pub(crate) fn finish(self) -> Tags {
        self.tags
    }

    fn has_room(&self, bytes: usize) -> bool {
        !self.is_full() && bytes as u64 <= self.room
    }
}

/// Whether the item differs from all `known` ones with the same hash.
fn is_new<T: PartialEq>(
    places: &HashMap<u64, Vec<usize>>,
    hash: u64,
    known: &[T],
    candidate: &T,
) -> bool {
    let of_hash = places.get(&hash).map(Vec::as_slice).unwrap_or_default();
    !of_hash.iter().any(|&place| known[place] == *candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(len: usize, kind: u8) -> Picture {
        let (media_type, description) = ("image/png".into(), String::new());
        Picture { media_type, kind, description, data: vec![kind; len] }
    }

    #[test]
    fn entries_are_kept_once_in_their_order_up_to_a_number() {
        let mut gathering = Gathering::default();
        for n in 0..MAX_ENTRIES + 5 {
            gathering.push(" title ", &format!(" {} ", n / 2));
        }
        gathering.push("", "nothing");
        gathering.push("NOTHING", " ");
        let half: Vec<_> = (0..(MAX_ENTRIES + 5).div_ceil(2)).map(|n| n.to_string()).collect();
        for n in MAX_ENTRIES.. {
            if gathering.is_full() {
                break;
            }
            gathering.push("more", &n.to_string());
        }
        gathering.add_picture(picture(1, 1));
        let tags = gathering.finish();
        assert_eq!(tags.entries.len(), MAX_ENTRIES);
        assert!(tags.pictures.is_empty());
        let titles: Vec<_> = tags.entries.iter().filter(|(name, _)| name == "TITLE").collect();
        assert!(titles.iter().map(|(_, text)| text).eq(&half));
    }

    #[test]
    fn all_bytes_share_one_budget() {
        let mut gathering = Gathering::default();
        let half = MAX_TAG_BYTES as usize / 2;
        gathering.add_picture(picture(half, 3));
        gathering.add_picture(picture(half, 3));
        // The second picture equals the first. The third does not fit, because of its media type.
        gathering.add_picture(picture(half, 4));
        gathering.push("lyrics", &"x".repeat(half));
        gathering.push("title", "A talk");
        let tags = gathering.finish();
        assert_eq!(tags.pictures, [picture(half, 3)]);
        assert_eq!(
            tags,
            Tags { pictures: tags.pictures.clone(), ..Tags::from_iter([("TITLE", "A talk")]) }
        );
    }

    #[test]
    fn another_place_adds_names_and_pictures_that_are_not_there() {
        let mut gathering = Gathering::default();
        gathering.complete_with(Tags::from_iter([("ARTIST", "A"), ("ARTIST", "B")]));
        gathering.add_picture(picture(2, 3));
        let other = Tags::from_iter([("ARTIST", "C"), ("DATE", "1999"), ("DATE", "2000")]);
        let pictures = vec![picture(2, 3), picture(3, 3)];
        gathering.complete_with(Tags { pictures, ..other });
        let tags = gathering.finish();
        let expected = [("ARTIST", "A"), ("ARTIST", "B"), ("DATE", "1999"), ("DATE", "2000")];
        assert_eq!(tags.entries, Tags::from_iter(expected).entries);
        assert_eq!(tags.pictures, [picture(2, 3), picture(3, 3)]);
    }
}

//! What symphonia gets to see of the parts of a segment: as much as files have.

use crate::read::ebml::ids::{INFO, LONG, TRACKS};
use crate::tags::{MAX_ENTRIES, MAX_TAG_BYTES};

/// Bytes of descriptions of tracks, and of the places of other parts, that symphonia gets
/// to see. Files have a few KB and a few hundred bytes.
const MOST_TRACK_BYTES: u64 = 4 << 20;
const MOST_SEEK_BYTES: u64 = 1024;

/// Elements in tags: each text has a few.
pub(super) const MOST_TAG_ELEMENTS: usize = 4 * MAX_ENTRIES;

/// Parts of a segment other than its clusters that it gets to see, and tracks whose
/// padding is kept.
pub(super) const MOST_PARTS: usize = 64;

/// What symphonia was shown of the parts of a segment.
#[derive(Default)]
pub(super) struct Shown {
    tags: u64,
    tag_elements: usize,
    tracks: u64,
    seek: u64,
    parts: usize,
}

impl Shown {
    /// Whether tags of so many bytes and elements are shown too.
    pub(super) fn tags(&mut self, bytes: u64, elements: usize) -> bool {
        let (bytes, elements) = (self.tags.saturating_add(bytes), self.tag_elements + elements);
        let fits = bytes <= MAX_TAG_BYTES && elements <= MOST_TAG_ELEMENTS && self.has_room();
        if fits {
            (self.tags, self.tag_elements) = (bytes, elements);
        }
        fits
    }

    /// Whether so many bytes of places of other parts are shown too.
    pub(super) fn seek_head(&mut self, bytes: u64) -> bool {
        // Each place in it is read again, though it may be the same one.
        self.seek = self.seek.saturating_add(bytes);
        self.seek <= MOST_SEEK_BYTES && self.has_room()
    }

    fn has_room(&mut self) -> bool {
        self.parts += 1;
        self.parts <= MOST_PARTS
    }

    /// Whether another part of so many bytes is shown. Nothing is sought in the file, and
    /// nothing but sound is read of it, so attachments and cues are of no use.
    pub(super) fn part(&mut self, id: u32, bytes: u64) -> bool {
        if id < LONG {
            // Padding and checksums, of fewer bytes, which are passed over.
            return true;
        }
        if !matches!(id, INFO | TRACKS) {
            return false;
        }
        self.tracks = self.tracks.saturating_add(bytes);
        self.tracks <= MOST_TRACK_BYTES && self.has_room()
    }
}

//! Decides which parts of a segment symphonia sees: as much as real files have.

use crate::read::ebml::ids::{INFO, LONG, TRACKS};
use crate::tags::{MAX_ENTRIES, MAX_TAG_BYTES};

/// The maximum size in bytes of the descriptions of tracks, and of the indexes of parts, that
/// symphonia sees. Files have a few KB and a few hundred bytes.
const MOST_TRACK_BYTES: u64 = 4 << 20;
const MOST_SEEK_BYTES: u64 = 1024;

/// The maximum number of elements in tags. Each text has a few.
pub(super) const MOST_TAG_ELEMENTS: usize = 4 * MAX_ENTRIES;

/// The maximum number of parts other than clusters that symphonia sees, and of tracks whose padding
/// is kept.
pub(super) const MOST_PARTS: usize = 64;

/// The parts of the segment that symphonia was shown.
#[derive(Default)]
pub(super) struct Shown {
    tags: u64,
    tag_elements: usize,
    tracks: u64,
    seek: u64,
    parts: usize,
}

impl Shown {
    /// Whether tags with this many bytes and elements are shown too.
    pub(super) fn tags(&mut self, bytes: u64, elements: usize) -> bool {
        let (bytes, elements) = (self.tags.saturating_add(bytes), self.tag_elements + elements);
        let fits = bytes <= MAX_TAG_BYTES && elements <= MOST_TAG_ELEMENTS && self.has_room();
        if fits {
            (self.tags, self.tag_elements) = (bytes, elements);
        }
        fits
    }

    /// Whether an index of parts of this many bytes is shown too.
    pub(super) fn seek_head(&mut self, bytes: u64) -> bool {
        // symphonia reads each part that it lists again, even if it lists the same one repeatedly.
        self.seek = self.seek.saturating_add(bytes);
        self.seek <= MOST_SEEK_BYTES && self.has_room()
    }

    fn has_room(&mut self) -> bool {
        self.parts += 1;
        self.parts <= MOST_PARTS
    }

    /// Whether another part of this many bytes is shown. The file is read in order and only for its
    /// sound, so attachments and cues are not needed.
    pub(super) fn part(&mut self, id: u32, bytes: u64) -> bool {
        if id < LONG {
            // Padding and checksums have shorter identifiers. symphonia skips them.
            return true;
        }
        if !matches!(id, INFO | TRACKS) {
            return false;
        }
        self.tracks = self.tracks.saturating_add(bytes);
        self.tracks <= MOST_TRACK_BYTES && self.has_room()
    }
}

//! The parts of the result before and after its clusters.

use super::{Plan, entry};
use crate::read::ebml::ids::{
    CRC, CUE_CLUSTER_POSITION, CUE_POINT, CUE_TIME, CUE_TRACK, CUE_TRACK_POSITIONS, CUES,
    DOC_TYPE_READ_VERSION, DOC_TYPE_VERSION, DURATION, EBML, INFO, SEEK, SEEK_HEAD, SEEK_ID,
    SEEK_POSITION, TRACK_ENTRY, TRACKS, VOID,
};
use crate::read::ebml::{Elements, element, float_element, long_size, number, number_element};
use crate::write::video::SoundTrack;

/// The version of Matroska with codec delay and padding, and the one with blocks outside of groups,
/// which readers must support.
const VERSION: u64 = 4;
const READ_VERSION: u64 = 2;

/// The size in bytes of an entry in the index of parts.
const SEEK_BYTES: usize = 21;

/// A key frame that players can seek to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cue {
    pub(super) time: u64,
    pub(super) track: u64,
    /// The offset of its cluster in the segment's body.
    pub(super) place: u64,
}

impl Plan {
    /// The header of the file, with the version of the result.
    pub(super) fn header(&self) -> Vec<u8> {
        let body = Elements(&self.layout.header).find(|(id, _)| *id == EBML).map(|(_, body)| body);
        let (mut content, mut versions) = (Vec::new(), (VERSION, READ_VERSION));
        for (id, body) in Elements(body.unwrap_or_default()) {
            match id {
                DOC_TYPE_VERSION => versions.0 = versions.0.max(number(body)),
                DOC_TYPE_READ_VERSION => versions.1 = versions.1.max(number(body)),
                CRC | VOID => {}
                _ => content.extend(element(id, body)),
            }
        }
        content.extend(number_element(DOC_TYPE_VERSION, versions.0));
        content.extend(number_element(DOC_TYPE_READ_VERSION, versions.1));
        element(EBML, &content)
    }

    /// The description of the file with this duration in time units. The duration is in the last
    /// eight bytes.
    pub(super) fn info(&self, duration: f64) -> Vec<u8> {
        let mut content = Vec::new();
        let kept =
            Elements(&self.layout.info).filter(|(id, _)| ![DURATION, CRC, VOID].contains(id));
        for (id, body) in kept {
            content.extend(element(id, body));
        }
        content.extend(float_element(DURATION, duration));
        element(INFO, &content)
    }

    /// The tracks, with the new sound in place of the old one. `delay` is the number of positions
    /// at 48 kHz before the first audible one.
    pub(super) fn tracks(&self, sound: &SoundTrack<'_>, delay: u32) -> Vec<u8> {
        let mut content = Vec::new();
        let mut entries = self.entries.iter();
        for (id, body) in Elements(&self.layout.tracks).filter(|(id, _)| ![CRC, VOID].contains(id))
        {
            let is_sound =
                id == TRACK_ENTRY && entries.next().is_some_and(|entry| entry.number == self.sound);
            content.extend(match is_sound {
                true => match sound.pcm {
                    Some(pcm) => entry::of_pcm(body, pcm),
                    None => entry::of_opus(body, sound.config, sound.channels, delay),
                },
                false => element(id, body),
            });
        }
        element(TRACKS, &content)
    }
}

/// The size in bytes of an index with this many parts, and one more that may be missing.
pub(super) fn room(parts: usize) -> usize {
    seek_head(&vec![(VOID, 0); parts]).len() + SEEK_BYTES
}

/// The index of parts, each with its offset in the segment's body.
pub(super) fn seek_head(parts: &[(u32, u64)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (id, place) in parts {
        let id = element(SEEK_ID, &id.to_be_bytes());
        let place = element(SEEK_POSITION, &place.to_be_bytes());
        content.extend(element(SEEK, &[id, place].concat()));
    }
    // Its header has the same size for any number of parts.
    [&SEEK_HEAD.to_be_bytes()[..], &long_size(content.len() as u64), &content].concat()
}

/// A void element of this many bytes: none, or 2 to 128.
pub(super) fn void(bytes: usize) -> Vec<u8> {
    match bytes.checked_sub(2) {
        Some(left) => element(VOID, &vec![0; left]),
        None => Vec::new(),
    }
}

/// The index of key frames.
pub(super) fn cues(cues: &[Cue]) -> Vec<u8> {
    let mut content = Vec::new();
    for cue in cues {
        let positions =
            [number_element(CUE_TRACK, cue.track), number_element(CUE_CLUSTER_POSITION, cue.place)];
        let time = number_element(CUE_TIME, cue.time);
        let positions = element(CUE_TRACK_POSITIONS, &positions.concat());
        content.extend(element(CUE_POINT, &[time, positions].concat()));
    }
    element(CUES, &content)
}

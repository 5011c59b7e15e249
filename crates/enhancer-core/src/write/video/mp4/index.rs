//! The index of the result: the index of the source with a new sound.

use std::ops::Range;

use super::sound::NewSound;
use super::trim::Edit;
use super::{Copied, Plan};
use crate::audio::atoms::{Kind, atom, full, list};
use crate::read::mp4::boxes::{Header, Part, boxes};
use crate::write::{ONE, places};

/// The boxes on the path from the index to the tables of a track.
const WAY: [&Kind; 4] = [b"trak", b"mdia", b"minf", b"stbl"];

impl Plan {
    /// The index with this sound. The chunks of each copied track are at these offsets.
    pub(super) fn index(&self, sound: &NewSound, chunks: &[Vec<u64>]) -> Vec<u8> {
        let mut content = Vec::new();
        let mut copied = self.copied.iter().zip(chunks);
        for part in boxes(&self.index, 0..self.index.len()).unwrap_or_default() {
            match &part.kind {
                b"mvhd" => content.extend(self.movie_header(&part, sound)),
                b"trak" if part.body == self.sound => content.extend(self.sound_track(sound)),
                b"trak" => {
                    if let Some((track, chunks)) = copied.next() {
                        content.extend(self.copied_track(track, chunks));
                    }
                }
                _ => content.extend(&self.index[part.whole]),
            }
        }
        atom(b"moov", &content)
    }

    /// The presentation duration of the sound, in units of the movie.
    fn shown(&self, sound: &NewSound) -> u64 {
        let units = u128::from(sound.samples) * u128::from(self.timescale);
        u64::try_from(units.div_ceil(u128::from(sound.rate).max(1))).unwrap_or(u64::MAX)
    }

    fn movie_header(&self, part: &Part, sound: &NewSound) -> Vec<u8> {
        let Some(mut header) = Header::read(*b"mvhd", &self.index[part.body.clone()]) else {
            return self.index[part.whole.clone()].to_vec();
        };
        let longest = self.copied.iter().map(|track| track.duration).max().flatten();
        header.duration = longest.max(Some(self.late.saturating_add(self.shown(sound))));
        header.write()
    }

    /// A copied track, with its chunks at these offsets.
    fn copied_track(&self, track: &Copied, chunks: &[u64]) -> Vec<u8> {
        let edit = |kind: &Kind, body: &[u8]| match (kind, &track.trim) {
            (b"stco" | b"co64", _) => Edit::Replace(places(chunks)),
            (_, Some(trim)) => trim.edit(kind, body),
            _ => Edit::Keep,
        };
        // The edit list is in a box next to this path.
        let edits = |kind: &Kind, body: &[u8]| match kind {
            b"edts" if track.trim.is_some() => {
                Edit::Replace(atom(b"edts", &edited(body, 0..body.len(), 4, &edit)))
            }
            _ => edit(kind, body),
        };
        atom(b"trak", &edited(&self.index, track.body.clone(), 1, &edits))
    }

    /// The track of the sound, with the new sound.
    fn sound_track(&self, sound: &NewSound) -> Vec<u8> {
        let mut has_edits = false;
        let mut content = Vec::new();
        for part in boxes(&self.index, self.sound.clone()).unwrap_or_default() {
            let body = &self.index[part.body.clone()];
            match &part.kind {
                b"tkhd" => {
                    let duration = self.late.saturating_add(self.shown(sound));
                    content.extend(header(*b"tkhd", body, |header| {
                        header.duration = Some(duration);
                    }));
                    if !has_edits {
                        content.extend(self.sound_edits(sound));
                        has_edits = true;
                    }
                }
                b"edts" => {}
                b"udta" => content.extend(without_loudness(body)),
                b"mdia" => content.extend(sound_media(body, sound)),
                _ => content.extend(&self.index[part.whole]),
            }
        }
        atom(b"trak", &content)
    }

    /// The edit list of the sound: an empty edit while no track shows anything, then everything
    /// after the priming.
    fn sound_edits(&self, sound: &NewSound) -> Vec<u8> {
        let silence = (self.late > 0).then_some((self.late, -1));
        let heard = (self.shown(sound), sound.priming.into());
        edit_list(&silence.into_iter().chain([heard]).collect::<Vec<_>>())
    }
}

/// The box of an edit list with these entries.
pub(super) fn edit_list(entries: &[(u64, i64)]) -> Vec<u8> {
    let entries = entries.iter().map(|(duration, start)| {
        let mut entry = [0; 20];
        entry[..8].copy_from_slice(&duration.to_be_bytes());
        entry[8..16].copy_from_slice(&start.to_be_bytes());
        entry[16..].copy_from_slice(&ONE.to_be_bytes());
        entry
    });
    atom(b"edts", &full(b"elst", 1, 0, &list(entries.collect::<Vec<_>>().into_iter())))
}

/// The content of an `mdia` box with the new sound.
fn sound_media(body: &[u8], sound: &NewSound) -> Vec<u8> {
    let edit = |kind: &Kind, body: &[u8]| match kind {
        b"mdhd" => Edit::Replace(header(*b"mdhd", body, |header| {
            (header.number, header.duration) = (sound.rate, Some(sound.decoded));
        })),
        b"minf" => Edit::Replace(sound.media_info.clone()),
        _ => Edit::Keep,
    };
    atom(b"mdia", &edited(body, 0..body.len(), WAY.len(), &edit))
}

/// The user data of the sound, without its loudness.
fn without_loudness(body: &[u8]) -> Vec<u8> {
    let drop = |kind: &Kind, _: &[u8]| match kind {
        b"ludt" => Edit::Drop,
        _ => Edit::Keep,
    };
    atom(b"udta", &edited(body, 0..body.len(), WAY.len(), &drop))
}

fn header(kind: Kind, body: &[u8], change: impl FnOnce(&mut Header<'_>)) -> Vec<u8> {
    let Some(mut header) = Header::read(kind, body) else { return atom(&kind, body) };
    change(&mut header);
    header.write()
}

/// Applies `edit` to the boxes in a range. `depth` is the position on the path to the tables, which
/// is followed.
pub(super) fn edited(
    bytes: &[u8],
    range: Range<usize>,
    depth: usize,
    edit: &dyn Fn(&Kind, &[u8]) -> Edit,
) -> Vec<u8> {
    let (mut content, mut end) = (Vec::new(), range.start);
    for part in boxes(bytes, range.clone()).unwrap_or_default() {
        end = part.whole.end;
        if WAY.get(depth).is_some_and(|next| **next == part.kind) {
            content.extend(atom(&part.kind, &edited(bytes, part.body, depth + 1, edit)));
            continue;
        }
        match edit(&part.kind, &bytes[part.body]) {
            Edit::Keep => content.extend(&bytes[part.whole]),
            Edit::Drop => {}
            Edit::Replace(new) => content.extend(new),
        }
    }
    content.extend(&bytes[end..range.end]);
    content
}

//! Converts the index of a fragmented file to one without fragments (ISO/IEC 14496-12, section
//! 8.8): the samples of all fragments are added to its tables.

mod samples;

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use self::samples::{Samples, Scale, Usual};
use super::Outcome;
use crate::read::LEAST_LATE_SECONDS;
use crate::read::mp4::Track;
use crate::read::mp4::boxes::{BROKEN, Header, Part, boxes, only, u32_at, u64_at};

/// The minimum number of the movie's time units per second, so that tracks start at a whole unit.
const LEAST_TIMESCALE: u32 = 48_000;

/// The maximum size of a sample in the tables: 24 bytes, and 20 for its own chunk.
const SAMPLE_BYTES: u64 = 44;

/// An index without fragments.
pub(super) struct Joined {
    pub(super) index: Vec<u8>,
    /// The time units of the movie by which the sound begins later than its edits say, and for
    /// which there is no silence.
    pub(super) late: u64,
}

/// Merges an index and the fragments, whose boxes are in these ranges. `sound` is the number of the
/// replaced track. The tables may take `most` bytes.
///
/// # Errors
/// If the source fails.
pub(super) fn join(
    source: &mut (impl Read + Seek),
    index: &[u8],
    fragments: &[Range<u64>],
    sound: u32,
    most: u64,
) -> io::Result<Outcome<Joined>> {
    let mut tracks = match Joining::new(index, sound, most) {
        Ok(tracks) => tracks,
        Err(reason) => return Ok(Err(reason.into())),
    };
    for place in fragments {
        if place.end - place.start > most {
            return Ok(Err(TOO_LARGE.into()));
        }
        let mut fragment = Vec::new();
        source.seek(SeekFrom::Start(place.start))?;
        source.take(place.end - place.start).read_to_end(&mut fragment)?;
        if let Err(reason) = tracks.add(&fragment, place.start) {
            return Ok(Err(reason.into()));
        }
    }
    Ok(match tracks.index(index) {
        Ok(joined) if joined.index.len() as u64 > most => Err(TOO_LARGE.into()),
        outcome => outcome.map_err(Into::into),
    })
}

const TOO_LARGE: &str = "its fragments are larger than the memory of a decoder";

/// The tracks whose fragments are merged.
struct Joining {
    tracks: Vec<(Part, Track, Samples)>,
    /// The defaults of tracks that are missing in the index.
    others: Vec<(u32, Usual)>,
    /// The number of further samples that fit.
    room: u64,
}

impl Joining {
    fn new(index: &[u8], sound: u32, most: u64) -> Result<Joining, &'static str> {
        let parts = boxes(index, 0..index.len())?;
        let mut tracks = Vec::new();
        for part in parts.iter().filter(|part| &part.kind == b"trak") {
            let track = Track::read(index, part.body.clone())?;
            if track.has_samples(index)? {
                return Err("only a part of it is in fragments");
            }
            let is_replaced = track.id == sound;
            tracks.push((part.clone(), track, Samples::new(is_replaced)));
        }
        let extends = only(&parts, b"mvex")?.ok_or(BROKEN)?;
        let mut others = Vec::new();
        for part in boxes(index, extends.body.clone())?.iter().filter(|it| &it.kind == b"trex") {
            let word = |n: usize| u32_at(index, part.body.start + 4 * n).ok_or(BROKEN);
            let usual = Usual {
                description: word(2)?,
                duration: word(3)?,
                bytes: word(4)?,
                flags: word(5)?,
            };
            let id = word(1)?;
            match tracks.iter_mut().find(|(_, track, _)| track.id == id) {
                Some((_, _, samples)) => samples.usual = usual,
                None => others.push((id, usual)),
            }
        }
        Ok(Joining { tracks, others, room: most / SAMPLE_BYTES })
    }

    /// Adds the samples of a fragment. Its box is `bytes` at this offset.
    fn add(&mut self, bytes: &[u8], place: u64) -> Result<(), &'static str> {
        let body = boxes(bytes, 0..bytes.len())?.first().ok_or(BROKEN)?.body.clone();
        let mut end = place;
        for part in boxes(bytes, body)?.iter().filter(|part| &part.kind == b"traf") {
            let parts = boxes(bytes, part.body.clone())?;
            if parts.iter().any(|part| matches!(&part.kind, b"saio" | b"saiz" | b"senc")) {
                return Err("one of its tracks has more data than its samples");
            }
            let header = &bytes[only(&parts, b"tfhd")?.ok_or(BROKEN)?.body.clone()];
            let (flags, id) = u32_at(header, 0).zip(u32_at(header, 4)).ok_or(BROKEN)?;
            // The samples of a missing track come before those of the next one.
            let mut others = Samples::new(true);
            let usual = self.others.iter().find(|(other, _)| *other == id);
            others.usual = usual.map(|(_, usual)| *usual).unwrap_or_default();
            let mut found = self.tracks.iter_mut().filter(|(_, track, _)| track.id == id);
            let samples = found.next().map_or(&mut others, |(_, _, samples)| samples);
            let mut at = 8;
            let mut base = if flags & 0x2_0000 != 0 { place } else { end };
            if flags & 1 != 0 {
                base = u64_at(header, at).ok_or(BROKEN)?;
                at += 8;
            }
            let mut usual = samples.usual;
            let fields = [
                (2, &mut usual.description),
                (8, &mut usual.duration),
                (16, &mut usual.bytes),
                (32, &mut usual.flags),
            ];
            for (flag, field) in fields {
                if flags & flag != 0 {
                    *field = u32_at(header, at).ok_or(BROKEN)?;
                    at += 4;
                }
            }
            if let Some(part) = only(&parts, b"tfdt")? {
                let time = &bytes[part.body.clone()];
                let is_long = time.first() == Some(&1);
                let short = u32_at(time, 4).map(u64::from);
                samples.begin(if is_long { u64_at(time, 4) } else { short }.ok_or(BROKEN)?);
            }
            samples.start.get_or_insert(0);
            end = base;
            for part in parts.iter().filter(|part| &part.kind == b"trun") {
                let run = &bytes[part.body.clone()];
                end = samples.add(run, usual, base, end, &mut self.room)?;
            }
        }
        Ok(())
    }

    /// The index with the samples of all tracks.
    fn index(&self, index: &[u8]) -> Result<Joined, &'static str> {
        let parts = boxes(index, 0..index.len())?;
        let header = only(&parts, b"mvhd")?.ok_or(BROKEN)?;
        let mut header = Header::read(*b"mvhd", &index[header.body.clone()]).ok_or(BROKEN)?;
        let finer = LEAST_TIMESCALE.div_ceil(header.number.max(1)).max(1);
        header.number = header.number.checked_mul(finer).filter(|n| *n > 0).ok_or(BROKEN)?;
        let earliest = self.earliest();
        let (mut content, mut late) = (Vec::new(), 0);
        for part in &parts {
            let found = self.tracks.iter().find(|(own, _, _)| own.whole == part.whole);
            match (&part.kind, found) {
                (b"mvhd", _) => content.extend(header.write()),
                (b"mvex", _) => {}
                (_, Some((_, track, samples))) => {
                    let seconds = samples.seconds(track.timescale) - earliest;
                    let shift = (seconds.max(0.0) * f64::from(header.number)).round() as u64;
                    if samples.is_replaced && seconds < LEAST_LATE_SECONDS {
                        late = shift;
                    }
                    let scale =
                        Scale { finer, shift, movie: header.number, track: track.timescale };
                    let body = part.body.clone();
                    content.extend(samples.track(index, body, scale)?);
                }
                _ => content.extend(&index[part.whole.clone()]),
            }
        }
        Ok(Joined { index: content, late })
    }

    /// The start of the first video or audio track, in seconds.
    fn earliest(&self) -> f64 {
        let shown = self.tracks.iter().filter(|(_, track, samples)| {
            matches!(&track.handler, b"vide" | b"soun") && samples.start.is_some()
        });
        let starts = shown.map(|(_, track, samples)| samples.seconds(track.timescale));
        starts.min_by(f64::total_cmp).unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::samples::entries;
    use super::*;
    use crate::audio::atoms::{atom, full, group, numbers};
    use crate::read::mp4::tables::Walk;
    use crate::write::video::mp4::tests::{film_in, words};

    const SOUND: u32 = 2;

    /// The index of a film without samples. By default, they last 500 units and are not key frames.
    fn index() -> Vec<u8> {
        let usual = |id: u32| full(b"trex", 0, 0, &words(&[id, 1, 500, 7, 0x1_0000]));
        [film_in(&[], 0), group(b"mvex", [usual(1), usual(SOUND)])].concat()
    }

    /// The part of a track in a fragment that begins at this time. Its samples start 10 bytes after
    /// the fragment does.
    fn part(id: u32, time: u32, flags: u32, run: &[u32]) -> Vec<u8> {
        let header = full(b"tfhd", 0, 0x2_0000, &numbers([id]));
        let time = full(b"tfdt", 0, 0, &numbers([time]));
        group(b"traf", [header, time, full(b"trun", 0, flags, &words(run))])
    }

    fn joined(parts: &[Vec<u8>]) -> Outcome<Joined> {
        let fragments: Vec<_> = parts.iter().map(|part| atom(b"moof", part)).collect();
        let places = fragments.iter().scan(0, |at, fragment| {
            let place = *at..*at + fragment.len() as u64;
            *at = place.end;
            Some(place)
        });
        let places: Vec<_> = places.collect();
        let mut source = Cursor::new(fragments.concat());
        join(&mut source, &index(), &places, SOUND, 1 << 14).unwrap()
    }

    type Edits = Vec<(u64, i64)>;
    type Chunks = Vec<(u64, u64, u64)>;

    /// The edits and the chunks of the picture: the number of samples, their size in bytes, and the
    /// start.
    fn picture(joined: &Joined) -> (Edits, Chunks) {
        let parts = boxes(&joined.index, 0..joined.index.len()).unwrap();
        assert!(parts.iter().all(|part| &part.kind != b"mvex"));
        let body = parts.iter().find(|part| &part.kind == b"trak").unwrap().body.clone();
        let track = Track::read(&joined.index, body.clone()).unwrap();
        let tables = track.tables(&joined.index).unwrap();
        let mut walk = Walk::default();
        let chunks = std::iter::from_fn(|| walk.next(&joined.index, &tables))
            .map(|chunk| (chunk.samples, chunk.bytes, chunk.time))
            .collect();
        let edits = boxes(&joined.index, body).unwrap();
        let list = only(&edits, b"edts").unwrap().map(|part| part.body.start + 8);
        let list = list.map_or(&[][..], |at| &joined.index[at..]);
        (entries(list, 1, |_| 0).unwrap(), chunks)
    }

    #[test]
    fn samples_are_those_of_all_fragments_and_last_until_the_next_one() {
        let fragments = [
            part(1, 0, 0x1, &[2, 10]),
            part(SOUND, 0, 0x1, &[9, 10]),
            part(1, 1400, 0x1, &[0, 10]),
            part(1, 1500, 0x301, &[2, 10, 100, 1, 200, 2]),
        ];
        let joined = joined(&fragments).unwrap();
        assert_eq!(joined.late, 0);
        assert_eq!(picture(&joined), (vec![], vec![(2, 14, 0), (2, 3, 1500)]));
        let has = |kind: &[u8; 4]| joined.index.windows(4).any(|bytes| bytes == kind);
        assert!(has(b"stss") && !has(b"ctts"));
    }

    #[test]
    fn a_first_fragment_without_samples_does_not_say_when_the_first_one_begins() {
        let pictures = |first: u32| [part(1, first, 1, &[0, 10]), part(1, 1400, 1, &[2, 10])];
        let sound = [part(SOUND, 1000, 1, &[1, 10])];
        for first in [0, 1000, 2000] {
            let joined = joined(&[&pictures(first)[..], &sound].concat()).unwrap();
            assert_eq!(picture(&joined).0, [(19_200, -1), (48_000, 0)], "{first}");
        }
    }

    #[test]
    fn pictures_are_not_shown_before_they_are_decoded() {
        // The second version of runs has signed delays: here -1 and 5.
        let run = full(b"trun", 1, 0x801, &words(&[2, 10, u32::MAX, 5]));
        let header = full(b"tfhd", 0, 0x2_0000, &numbers([1]));
        let time = full(b"tfdt", 0, 0, &numbers([1040]));
        let later = joined(&[group(b"traf", [header, time, run]), part(SOUND, 1000, 1, &[1, 10])]);
        let (edits, _) = picture(&later.unwrap());
        assert_eq!((edits[0], edits[1].1, edits.len()), ((1920, -1), 0, 2));
    }

    #[test]
    fn tracks_that_begin_later_do_so_in_the_movie() {
        let later = joined(&[part(1, 1040, 1, &[2, 10]), part(SOUND, 1000, 1, &[1, 10])]).unwrap();
        let (edits, _) = picture(&later);
        assert_eq!((edits, later.late), (vec![(1920, -1), (48_000, 0)], 0));
        // For a short delay there is an edit but no silence; for a longer one there is silence.
        for (start, late) in [(1040, 1920), (1100, 0)] {
            let sound = part(SOUND, start, 1, &[1, 10]);
            assert_eq!(joined(&[part(1, 1000, 1, &[2, 10]), sound]).unwrap().late, late);
        }
    }

    #[test]
    fn samples_of_a_track_that_is_not_there_are_passed_over() {
        let traf = |id: u32, flags: u32, run: &[u32]| {
            let run = full(b"trun", 0, flags, &words(run));
            group(b"traf", [full(b"tfhd", 0, 0, &numbers([id])), run])
        };
        // The position of the second part follows from the first one.
        let fragment = [traf(9, 0x201, &[2, 10, 5, 6]), traf(1, 0, &[1])].concat();
        let joined = joined(&[fragment]).unwrap();
        let place = words(&[u32::from_be_bytes(*b"stco"), 0, 1, 21]);
        assert!(joined.index.windows(place.len()).any(|bytes| bytes == place));
    }

    #[test]
    fn fragments_of_lies_are_a_reason() {
        let reason = |fragment: Vec<u8>| joined(&[fragment]).err().unwrap();
        assert_eq!(reason(part(1, 0, 1, &[u32::MAX, 10])), TOO_LARGE);
        assert_eq!(reason(part(1, 0, 0x101, &[3, 10, 1])), BROKEN);
        assert_eq!(reason(part(1, 0, 1, &[1])), BROKEN);
        assert_eq!(reason(group(b"traf", [])), BROKEN);
        let more = group(b"traf", [full(b"saio", 0, 0, &[])]);
        assert!(reason(more).contains("more data"));
        assert!(joined(&[part(7, 0, 1, &[1, 10])]).is_ok(), "a track that is not there");
    }
}

//! The index of a file in fragments as one that is not (ISO/IEC 14496-12, section 8.8): the
//! samples of all fragments become those of its tables.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::Outcome;
use super::boxes::{BROKEN, Header, Part, boxes, only, u32_at, u64_at};
use super::index::edited;
use super::track::Track;
use super::trim::Edit;
use crate::encode::atoms::{Kind, atom, full, list, numbers};
use crate::encode::{ONE, places};

/// Units of the movie in a second, at least: tracks begin at a whole one of them.
const LEAST_TIMESCALE: u32 = 48_000;

/// Bytes that a sample takes in tables, at most.
const SAMPLE_BYTES: u64 = 16;

/// A start that is later by less than that, in seconds, the reader of the sound does not fill with
/// silence.
const LEAST_LATE_SECONDS: f64 = 0.05;

/// The tables of a track, which those of its samples in fragments replace.
const TABLES: [&Kind; 7] = [b"ctts", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64"];

/// An index without fragments.
pub(super) struct Joined {
    pub(super) index: Vec<u8>,
    /// Units of the movie by which the sound begins later than it is told by its edits, and
    /// without silence for that.
    pub(super) late: u64,
}

/// Makes one index of that and of the fragments, whose boxes lie at those places. `sound` is the
/// number of the track that is replaced; the tables may take `most` bytes.
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
    Ok(tracks.index(index).map_err(Into::into))
}

const TOO_LARGE: &str = "its fragments are larger than the memory of a decoder";

/// Tracks whose fragments are joined.
struct Joining {
    tracks: Vec<(Part, Track, Samples)>,
    /// Samples that may still come.
    room: u64,
}

/// What holds for samples that say nothing else: their description, how long they last, their
/// bytes and their flags.
#[derive(Clone, Copy, Default)]
struct Usual {
    description: u32,
    duration: u32,
    bytes: u32,
    flags: u32,
}

/// The samples of a track.
#[derive(Default)]
struct Samples {
    usual: Usual,
    /// Whether they are replaced, so that only their time counts.
    is_replaced: bool,
    /// When the first one is decoded, and the next one if no time is missing, in its units.
    start: Option<u64>,
    next: u64,
    /// When the last one is not shown any more.
    end: u64,
    /// How many samples last how long, and are shown how much later than they are decoded.
    times: Vec<(u32, u32)>,
    delays: Vec<(u32, u32)>,
    has_signed_delays: bool,
    sizes: Vec<u32>,
    /// Those that need no others, from 1 on.
    syncs: Vec<u32>,
    /// Where each run lies, how many samples it has, of which description.
    runs: Vec<(u64, u32, u32)>,
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
            tracks.push((part.clone(), track, Samples { is_replaced, ..Samples::default() }));
        }
        let extends = only(&parts, b"mvex")?.ok_or(BROKEN)?;
        for part in boxes(index, extends.body.clone())?.iter().filter(|it| &it.kind == b"trex") {
            let word = |n: usize| u32_at(index, part.body.start + 4 * n).ok_or(BROKEN);
            let usual = Usual {
                description: word(2)?,
                duration: word(3)?,
                bytes: word(4)?,
                flags: word(5)?,
            };
            let id = word(1)?;
            for (_, _, samples) in tracks.iter_mut().filter(|(_, track, _)| track.id == id) {
                samples.usual = usual;
            }
        }
        Ok(Joining { tracks, room: most / SAMPLE_BYTES })
    }

    /// Adds the samples of a fragment, whose box is `bytes` and lies at that place.
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
            let mut found = self.tracks.iter_mut().filter(|(_, track, _)| track.id == id);
            let Some((_, _, samples)) = found.next() else { continue };
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

    /// When the first track of pictures or sound begins, in seconds.
    fn earliest(&self) -> f64 {
        let shown = self.tracks.iter().filter(|(_, track, samples)| {
            matches!(&track.handler, b"vide" | b"soun") && samples.start.is_some()
        });
        let starts = shown.map(|(_, track, samples)| samples.seconds(track.timescale));
        starts.min_by(f64::total_cmp).unwrap_or(0.0)
    }
}

/// Units of time.
struct Scale {
    /// Units of the new index for each one of the old one.
    finer: u32,
    /// Units of the movie by which the track begins later than the first one.
    shift: u64,
    /// Units in a second.
    movie: u32,
    track: u32,
}

impl Scale {
    /// So many units of the track in those of the movie.
    fn movie_units(&self, units: u64) -> u64 {
        let units = u128::from(units) * u128::from(self.movie);
        units.div_ceil(u128::from(self.track.max(1))).min(u64::MAX.into()) as u64
    }
}

impl Samples {
    /// When the first sample is decoded, in seconds.
    fn seconds(&self, timescale: u32) -> f64 {
        self.start.unwrap_or(0) as f64 / f64::from(timescale.max(1))
    }

    /// A fragment begins at that time: the sample before it lasts until then.
    fn begin(&mut self, time: u64) {
        let Some(start) = self.start else {
            (self.start, self.next) = (Some(time), time);
            return;
        };
        let Some(last) = self.times.last_mut().filter(|_| self.next > start) else { return };
        let before = self.next.saturating_sub(last.1.into());
        let duration = u32::try_from(time.saturating_sub(before)).unwrap_or(last.1);
        if duration != last.1 {
            self.next = before + u64::from(duration);
            last.0 -= 1;
            if last.0 == 0 {
                self.times.pop();
            }
            push(&mut self.times, duration);
        }
    }

    /// Adds a run, which begins at `base` and what it says, or else at `end`. Returns where it ends.
    fn add(
        &mut self,
        run: &[u8],
        usual: Usual,
        base: u64,
        end: u64,
        room: &mut u64,
    ) -> Result<u64, &'static str> {
        let (flags, count) = u32_at(run, 0).zip(u32_at(run, 4)).ok_or(BROKEN)?;
        *room = room.checked_sub(count.into()).ok_or(TOO_LARGE)?;
        let mut at = 8;
        let mut word = |flag: u32| -> Result<Option<u32>, &'static str> {
            if flags & flag == 0 {
                return Ok(None);
            }
            at += 4;
            u32_at(run, at - 4).ok_or(BROKEN).map(Some)
        };
        let place = match word(1)? {
            Some(offset) => base.checked_add_signed((offset as i32).into()).ok_or(BROKEN)?,
            None => end,
        };
        let mut first = word(4)?;
        self.has_signed_delays |= flags >> 24 != 0;
        if !self.is_replaced && count > 0 {
            self.runs.push((place, count, usual.description.max(1)));
        }
        let mut end = place;
        for _ in 0..count {
            let duration = word(0x100)?.unwrap_or(usual.duration);
            let bytes = word(0x200)?.unwrap_or(usual.bytes);
            let own = word(0x400)?.unwrap_or(usual.flags);
            let delay = word(0x800)?.unwrap_or(0);
            let shown = match flags >> 24 {
                0 => self.next.saturating_add(delay.into()),
                _ => self.next.saturating_add_signed((delay as i32).into()),
            };
            self.end = self.end.max(shown.saturating_add(duration.into()));
            self.next = self.next.saturating_add(duration.into());
            end = end.saturating_add(bytes.into());
            if self.is_replaced {
                continue;
            }
            self.sizes.push(bytes);
            if first.take().unwrap_or(own) & 0x1_0000 == 0 {
                self.syncs.push(self.sizes.len() as u32);
            }
            push(&mut self.times, duration);
            push(&mut self.delays, delay);
        }
        Ok(end)
    }

    /// The track with these samples; only the edits are changed of the one whose samples are
    /// replaced.
    fn track(
        &self,
        index: &[u8],
        body: Range<usize>,
        scale: Scale,
    ) -> Result<Vec<u8>, &'static str> {
        let parts = boxes(index, body.clone())?;
        let old = match only(&parts, b"edts")? {
            Some(part) => {
                let lists = boxes(index, part.body.clone())?;
                only(&lists, b"elst")?.map(|list| &index[list.body.clone()])
            }
            None => None,
        };
        let duration = self.next.saturating_sub(self.start.unwrap_or(0));
        // Pictures may be shown long after they are decoded.
        let shown = self.end.saturating_sub(self.start.unwrap_or(0));
        let from = |start: u64| scale.movie_units(shown.saturating_sub(start));
        let mut entries = entries(old.unwrap_or_default(), scale.finer, from)?;
        if entries.iter().any(|(_, start)| *start > 0) && self.start.unwrap_or(0) > 0 {
            return Err("the times of its fragments and its edits do not fit");
        }
        if !self.is_replaced && scale.shift > 0 {
            if entries.is_empty() {
                // Some players begin a list of edits with the first picture.
                let delay = self.delays.first().map_or(0, |(_, delay)| u64::from(*delay));
                entries.push((scale.movie_units(delay), -1));
                entries.push((from(0), delay as i64));
            }
            entries.insert(0, (scale.shift, -1));
        }
        let length = entries.iter().map(|(duration, _)| *duration).reduce(u64::saturating_add);
        let length = length.unwrap_or_else(|| from(0));
        let edit = |kind: &Kind, body: &[u8]| match kind {
            b"tkhd" => {
                let Some(mut header) = Header::read(*b"tkhd", body) else { return Edit::Keep };
                header.duration = Some(length);
                let edits = if entries.is_empty() { Vec::new() } else { edits(&entries) };
                Edit::Replace([header.write(), edits].concat())
            }
            b"edts" => Edit::Drop,
            _ if self.is_replaced => Edit::Keep,
            b"mdhd" => {
                let Some(mut header) = Header::read(*b"mdhd", body) else { return Edit::Keep };
                header.duration = Some(duration);
                Edit::Replace(header.write())
            }
            b"stts" => Edit::Replace(self.tables()),
            kind if TABLES.contains(&kind) => Edit::Drop,
            _ => Edit::Keep,
        };
        Ok(atom(b"trak", &edited(index, body, 1, &edit)))
    }

    /// The tables of the samples.
    fn tables(&self) -> Vec<u8> {
        let mut tables = full(b"stts", 0, 0, &pairs(&self.times));
        if self.delays.iter().any(|(_, delay)| *delay != 0) {
            tables.extend(full(b"ctts", self.has_signed_delays.into(), 0, &pairs(&self.delays)));
        }
        if self.syncs.len() < self.sizes.len() {
            tables.extend(full(b"stss", 0, 0, &list(self.syncs.iter().map(|n| n.to_be_bytes()))));
        }
        let mut runs: Vec<[u8; 12]> = Vec::new();
        let mut before = None;
        for (n, (_, samples, description)) in self.runs.iter().enumerate() {
            if before.replace((samples, description)) != Some((samples, description)) {
                let mut run = [0; 12];
                run.copy_from_slice(&numbers([n as u32 + 1, *samples, *description]));
                runs.push(run);
            }
        }
        tables.extend(full(b"stsc", 0, 0, &list(runs.into_iter())));
        let sizes = list(self.sizes.iter().map(|size| size.to_be_bytes()));
        tables.extend(full(b"stsz", 0, 0, &[numbers([0]), sizes].concat()));
        let at: Vec<u64> = self.runs.iter().map(|(place, _, _)| *place).collect();
        tables.extend(places(&at));
        tables
    }
}

/// Adds a value to runs of equal ones.
fn push(runs: &mut Vec<(u32, u32)>, value: u32) {
    match runs.last_mut() {
        Some((count, last)) if *last == value => *count += 1,
        _ => runs.push((1, value)),
    }
}

fn pairs(runs: &[(u32, u32)]) -> Vec<u8> {
    list(runs.iter().map(|(count, value)| {
        let mut pair = [0; 8];
        pair[..4].copy_from_slice(&count.to_be_bytes());
        pair[4..].copy_from_slice(&value.to_be_bytes());
        pair
    }))
}

/// The edits in a list: how long each is in the new units, and where it begins. One without a
/// length shows what is left `from` there.
fn entries(
    body: &[u8],
    finer: u32,
    from: impl Fn(u64) -> u64,
) -> Result<Vec<(u64, i64)>, &'static str> {
    let is_long = body.first() == Some(&1);
    let count = if body.is_empty() { 0 } else { u32_at(body, 4).ok_or(BROKEN)? };
    let (mut entries, mut at) = (Vec::new(), 8);
    for _ in 0..count {
        let (duration, start) = match is_long {
            true => u64_at(body, at).zip(u64_at(body, at + 8).map(|n| n as i64)),
            false => u32_at(body, at)
                .map(u64::from)
                .zip(u32_at(body, at + 4).map(|n| i64::from(n as i32))),
        }
        .ok_or(BROKEN)?;
        let duration = match duration {
            0 if start >= 0 => from(start.unsigned_abs()),
            duration => duration.saturating_mul(finer.into()),
        };
        entries.push((duration, start));
        at += if is_long { 20 } else { 12 };
    }
    Ok(entries)
}

fn edits(entries: &[(u64, i64)]) -> Vec<u8> {
    let entries = entries.iter().map(|(duration, start)| {
        let mut entry = [0; 20];
        entry[..8].copy_from_slice(&duration.to_be_bytes());
        entry[8..16].copy_from_slice(&start.to_be_bytes());
        entry[16..].copy_from_slice(&ONE.to_be_bytes());
        entry
    });
    atom(b"edts", &full(b"elst", 1, 0, &list(entries.collect::<Vec<_>>().into_iter())))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::tests::{film_in, words};
    use super::*;
    use crate::encode::atoms::group;
    use crate::video::mp4::tables::Walk;

    const SOUND: u32 = 2;

    /// The index of a film without samples, of which the usual ones last 500 units and need others.
    fn index() -> Vec<u8> {
        let usual = |id: u32| full(b"trex", 0, 0, &words(&[id, 1, 500, 7, 0x1_0000]));
        [film_in(&[], 0), group(b"mvex", [usual(1), usual(SOUND)])].concat()
    }

    /// The part of a track in a fragment, which begins at that time; its samples are 10 bytes
    /// further than the fragment.
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
        join(&mut source, &index(), &places, SOUND, 1 << 10).unwrap()
    }

    /// The edits and the chunks of the picture: how many samples of how many bytes begin when.
    fn picture(joined: &Joined) -> (Vec<(u64, i64)>, Vec<(u64, u64, u64)>) {
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
    fn tracks_that_begin_later_do_so_in_the_movie() {
        let later = joined(&[part(1, 1040, 1, &[2, 10]), part(SOUND, 1000, 1, &[1, 10])]).unwrap();
        let (edits, _) = picture(&later);
        assert_eq!((edits, later.late), (vec![(1920, -1), (0, -1), (48_000, 0)], 0));
        // A little silence is not heard, but an edit; for more there is silence.
        for (start, late) in [(1040, 1920), (1100, 0)] {
            let sound = part(SOUND, start, 1, &[1, 10]);
            assert_eq!(joined(&[part(1, 1000, 1, &[2, 10]), sound]).unwrap().late, late);
        }
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

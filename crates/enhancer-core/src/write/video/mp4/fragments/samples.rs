//! The samples of a track in fragments, and the tables for them.

use std::ops::Range;

use super::TOO_LARGE;
use crate::audio::atoms::{Kind, atom, full, list, numbers};
use crate::read::mp4::boxes::{BROKEN, Header, boxes, edit_entries, only, u32_at};
use crate::write::places;
use crate::write::video::mp4::index::{edit_list, edited};
use crate::write::video::mp4::trim::Edit;

/// The tables of a track that those of the fragments replace.
const TABLES: [&Kind; 7] = [b"ctts", b"stss", b"stsc", b"stsz", b"stz2", b"stco", b"co64"];

/// The defaults for samples: their description, duration, size in bytes and flags.
#[derive(Clone, Copy, Default)]
pub(super) struct Usual {
    pub(super) description: u32,
    pub(super) duration: u32,
    pub(super) bytes: u32,
    pub(super) flags: u32,
}

/// The samples of a track.
#[derive(Default)]
pub(super) struct Samples {
    pub(super) usual: Usual,
    /// Whether they are replaced, so that only their times matter.
    pub(super) is_replaced: bool,
    /// The decoding time of the first sample, and of the next one if no time is missing, in units
    /// of the track.
    pub(super) start: Option<u64>,
    next: u64,
    /// The number of samples.
    count: u64,
    /// The end of the last sample's presentation.
    end: u64,
    /// Runs of samples with the same duration, and runs with the same presentation delay after
    /// decoding.
    times: Vec<(u32, u32)>,
    delays: Vec<(u32, u32)>,
    has_signed_delays: bool,
    sizes: Vec<u32>,
    /// Key frames, counted from 1.
    syncs: Vec<u32>,
    /// For each run of samples, its offset, the number of samples, and their description.
    runs: Vec<(u64, u32, u32)>,
}

/// Time units.
pub(super) struct Scale {
    /// Units of the new index per unit of the old one.
    pub(super) finer: u32,
    /// The units of the movie by which the track begins later than the first one.
    pub(super) shift: u64,
    /// Units per second.
    pub(super) movie: u32,
    pub(super) track: u32,
}

impl Scale {
    /// Converts units of the track to those of the movie.
    fn movie_units(&self, units: u64) -> u64 {
        let units = u128::from(units) * u128::from(self.movie);
        units.div_ceil(u128::from(self.track.max(1))).min(u64::MAX.into()) as u64
    }
}

impl Samples {
    /// No samples yet.
    pub(super) fn new(is_replaced: bool) -> Samples {
        Samples { is_replaced, ..Samples::default() }
    }

    /// The decoding time of the first sample, in seconds.
    pub(super) fn seconds(&self, timescale: u32) -> f64 {
        self.start.unwrap_or(0) as f64 / f64::from(timescale.max(1))
    }

    /// The presentation delay of the first sample. It cannot be negative.
    fn first_delay(&self) -> u64 {
        let delay = self.delays.first().map_or(0, |(_, delay)| *delay);
        if self.has_signed_delays { (delay as i32).max(0) as u64 } else { delay.into() }
    }

    /// Starts a fragment at this time. The sample before it lasts until then.
    pub(super) fn begin(&mut self, time: u64) {
        if self.count == 0 {
            (self.start, self.next) = (Some(time), time);
            return;
        }
        let Some(last) = self.times.last_mut() else { return };
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

    /// Adds a run. It begins at `base` plus its stated offset, or at `end` if it states none.
    /// Returns the end of the run.
    pub(super) fn add(
        &mut self,
        run: &[u8],
        usual: Usual,
        base: u64,
        end: u64,
        room: &mut u64,
    ) -> Result<u64, &'static str> {
        let (flags, count) = u32_at(run, 0).zip(u32_at(run, 4)).ok_or(BROKEN)?;
        *room = room.checked_sub(count.into()).ok_or(TOO_LARGE)?;
        self.count += u64::from(count);
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

    /// The track with these samples. In the track whose samples are replaced, only the edits
    /// change.
    pub(super) fn track(
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
                // Some players start an edit list at the first picture.
                let delay = self.first_delay();
                if delay > 0 {
                    entries.push((scale.movie_units(delay), -1));
                }
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
                let edits = if entries.is_empty() { Vec::new() } else { edit_list(&entries) };
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

/// Adds a value to runs of equal values.
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

/// The entries of an edit list: the duration in the new units, and the start. An entry without a
/// duration shows everything that is left `from` its start.
pub(super) fn entries(
    body: &[u8],
    finer: u32,
    from: impl Fn(u64) -> u64,
) -> Result<Vec<(u64, i64)>, &'static str> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let renewed = |entry: Result<(u64, i64), &'static str>| {
        Ok(match entry? {
            (0, start @ 0..) => (from(start.unsigned_abs()), start),
            (duration, start) => (duration.saturating_mul(finer.into()), start),
        })
    };
    edit_entries(body)?.map(renewed).collect()
}

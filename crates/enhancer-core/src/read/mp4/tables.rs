//! Finds the chunks of a track in its tables, which are read entry by entry.

use std::ops::Range;

use super::boxes::{BROKEN, Part, only, u16_at, u32_at, u64_at};
use crate::audio::atoms::Kind;

/// The sizes in bytes of an entry of times, and of one of chunks.
const TIME: usize = 8;
const RUN: usize = 12;

/// The tables of a track, as ranges of the index.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    /// Runs of samples with the same duration.
    times: Range<usize>,
    /// Runs of chunks with the same number of samples.
    runs: Range<usize>,
    /// The offset of each chunk, and the size in bytes of such an offset.
    places: Range<usize>,
    place_bytes: usize,
    sizes: Sizes,
    pub(crate) samples: u64,
    pub(crate) chunks: usize,
}

/// The sizes of samples.
#[derive(Clone, Debug)]
enum Sizes {
    /// Each group of `samples` samples has `bytes` bytes.
    Equal { bytes: u64, samples: u64 },
    /// One after the other, with `bits` bits each.
    Listed { entries: Range<usize>, bits: usize },
}

/// Samples that are contiguous in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) place: u64,
    pub(crate) bytes: u64,
    pub(crate) samples: u64,
    /// The decoding time of its first sample, in units of the track.
    pub(crate) time: u64,
}

/// One sample, with its times in units of the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) place: u64,
    pub(crate) bytes: u64,
    pub(crate) time: u64,
    pub(crate) duration: u64,
}

impl Tables {
    /// Reads the boxes in `stbl`. `handler` is the kind of the track.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub(crate) fn read(index: &[u8], parts: &[Part], handler: &Kind) -> Result<Self, &'static str> {
        let entries = |part: &Part, head: usize, bytes: usize| {
            let start = part.body.start + head;
            let count = u32_at(&index[..part.body.end], start - 4).ok_or(BROKEN)? as usize;
            let end = count.checked_mul(bytes).and_then(|all| all.checked_add(start));
            end.filter(|end| *end <= part.body.end).map(|end| (start..end, count)).ok_or(BROKEN)
        };
        let required = |kind| only(parts, kind)?.ok_or(BROKEN);
        let (times, _) = entries(required(b"stts")?, 8, TIME)?;
        let (runs, _) = entries(required(b"stsc")?, 8, RUN)?;
        let short = only(parts, b"stco")?;
        let (part, place_bytes) = match (short, only(parts, b"co64")?) {
            (Some(part), None) => (part, 4),
            (None, Some(part)) => (part, 8),
            _ => return Err(BROKEN),
        };
        let (places, chunks) = entries(part, 8, place_bytes)?;
        let (sizes, samples) = match (only(parts, b"stsz")?, only(parts, b"stz2")?) {
            (Some(part), None) => match u32_at(index, part.body.start + 4).ok_or(BROKEN)? {
                0 => {
                    let (entries, count) = entries(part, 12, 4)?;
                    (Sizes::Listed { entries, bits: 32 }, count)
                }
                size => {
                    let (_, count) = entries(part, 12, 0)?;
                    let entry = required(b"stsd")?.body.start + 8;
                    (equal(index, entry, handler, size), count)
                }
            },
            (None, Some(part)) => {
                let bits = usize::from(*index.get(part.body.start + 7).ok_or(BROKEN)?);
                let (start, count) = entries(part, 12, 0)?;
                let bytes = count.checked_mul(bits).map(|bits| bits.div_ceil(8));
                let end = bytes.and_then(|bytes| bytes.checked_add(start.start));
                let end = end.filter(|end| *end <= part.body.end && [4, 8, 16].contains(&bits));
                (Sizes::Listed { entries: start.start..end.ok_or(BROKEN)?, bits }, count)
            }
            _ => return Err(BROKEN),
        };
        let samples = samples as u64;
        Ok(Tables { times, runs, places, place_bytes, sizes, samples, chunks })
    }

    /// The size in bytes of this many samples, starting with `from`.
    fn bytes(&self, index: &[u8], from: u64, samples: u64) -> u64 {
        match &self.sizes {
            Sizes::Equal { bytes, samples: each } => (samples / each).saturating_mul(*bytes),
            Sizes::Listed { entries, bits } => {
                let table = &index[entries.clone()];
                let all = from..from.saturating_add(samples);
                all.map(|n| listed(table, *bits, n as usize)).fold(0, u64::saturating_add)
            }
        }
    }

    /// The first samples, at most `most`.
    pub(crate) fn first_samples(&self, index: &[u8], most: usize) -> Vec<Sample> {
        let (mut walk, mut samples, mut time) = (Walk::default(), Vec::new(), 0u64);
        let runs = index[self.times.clone()].chunks_exact(TIME);
        let runs = runs.filter_map(|run| u32_at(run, 0).zip(u32_at(run, 4)));
        let mut durations = runs.flat_map(|(count, each)| (0..count).map(move |_| each));
        while let Some(chunk) = walk.next(index, self) {
            let mut place = chunk.place;
            for _ in 0..chunk.samples {
                let Some(duration) = durations.next().filter(|_| samples.len() < most) else {
                    return samples;
                };
                let (bytes, duration) =
                    (self.bytes(index, samples.len() as u64, 1), duration.into());
                samples.push(Sample { place, bytes, time, duration });
                place = place.saturating_add(bytes);
                time = time.saturating_add(duration);
            }
        }
        samples
    }

    /// The number of samples and chunks before the end of a file of `len` bytes; `None` if these
    /// are all.
    ///
    /// # Errors
    /// If samples are missing before others that exist: then the file was not just cut off.
    pub(crate) fn cut(&self, index: &[u8], len: u64) -> Result<Option<(u64, usize)>, &'static str> {
        let (mut walk, mut whole, mut cut) = (Walk::default(), 0, None);
        for n in 0.. {
            let Some(chunk) = walk.next(index, self) else { break };
            let is_beyond = chunk.place.saturating_add(chunk.bytes) > len;
            match cut {
                _ if chunk.bytes == 0 => {}
                Some(_) if !is_beyond => {
                    return Err("a part of it lies outside of the file, and later ones do not");
                }
                None if is_beyond => {
                    let there = self.fitting(index, whole, &chunk, len);
                    cut = Some((whole + there, n + usize::from(there > 0)));
                }
                _ => {}
            }
            whole += chunk.samples;
        }
        Ok(cut)
    }

    /// The number of samples before `len` in a chunk whose first sample is `from`.
    fn fitting(&self, index: &[u8], from: u64, chunk: &Chunk, len: u64) -> u64 {
        let Some(room) = len.checked_sub(chunk.place) else { return 0 };
        match &self.sizes {
            Sizes::Equal { bytes, samples } => room / (*bytes).max(1) * samples,
            Sizes::Listed { .. } => {
                let mut end: u64 = 0;
                let fits = |n: &u64| {
                    end = end.saturating_add(self.bytes(index, from + n, 1));
                    end <= room
                };
                (0..chunk.samples).take_while(fits).count() as u64
            }
        }
        .min(chunk.samples)
    }

    /// If the samples end inside a chunk: its number, counted from 1, and the number of its
    /// samples.
    pub(crate) fn last_chunk(&self, index: &[u8]) -> Option<(u32, u32)> {
        let (mut walk, mut last) = (Walk::default(), None);
        while let Some(chunk) = walk.next(index, self) {
            last = Some(chunk);
        }
        Some((u32::try_from(self.chunks).ok()?, u32::try_from(last?.samples).ok()?))
    }
}

/// The size of a sample in a list.
fn listed(table: &[u8], bits: usize, n: usize) -> u64 {
    let size = match bits {
        4 => table
            .get(n / 2)
            .map(|pair| u32::from(if n.is_multiple_of(2) { pair >> 4 } else { pair & 15 })),
        8 => table.get(n).map(|size| u32::from(*size)),
        16 => u16_at(table, 2 * n).map(u32::from),
        _ => u32_at(table, 4 * n),
    };
    size.unwrap_or(0).into()
}

/// The common size of all samples. For sound, QuickTime may state 1, and the actual size is in the
/// description `entry` (QuickTime File Format, "Sound Sample Descriptions").
fn equal(index: &[u8], entry: usize, handler: &Kind, size: u32) -> Sizes {
    let equal = |bytes: u32, samples: u32| Sizes::Equal {
        bytes: bytes.into(),
        samples: u64::from(samples).max(1),
    };
    let described = || {
        let kind = index.get(entry + 4..)?.first_chunk::<4>()?;
        let (body, version) = (entry + 8, u16_at(index, entry + 16)?);
        let channels = u32::from(u16_at(index, body + 16)?);
        let bits = match kind {
            b"twos" | b"sowt" | b"raw " | b"NONE" => u32::from(u16_at(index, body + 18)?),
            b"in24" => 24,
            b"in32" | b"fl32" => 32,
            b"fl64" => 64,
            b"ulaw" | b"alaw" => 8,
            _ => 0,
        };
        let (bytes, samples) = match version {
            1 => (u32_at(index, body + 36)?, u32_at(index, body + 28)?),
            2 => (u32_at(index, body + 56)?, u32_at(index, body + 60)?),
            _ => (channels * bits.div_ceil(8), 1),
        };
        (bytes > 0 && samples > 0).then(|| equal(bytes, samples))
    };
    let is_sound = handler == b"soun";
    is_sound.then(described).flatten().unwrap_or_else(|| equal(size, 1))
}

/// Iterates over the chunks of a track.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    chunk: usize,
    /// The current entry of chunks, and the first entry of times that is not used up.
    run: usize,
    time_run: usize,
    /// The number of used samples of that entry.
    used: u64,
    sample: u64,
    time: u64,
}

impl Walk {
    /// The next chunk.
    pub(crate) fn next(&mut self, index: &[u8], tables: &Tables) -> Option<Chunk> {
        if self.chunk >= tables.chunks {
            return None;
        }
        let at = tables.places.start + self.chunk * tables.place_bytes;
        let place = match tables.place_bytes {
            4 => u32_at(index, at)?.into(),
            _ => u64_at(index, at)?,
        };
        let left = tables.samples.saturating_sub(self.sample);
        let samples = u64::from(self.samples_in_chunk(index, tables)).min(left);
        let bytes = tables.bytes(index, self.sample, samples);
        let chunk = Chunk { place, bytes, samples, time: self.time };
        self.chunk += 1;
        self.sample += samples;
        self.pass(index, tables, samples);
        Some(chunk)
    }

    fn samples_in_chunk(&mut self, index: &[u8], tables: &Tables) -> u32 {
        let runs = &index[tables.runs.clone()];
        while u32_at(runs, (self.run + 1) * RUN)
            .is_some_and(|first| first as usize <= self.chunk + 1)
        {
            self.run += 1;
        }
        u32_at(runs, self.run * RUN + 4).unwrap_or(0)
    }

    /// Adds the duration of this many samples.
    fn pass(&mut self, index: &[u8], tables: &Tables, samples: u64) {
        let times = &index[tables.times.clone()];
        let mut left = samples;
        while left > 0
            && let (Some(count), Some(each)) =
                (u32_at(times, self.time_run * TIME), u32_at(times, self.time_run * TIME + 4))
        {
            let taken = left.min(u64::from(count) - self.used);
            self.time = self.time.saturating_add(taken * u64::from(each));
            (left, self.used) = (left - taken, self.used + taken);
            if self.used == u64::from(count) {
                (self.time_run, self.used) = (self.time_run + 1, 0);
            }
        }
    }

    /// The end of the previous chunk, in units of the track.
    pub(crate) fn time(&self) -> u64 {
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::super::boxes::boxes;
    use super::*;
    use crate::audio::atoms::{full, numbers};

    fn index(size: &[u32], places: Vec<u8>) -> Vec<u8> {
        [
            full(b"stsd", 0, 0, &numbers([0])),
            full(b"stts", 0, 0, &numbers([2, 3, 10, 4, 20])),
            full(b"stsc", 0, 0, &numbers([2, 1, 2, 1, 3, 3, 1])),
            full(b"stsz", 0, 0, &size.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>()),
            places,
        ]
        .concat()
    }

    fn tables(index: &[u8]) -> Result<Tables, &'static str> {
        Tables::read(index, &boxes(index, 0..index.len())?, b"vide")
    }

    fn chunks(index: &[u8], tables: &Tables) -> Vec<(u64, u64, u64, u64)> {
        let mut walk = Walk::default();
        std::iter::from_fn(|| walk.next(index, tables))
            .map(|chunk| (chunk.place, chunk.bytes, chunk.samples, chunk.time))
            .collect()
    }

    #[test]
    fn chunks_are_those_of_the_tables() {
        let sizes = [0, 7, 1, 2, 3, 4, 5, 6, 7];
        let index = index(&sizes, full(b"co64", 0, 0, &numbers([3, 1, 0, 0, 90, 0, 200])));
        let tables = tables(&index).unwrap();
        let all = [(1 << 32, 3, 2, 0), (90, 7, 2, 20), (200, 18, 3, 50)];
        assert_eq!(chunks(&index, &tables), all);
        assert_eq!(tables.cut(&index, u64::MAX), Ok(None));
        // The first sample is missing, the others exist.
        assert!(tables.cut(&index, 1 << 30).is_err());
        assert_eq!(tables.last_chunk(&index), Some((3, 3)));
    }

    #[test]
    fn tracks_are_cut_at_the_last_complete_sample() {
        let index =
            index(&[0, 7, 1, 2, 3, 4, 5, 6, 7], full(b"stco", 0, 0, &numbers([3, 8, 20, 40])));
        let mut tables = tables(&index).unwrap();
        for (len, expected) in [
            (58, None),
            (57, Some((6, 3))),
            (51, Some((6, 3))),
            (50, Some((5, 3))),
            (44, Some((4, 2))),
            (27, Some((4, 2))),
            (26, Some((3, 2))),
        ] {
            assert_eq!(tables.cut(&index, len), Ok(expected), "{len}");
        }
        (tables.samples, tables.chunks) = (3, 2);
        assert_eq!(chunks(&index, &tables), [(8, 3, 2, 0), (20, 3, 1, 20)]);
        assert_eq!(tables.last_chunk(&index), Some((2, 1)));
    }

    #[test]
    fn samples_of_one_size_take_no_table() {
        let index = index(&[100, u32::MAX], full(b"stco", 0, 0, &numbers([2, 8, 300])));
        let tables = tables(&index).unwrap();
        assert_eq!(chunks(&index, &tables), [(8, 200, 2, 0), (300, 200, 2, 20)]);
        assert_eq!(tables.cut(&index, 410), Ok(Some((3, 2))));
    }

    #[test]
    fn tables_that_are_longer_than_their_boxes_are_broken() {
        let places = full(b"stco", 0, 0, &numbers([1, 8]));
        assert!(tables(&index(&[0, 7, 1], places.clone())).is_err());
        assert!(tables(&index(&[0], places.clone())).is_err());
        assert!(tables(&index(&[1, 1], full(b"stco", 0, 0, &numbers([9, 8])))).is_err());
        assert!(tables(&index(&[1, 1], [&places[..], &places].concat())).is_err());
        assert!(tables(&index(&[1, 1], Vec::new())).is_err());
    }
}

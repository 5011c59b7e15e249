//! Removes missing samples at the end of a track from its tables.

use crate::audio::atoms::{Kind, full};
use crate::read::mp4::boxes::{Header, u16_at, u32_at, u64_at};

/// What is left of a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trim {
    pub(super) samples: u64,
    /// The last chunk, counted from 1, and the number of its remaining samples; `None` if no chunk
    /// is left.
    pub(super) last: Option<(u32, u32)>,
    /// The duration of the samples, in units of the track.
    pub(super) duration: u64,
    /// By how much shorter that is than before, in units of the movie.
    pub(super) shorter: u64,
}

/// What happens to a box.
pub(super) enum Edit {
    Keep,
    Drop,
    Replace(Vec<u8>),
}

impl Trim {
    /// What happens to a box of the track with this content. Boxes that may describe missing
    /// samples are dropped, unless they are known to be needed.
    pub(super) fn edit(&self, kind: &Kind, body: &[u8]) -> Edit {
        let edited = match kind {
            b"stts" | b"ctts" => self.runs(kind, body, 8),
            b"sbgp" => self.runs(kind, body, if body.first() == Some(&1) { 16 } else { 12 }),
            b"stsz" if u32_at(body, 4) != Some(0) => self.table(kind, body, 12, 0),
            b"stsz" => self.table(kind, body, 12, 32),
            b"stz2" => self.table(kind, body, 12, u16_at(body, 6).unwrap_or(0).into()),
            b"stsc" => self.chunk_runs(body),
            b"stss" | b"stps" => self.numbers(kind, body),
            b"sdtp" => body.get(..body.len().min(4 + self.samples as usize)).map(|left| {
                let head = u32_at(left, 0).unwrap_or(0);
                full(kind, (head >> 24) as u8, head & 0xff_ffff, left.get(4..).unwrap_or_default())
            }),
            b"mdhd" => self.header(*kind, body, |_| self.duration),
            b"tkhd" => self.header(*kind, body, |duration| duration.saturating_sub(self.shorter)),
            b"elst" => self.edits(body),
            b"padb" | b"stdp" | b"stsh" | b"subs" | b"csgp" => return Edit::Drop,
            _ => return Edit::Keep,
        };
        edited.map_or(Edit::Drop, Edit::Replace)
    }

    /// Entries that begin with a number of samples. `head` bytes precede them, the last of which
    /// state the number of entries.
    fn runs(&self, kind: &Kind, body: &[u8], head: usize) -> Option<Vec<u8>> {
        let mut left = self.samples;
        let mut entries = Vec::new();
        for entry in body.get(head..)?.chunks_exact(8) {
            let count = u64::from(u32_at(entry, 0)?).min(left);
            if left == 0 {
                break;
            }
            left -= count;
            entries.extend((count as u32).to_be_bytes());
            entries.extend(&entry[4..]);
        }
        let count = (entries.len() / 8) as u32;
        Some(rebuilt(kind, &[body.get(..head - 4)?, &count.to_be_bytes(), &entries]))
    }

    /// A table with an entry of `bits` bits for each sample.
    fn table(&self, kind: &Kind, body: &[u8], head: usize, bits: usize) -> Option<Vec<u8>> {
        let count = u32::try_from(self.samples).ok()?;
        let end = (count as usize).checked_mul(bits)?.div_ceil(8).checked_add(head)?;
        let entries = body.get(head..end)?;
        Some(rebuilt(kind, &[body.get(..head - 4)?, &count.to_be_bytes(), entries]))
    }

    /// The runs of chunks up to the last one, which may have fewer samples than before.
    fn chunk_runs(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut runs: Vec<[u32; 3]> = Vec::new();
        if let Some((last, samples)) = self.last {
            for entry in body.get(8..)?.chunks_exact(12) {
                let run = [u32_at(entry, 0)?, u32_at(entry, 4)?, u32_at(entry, 8)?];
                if run[0] > last {
                    break;
                }
                runs.push(run);
            }
            let [first, usual, description] = *runs.last()?;
            if usual != samples {
                if first == last {
                    runs.pop();
                }
                runs.push([last, samples, description]);
            }
        }
        let count = (runs.len() as u32).to_be_bytes();
        let entries: Vec<u8> = runs.iter().flatten().flat_map(|n| n.to_be_bytes()).collect();
        Some(rebuilt(b"stsc", &[body.get(..4)?, &count, &entries]))
    }

    /// Sample numbers, counted from 1, in ascending order.
    fn numbers(&self, kind: &Kind, body: &[u8]) -> Option<Vec<u8>> {
        let entries = body.get(8..)?.chunks_exact(4);
        let there = entries.take_while(|n| u32_at(n, 0).map(u64::from) <= Some(self.samples));
        let entries: Vec<u8> = there.flatten().copied().collect();
        let count = (entries.len() as u32 / 4).to_be_bytes();
        Some(rebuilt(kind, &[body.get(..4)?, &count, &entries]))
    }

    fn header(&self, kind: Kind, body: &[u8], duration: impl Fn(u64) -> u64) -> Option<Vec<u8>> {
        let mut header = Header::read(kind, body)?;
        header.duration = header.duration.map(duration);
        Some(header.write())
    }

    /// The edit list. Its last entry ends earlier.
    fn edits(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (is_long, mut bytes) = (body.first() == Some(&1), body.to_vec());
        let entry = if is_long { 20 } else { 12 };
        let last =
            (u32_at(body, 4)? as usize).checked_sub(1)?.checked_mul(entry)?.checked_add(8)?;
        if is_long {
            let duration = u64_at(body, last)?.saturating_sub(self.shorter);
            bytes.get_mut(last..last + 8)?.copy_from_slice(&duration.to_be_bytes());
        } else {
            let duration = u64::from(u32_at(body, last)?).saturating_sub(self.shorter) as u32;
            bytes.get_mut(last..last + 4)?.copy_from_slice(&duration.to_be_bytes());
        }
        Some(rebuilt(b"elst", &[&bytes]))
    }
}

fn rebuilt(kind: &Kind, parts: &[&[u8]]) -> Vec<u8> {
    crate::audio::atoms::atom(kind, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::atoms::numbers;

    const TRIM: Trim = Trim { samples: 5, last: Some((2, 2)), duration: 50, shorter: 30 };

    fn words(kind: &Kind, body: &[u32]) -> Option<Vec<u32>> {
        let body: Vec<u8> = body.iter().flat_map(|n| n.to_be_bytes()).collect();
        match TRIM.edit(kind, &body) {
            Edit::Replace(bytes) => {
                assert_eq!(bytes[4..8], kind[..]);
                Some(bytes[8..].chunks_exact(4).map(|n| u32_at(n, 0).unwrap()).collect())
            }
            Edit::Keep => Some(body.chunks_exact(4).map(|n| u32_at(n, 0).unwrap()).collect()),
            Edit::Drop => None,
        }
    }

    #[test]
    fn tables_end_with_the_last_sample_that_is_there() {
        assert_eq!(words(b"stts", &[0, 3, 4, 10, 4, 20, 4, 30]), Some(vec![0, 2, 4, 10, 1, 20]));
        assert_eq!(words(b"ctts", &[1 << 24, 1, 9, 7]), Some(vec![1 << 24, 1, 5, 7]));
        let group = u32::from_be_bytes(*b"roll");
        assert_eq!(words(b"sbgp", &[0, group, 1, 9, 1]), Some(vec![0, group, 1, 5, 1]));
        assert_eq!(
            words(b"stsz", &[0, 0, 6, 1, 2, 3, 4, 5, 6]),
            Some(vec![0, 0, 5, 1, 2, 3, 4, 5])
        );
        assert_eq!(words(b"stsz", &[0, 8, 6]), Some(vec![0, 8, 5]));
        assert_eq!(words(b"stss", &[0, 3, 1, 5, 6]), Some(vec![0, 2, 1, 5]));
        assert_eq!(words(b"stsc", &[0, 2, 1, 3, 1, 3, 3, 1]), Some(vec![0, 2, 1, 3, 1, 2, 2, 1]));
        assert_eq!(words(b"stsc", &[0, 2, 1, 2, 1, 3, 3, 1]), Some(vec![0, 1, 1, 2, 1]));
        assert_eq!(words(b"stsc", &[0, 2, 1, 2, 1, 2, 3, 1]), Some(vec![0, 2, 1, 2, 1, 2, 2, 1]));
        assert_eq!(words(b"subs", &[0, 0]), None);
        assert_eq!(words(b"stsd", &[0, 0]), Some(vec![0, 0]));
    }

    #[test]
    fn durations_and_the_last_edit_are_shorter() {
        assert_eq!(words(b"mdhd", &[0, 1, 2, 600, 80, 0]), Some(vec![0, 1, 2, 600, 50, 0]));
        assert_eq!(words(b"tkhd", &[7, 1, 2, 1, 0, 80, 0]), Some(vec![7, 1, 2, 1, 0, 50, 0]));
        let list = [0, 2, 5, u32::MAX, 1 << 16, 80, 9, 1 << 16];
        let expected = [0, 2, 5, u32::MAX, 1 << 16, 50, 9, 1 << 16];
        assert_eq!(words(b"elst", &list), Some(expected.to_vec()));
        assert_eq!(words(b"elst", &[0, 0]), None);
    }

    #[test]
    fn broken_tables_are_dropped() {
        assert_eq!(words(b"stsz", &[0, 0, 6, 1]), None);
        assert_eq!(words(b"stts", &[0]), None);
        assert_eq!(words(b"elst", &[0, 9, 1, 1, 1]), None);
        let flags = full(b"sdtp", 0, 0, &numbers([1, 2]));
        let Edit::Replace(bytes) = TRIM.edit(b"sdtp", &flags[8..]) else { panic!("replaced") };
        assert_eq!(bytes[8..], flags[8..17]);
    }
}

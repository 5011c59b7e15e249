//! Videos in Matroska and WebM (RFC 9559).
//!
//! The parts before and after the clusters are copied, with a new description of the sound. The
//! clusters are written anew. They contain the blocks of the source in their order, interleaved
//! with the new sound by time.

mod blocks;
mod entry;
mod layout;
mod muxer;
mod segment;
#[cfg(test)]
mod tests;

pub(super) use muxer::MatroskaMuxer;

use std::io::{Read, Seek};
use std::ops::Range;

use self::blocks::Blocks;
use self::entry::Entry;
use self::layout::Layout;
use super::Outcome;
use crate::audio::Container;
use crate::audio::Pcm;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::read::ebml::ids::{DOC_TYPE, EBML, TIMESTAMP_SCALE, TRACK_ENTRY};
use crate::read::ebml::{Elements, Stream, number};
use crate::warning::{Warning, WarningCode};

/// The default time unit in nanoseconds.
const USUAL_SCALE: u64 = 1_000_000;

/// The maximum number of tracks. Films have a few dozen, most of them subtitles.
const MOST_TRACKS: usize = 256;

/// Sound that begins before time 0 by at most this much is cut with the codec delay. The delay has
/// 16 bits of samples at 48 kHz, and the encoder needs a part of it.
const MOST_EARLY_SECONDS: f64 = 1.3;

/// Nanoseconds per second.
const SECOND: u64 = 1_000_000_000;

/// The reason not to copy a file that breaks the rules of the format.
const BROKEN: &str = "its description is broken";

/// What is copied, and what is replaced.
pub(super) struct Plan {
    container: Container,
    layout: Layout,
    /// The tracks, in the order of the file.
    entries: Vec<Entry>,
    /// The number of the replaced track, and the time of its first audible sample in nanoseconds.
    sound: u64,
    begin: i64,
    /// The time unit in nanoseconds.
    scale: u64,
    /// Whether damage is an error.
    strict: bool,
    /// The size in bytes of the copied blocks, if they were counted.
    blocks: u64,
    notes: Vec<Warning>,
}

impl Plan {
    /// Examines a file. `sound` is the number of the track with the sound, which begins at the time
    /// `begin` in seconds.
    ///
    /// # Errors
    /// `Read` if the source fails, `CorruptAudio` if a part is missing and damage is an error.
    pub(super) fn new(
        source: &mut (impl Read + Seek),
        (sound, begin): (u32, f64),
        limits: &Limits,
        strict: bool,
    ) -> Result<Outcome<Plan>> {
        let layout = match Layout::read(source, limits.decoder_memory).map_err(Error::read)? {
            Ok(layout) => layout,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut plan = match Plan::of_layout(layout, sound.into(), begin, strict) {
            Ok(plan) => plan,
            Err(reason) => return Ok(Err(reason)),
        };
        if plan.layout.is_cut {
            let end = plan.end(source)?;
            if strict {
                return Err(Error::corrupt_audio(plan.layout.clusters.end, cut(end)));
            }
            plan.notes.push(Warning { code: WarningCode::VideoIncomplete, text: cut(end) });
        }
        plan.count_blocks(source, limits)?;
        Ok(Ok(plan))
    }

    fn of_layout(layout: Layout, sound: u64, begin: f64, strict: bool) -> Outcome<Plan> {
        let (_, header) = Elements(&layout.header).find(|(id, _)| *id == EBML).ok_or(BROKEN)?;
        let kind = Elements(header).find(|(id, _)| *id == DOC_TYPE).map_or(&[][..], |(_, it)| it);
        let container = if kind.starts_with(b"webm") { Container::Webm } else { Container::Mkv };
        let scale = Elements(&layout.info).find(|(id, _)| *id == TIMESTAMP_SCALE);
        let scale = scale.map_or(USUAL_SCALE, |(_, body)| number(body));
        let parts = Elements(&layout.tracks).filter(|(id, _)| *id == TRACK_ENTRY);
        let entries = parts.map(|(_, body)| Entry::read(body)).take(MOST_TRACKS + 1);
        let entries: Vec<_> = entries.collect();
        if entries.len() > MOST_TRACKS {
            return Err(format!("it has more than {MOST_TRACKS} tracks"));
        }
        if scale == 0 || entries.iter().filter(|entry| entry.number == sound).count() != 1 {
            return Err(BROKEN.into());
        }
        if entries.iter().any(|entry| entry.is_scaled) {
            return Err("one of its tracks has a time scale of its own".into());
        }
        if begin < -MOST_EARLY_SECONDS {
            return Err("its sound begins long before its picture".into());
        }
        let begin = (begin * SECOND as f64).round() as i64;
        Ok(Plan {
            container,
            layout,
            entries,
            sound,
            begin,
            scale,
            strict,
            blocks: 0,
            notes: Vec::new(),
        })
    }

    /// Counts the bytes of the copied blocks, and stops when they exceed the limit of a result. If
    /// even all clusters are below the limit, there is nothing to count.
    fn count_blocks(&mut self, source: &mut (impl Read + Seek), limits: &Limits) -> Result<()> {
        let Range { start, end } = self.layout.clusters;
        let Some(most) = limits.result_bytes.filter(|most| end.saturating_sub(start) > *most)
        else {
            return Ok(());
        };
        let stream = Stream::new(source).map_err(Error::read)?;
        let mut blocks = Blocks::new(stream, start..end);
        while let Some(block) = blocks.next().map_err(Error::read)?.filter(|_| self.blocks <= most)
        {
            if block.track != self.sound {
                self.blocks = self.blocks.saturating_add(block.whole.end - block.whole.start);
            }
        }
        Ok(())
    }

    /// The time of the last existing block, in seconds.
    fn end(&self, source: &mut (impl Read + Seek)) -> Result<f64> {
        let Range { end, .. } = self.layout.clusters;
        let stream = Stream::new(source).map_err(Error::read)?;
        let mut blocks = Blocks::new(stream, self.layout.last_cluster..end);
        let mut last = 0;
        while let Some(block) = blocks.next().map_err(Error::read)? {
            last = last.max(block.time);
        }
        Ok(last as f64 * self.scale as f64 / SECOND as f64)
    }

    /// The container of the result, which is that of the source.
    pub(super) fn container(&self) -> Container {
        self.container
    }

    /// The storage format of the sound's samples, if it is PCM.
    pub(super) fn pcm(&self) -> Option<Pcm> {
        self.entries.iter().find(|entry| entry.number == self.sound)?.pcm
    }

    /// The number of samples at this rate by which the sound begins before time 0. PCM cannot state
    /// this.
    pub(super) fn early(&self, rate: u32) -> u64 {
        samples_in(self.begin.min(0).unsigned_abs(), rate)
    }

    /// The number of copied bytes, as far as they were counted.
    pub(super) fn bytes(&self) -> u64 {
        let others = self.layout.others.iter().map(|(_, place)| place.end - place.start);
        others.fold(self.blocks, u64::saturating_add)
    }

    /// Warnings about the copy.
    pub(super) fn notes(&self) -> &[Warning] {
        &self.notes
    }
}

fn cut(end: f64) -> String {
    format!(
        "the file is cut off: the picture and the other tracks of the source end at {end:.2} s, and \
         so do those of the result"
    )
}

/// The duration of samples at this rate in nanoseconds.
fn nanoseconds(samples: u64, rate: u32) -> u64 {
    let time = u128::from(samples) * u128::from(SECOND) / u128::from(rate.max(1));
    u64::try_from(time).unwrap_or(u64::MAX)
}

/// The nearest number of samples at this rate for a time in nanoseconds.
fn samples_in(nanoseconds: u64, rate: u32) -> u64 {
    let samples =
        (u128::from(nanoseconds) * u128::from(rate) + u128::from(SECOND / 2)) / u128::from(SECOND);
    u64::try_from(samples).unwrap_or(u64::MAX)
}

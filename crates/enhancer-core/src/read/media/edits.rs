//! Edit lists of MP4 and MOV: which parts of a track are shown, and in which order.

use std::collections::VecDeque;

use enhancer_networks::panics::contain;
use symphonia::core::formats::{SeekMode, SeekTo};
use symphonia::core::packet::Packet;
use symphonia::core::units::Timestamp;

use super::MediaReader;
use super::facts::scaled;
use super::gaps::Stretch;
use super::mp4::Edit;
use crate::error::{Error, Result};
use crate::warning::WarningCode;

/// Seconds that are decoded before a visible part, so that the state of the decoder is right.
const LEAD_SECONDS: f64 = 0.1;

/// The minimum duration in seconds, and in samples, of a hidden start that was cut off. Shorter
/// ones are priming by encoders.
const LEAST_CUT_SECONDS: f64 = 0.25;
const LEAST_CUT_SAMPLES: u64 = 6000;

/// The maximum ratio of the length of a result to that of the decoded audio. Edits can show parts
/// repeatedly.
const MOST_REPEATS: u64 = 4;

/// How often a file may be read again from its start if it does not support seeking.
const MOST_REWINDS: u32 = 64;

/// A part of what is shown, in samples per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing for this many samples.
    Silence(u64),
    /// The track from `start` up to `end`, or to its end.
    Track { start: u64, end: Option<u64> },
}

/// The parts that are still to be shown.
#[derive(Debug, Default)]
pub(super) struct Edits {
    parts: VecDeque<Part>,
    /// Whether reading has reached the first part, or a position before it.
    reached: bool,
    /// The furthest decoded position in the track.
    furthest: u64,
    rewinds: u32,
}

/// Time units, and samples per channel.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// Units of the movie per second.
    pub(super) movie: u32,
    /// Units of the track per second.
    pub(super) track: u32,
    pub(super) sample_rate: u32,
    /// Samples in the track, if known.
    pub(super) len: Option<u64>,
    /// Samples per packet. The samples of the last packet after the end of an edit may be padding
    /// that is not counted.
    pub(super) packet: u64,
}

/// The parts that an edit list shows, in order. It leaves out the first `late` units of the movie,
/// in which no track shows anything.
pub(super) fn parts(edits: &[Edit], late: u64, scale: Scale) -> VecDeque<Part> {
    let Scale { movie, track, sample_rate, len, packet } = scale;
    let mut late = late;
    let mut parts = VecDeque::new();
    for (n, edit) in edits.iter().enumerate() {
        let Some(start) = edit.start else {
            let left_out = edit.duration.min(late);
            late -= left_out;
            parts.push_back(Part::Silence(scaled(edit.duration - left_out, sample_rate, movie)));
            continue;
        };
        let is_last = n + 1 == edits.len();
        let start = scaled(start, sample_rate, track);
        let end = start.saturating_add(scaled(edit.duration, sample_rate, movie));
        let is_open = match len {
            // The duration was unknown when the list was written.
            None => is_last,
            Some(len) => is_last && (edit.duration == 0 || end.saturating_add(packet) >= len),
        };
        // Looking for more samples than exist would read to the end of the file. In some files it
        // is impossible to go back from there.
        let end = end.min(len.unwrap_or(u64::MAX));
        parts.push_back(Part::Track { start, end: (!is_open).then_some(end) });
    }
    parts.retain(|part| match *part {
        Part::Silence(len) => len > 0,
        Part::Track { start, end } => start < end.or(len).unwrap_or(u64::MAX),
    });
    parts
}

/// The number of samples that these parts show of a track of this length.
fn shown<'a>(parts: impl IntoIterator<Item = &'a Part>, len: u64) -> u64 {
    let of = |part: &Part| match *part {
        Part::Silence(len) => len,
        Part::Track { start, end } => end.unwrap_or(len).min(len).saturating_sub(start),
    };
    parts.into_iter().map(of).fold(0, u64::saturating_add)
}

impl MediaReader<'_> {
    /// Shows only these parts of a track of `track_len` samples, if that length is known.
    pub(super) fn edit(&mut self, parts: VecDeque<Part>, track_len: Option<u64>) {
        let least = (LEAST_CUT_SECONDS * f64::from(self.format.sample_rate)) as u64;
        let least = least.max(LEAST_CUT_SAMPLES);
        let is_cut = parts.iter().any(|part| match *part {
            Part::Track { start, end } => end.is_some() || start >= least,
            Part::Silence(_) => false,
        });
        let all = track_len.map(|len| (shown(&parts, len), len));
        if is_cut {
            let count = parts.iter().filter(|part| matches!(part, Part::Track { .. })).count();
            let these = if count == 1 { "one part" } else { &format!("{count} parts") };
            let lengths = track_len.map(|len| {
                let sound = parts.iter().filter(|part| matches!(part, Part::Track { .. }));
                let [sound, len] = [shown(sound, len), len].map(|len| self.seconds(len));
                format!(", {sound:.2} s of {len:.2} s")
            });
            let lengths = lengths.unwrap_or_default();
            let text =
                format!("the source shows {these} of its audio{lengths}; so does the result");
            self.note(WarningCode::Edited, text);
        }
        if parts.iter().all(|part| matches!(part, Part::Track { end: None, .. })) {
            return;
        }
        self.len = all.map(|(shown, _)| shown).or(self.len);
        self.skip = 0;
        self.edits = Some(Edits { parts, ..Edits::default() });
    }

    /// Whether all parts were shown.
    pub(super) fn has_shown_all(&self) -> bool {
        self.edits.as_ref().is_some_and(|edits| edits.parts.is_empty())
    }

    /// Whether a packet is so far before the next part that it need not be decoded.
    pub(super) fn is_passed_over(&self, packet: &Packet) -> bool {
        let Some(Edits { parts, reached: true, .. }) = &self.edits else { return false };
        let Some(Part::Track { start, .. }) = parts.front() else { return false };
        let lead = (LEAD_SECONDS * f64::from(self.format.sample_rate)) as i64;
        let end = self.position(packet).saturating_add_unsigned(self.samples(packet.dur));
        end.saturating_add(lead) < i64::try_from(*start).unwrap_or(i64::MAX)
    }

    /// Makes ready what is shown of a stretch of the track. The stretch begins at the sample `at`.
    pub(super) fn show(&mut self, stretch: &Stretch, at: u64) -> Result<()> {
        let end = at + stretch.len();
        while let Some(edits) = &mut self.edits
            && let Some(part) = edits.parts.front().copied()
        {
            edits.furthest = edits.furthest.max(end);
            let (start, stop) = match part {
                Part::Silence(len) => {
                    edits.parts.pop_front();
                    self.pause(len)?;
                    continue;
                }
                Part::Track { start, end } => (start, end.unwrap_or(u64::MAX)),
            };
            if !edits.reached && start < at {
                return self.go_back(start);
            }
            edits.reached = stop > end;
            if stop <= end {
                edits.parts.pop_front();
            }
            self.push(stretch.part(start.clamp(at, end) - at, stop.clamp(at, end) - at));
            if stop > end {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Continues with the next part when the track has ended.
    pub(super) fn end_track(&mut self) -> Result<()> {
        while let Some(edits) = &mut self.edits
            && let Some(part) = edits.parts.front().copied()
        {
            match part {
                Part::Track { start, .. } if !edits.reached && start < edits.furthest => {
                    return self.go_back(start);
                }
                Part::Track { .. } => {
                    edits.reached = false;
                    edits.parts.pop_front();
                }
                Part::Silence(len) => {
                    edits.parts.pop_front();
                    self.pause(len)?;
                }
            }
        }
        self.end()
    }

    /// Reads the track again from this sample, or from a position before it.
    fn go_back(&mut self, start: u64) -> Result<()> {
        self.allowance.renew(self.limits.decoder_memory);
        self.is_placed = false;
        let Some(edits) = &mut self.edits else { return Ok(()) };
        edits.reached = true;
        if self.made > edits.furthest.saturating_mul(MOST_REPEATS) {
            let reason = "its edits repeat its audio more than 4 times";
            return Err(Error::corrupt_audio(0, reason));
        }
        let seconds = start as f64 / f64::from(self.format.sample_rate) - LEAD_SECONDS;
        let ts = (seconds.max(0.0) / self.unit) as i64;
        if self.seek(ts) {
            return Ok(());
        }
        // Another track may end before that position.
        if let Some(edits) = &mut self.edits {
            edits.rewinds += 1;
            if edits.rewinds <= MOST_REWINDS && self.seek(0) {
                return Ok(());
            }
        }
        self.edits = Some(Edits::default());
        self.report_damage("its edits go back to what cannot be read again".into())
    }

    /// Moves to that time of the track. Returns whether that was possible.
    fn seek(&mut self, ts: i64) -> bool {
        let to = SeekTo::Timestamp { ts: Timestamp::new(ts), track_id: self.track };
        matches!(contain(|| self.demuxer.seek(SeekMode::Accurate, to)), Ok(Ok(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale =
        Scale { movie: 1000, track: 48_000, sample_rate: 48_000, len: Some(480_000), packet: 1024 };

    fn edit(duration: u64, start: u64) -> Edit {
        Edit { duration, start: Some(start) }
    }

    fn empty(duration: u64) -> Edit {
        Edit { duration, start: None }
    }

    fn track(start: u64, end: Option<u64>) -> Part {
        Part::Track { start, end }
    }

    #[test]
    fn parts_are_those_of_the_list_in_its_order() {
        let list = [edit(1000, 96_000), empty(500), edit(2000, 0), edit(2000, 0)];
        let parts = parts(&list, 0, SCALE);
        let two = track(0, Some(96_000));
        assert_eq!(parts, [track(96_000, Some(144_000)), Part::Silence(24_000), two, two]);
        assert_eq!(shown(&parts, 480_000), 48_000 + 24_000 + 2 * 96_000);
        assert_eq!(shown(&parts, 100_000), 4_000 + 24_000 + 2 * 96_000);
    }

    #[test]
    fn samples_of_the_last_packet_after_the_last_edit_are_kept() {
        for (duration, end) in [(10_000, None), (9_979, None), (9_978, Some(478_944)), (0, None)] {
            assert_eq!(parts(&[edit(duration, 0)], 0, SCALE), [track(0, end)]);
        }
        let unknown = Scale { len: None, ..SCALE };
        let list = [edit(1, 0), edit(1, 0)];
        assert_eq!(parts(&list, 0, unknown), [track(0, Some(48)), track(0, None)]);
    }

    #[test]
    fn parts_end_with_the_track_and_none_begins_behind_it() {
        let behind = edit(2000, 60 * 48_000);
        let list = [edit(20_000, 96_000), behind, edit(1000, 0)];
        assert_eq!(parts(&list, 0, SCALE), [track(96_000, Some(480_000)), track(0, Some(48_000))]);
        assert!(parts(&[behind], 0, SCALE).is_empty());
        let unknown = Scale { len: None, ..SCALE };
        assert_eq!(parts(&[behind], 0, unknown), [track(60 * 48_000, None)]);
    }

    #[test]
    fn a_start_that_all_tracks_have_is_left_out() {
        let list = [empty(700), empty(800), edit(10_000, 0)];
        assert_eq!(parts(&list, 500, SCALE)[0], Part::Silence(200 * 48));
        assert_eq!(parts(&list, 1500, SCALE), [track(0, None)]);
    }
}

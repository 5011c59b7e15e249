//! Fills gaps with silence: before the sound, between packets, and in place of packets that cannot
//! be decoded.

use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::MediaReader;
use crate::audio::{Container, Planes};
use crate::error::Result;
use crate::warning::WarningCode;

/// The minimum size of a gap between packets of MP4 and Matroska, in percent of a packet and in
/// seconds. Their times are rounded, and recorders note them when packets arrive.
const LEAST_PERCENT: i64 = 75;
const LEAST_SECONDS: f64 = 0.01;

/// In seconds. If the sound of a video falls behind its own times by more than this, it is visibly
/// out of sync. The causes are many small gaps or the slow clock of a recorder.
const MOST_BEHIND_SECONDS: f64 = 0.04;

/// If a track starts later than others by less than this, in seconds, it is not late.
pub(crate) const LEAST_LATE_SECONDS: f64 = 0.05;

/// Times above this, in seconds, are those of a clock and not of the recording, unless another
/// track shows when the recording began.
const MOST_LATE_SECONDS: f64 = 60.0;

/// A section of a track.
pub(super) enum Stretch {
    /// At least one channel.
    Samples(Planes),
    Silence(u64),
}

impl Stretch {
    /// Samples per channel.
    pub(super) fn len(&self) -> u64 {
        match self {
            Stretch::Samples(planes) => planes[0].len() as u64,
            Stretch::Silence(len) => *len,
        }
    }

    /// The samples between two positions, both inside the stretch.
    pub(super) fn part(&self, from: u64, to: u64) -> Stretch {
        match self {
            Stretch::Samples(planes) => {
                let range = from as usize..to.max(from) as usize;
                Stretch::Samples(planes.iter().map(|plane| plane[range.clone()].into()).collect())
            }
            Stretch::Silence(_) => Stretch::Silence(to.saturating_sub(from)),
        }
    }
}

/// The periods without sound that were found.
#[derive(Default)]
pub(super) struct Gaps {
    /// The start of the first one in seconds, its duration, and the duration of all.
    at: f64,
    first: f64,
    all: f64,
    places: u64,
    /// Seconds that were not filled with silence.
    left_out: f64,
}

impl Gaps {
    fn text(&self) -> String {
        let Gaps { at, first, all, places, left_out } = self;
        let mut text = format!(
            "the source has no sound from {at:.2} s on for {first:.2} s; the result is silent there"
        );
        if *places > 1 {
            text += &format!(" (the first of {places} places, {all:.2} s in all)");
        }
        if *left_out > 0.0 {
            text += &format!("; {left_out:.2} s of silence are left out");
        }
        text
    }
}

/// By how many seconds a track begins late: after the earliest of the other tracks, or after 0 if
/// there are none.
pub(super) fn lateness(start: f64, others: Option<f64>) -> f64 {
    match others {
        Some(others) => start - others.min(start),
        None if start > MOST_LATE_SECONDS => 0.0,
        None => start,
    }
}

impl MediaReader<'_> {
    /// Replaces a packet by silence, so that what follows keeps its time.
    pub(super) fn lose_packet(&mut self, packet: &Packet, reason: &str) -> Result<()> {
        let mut lost = self.samples(packet.dur);
        if lost == 0 {
            lost = self.usual as u64;
        }
        // No codec has packets longer than a second, but a broken file may declare them.
        self.lose(lost.min(self.format.sample_rate.into()), reason)
    }

    /// Adds silence where packets are missing.
    pub(super) fn fill_gap(&mut self, packet: &mut Packet) -> Result<()> {
        match self.format.container {
            Container::Flac | Container::Ogg | Container::Mp3 | Container::Adts => {
                self.fill_exact_gap(packet)
            }
            Container::Mp4 | Container::Matroska => self.fill_about(packet),
            _ => Ok(()),
        }
    }

    /// The same if times are in samples.
    fn fill_exact_gap(&mut self, packet: &mut Packet) -> Result<()> {
        let expected = self.next.unwrap_or(packet.pts.get());
        let mut begin = packet.pts.get();
        let is_denied = packet.dur == Duration::ZERO && packet.trim_end > Duration::ZERO;
        if begin > expected && is_denied && self.format.container == Container::Ogg {
            // The packet would end before it begins. So the position of the page before it is
            // wrong, and so is what looks like padding.
            begin = expected;
            packet.dur = std::mem::replace(&mut packet.trim_end, Duration::ZERO);
        }
        // A time before the expected one is wrong, since the audio up to the expected time was
        // already decoded.
        let end = end_of(packet).saturating_sub(packet.pts.get()).saturating_add(begin);
        self.next = Some(end.saturating_add(expected.saturating_sub(begin).max(0)));
        match u64::try_from(begin.saturating_sub(expected)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(lost) => self.lose(self.samples(Duration::new(lost)), "a part is missing"),
        }
    }

    /// Notes that this many samples per channel are missing, and makes as much silence ready as is
    /// allowed.
    fn lose(&mut self, missing: u64, reason: &str) -> Result<()> {
        let given = self.silence.spend(missing);
        let left_out = missing - given;
        self.left_out = self.left_out.saturating_add(left_out);
        self.report_damage(match left_out {
            0 => reason.into(),
            _ => {
                let [missing, given] = [missing, given].map(|samples| self.seconds(samples));
                format!("{reason}: {given:.2} s of silence stand for {missing:.2} s")
            }
        })?;
        self.give(Stretch::Silence(given))
    }

    /// The same if times are rounded.
    fn fill_about(&mut self, packet: &Packet) -> Result<()> {
        let begin = self.position(packet);
        let late = begin.saturating_sub(self.at);
        let least = (LEAST_SECONDS * f64::from(self.format.sample_rate)) as i64;
        let is_gap = late >= least.max(self.usual as i64 * LEAST_PERCENT / 100);
        if std::mem::replace(&mut self.is_placed, true) {
            if is_gap {
                let given = self.note_gap(late.unsigned_abs());
                self.give(Stretch::Silence(given))?;
            } else if late > 0 && self.has_video && self.edits.is_none() {
                self.fall_behind(late.unsigned_abs())?;
            }
            // A time before the expected one is wrong, since the audio up to the expected time was
            // already decoded.
            self.at = self.at.max(begin);
        } else {
            self.at = begin;
        }
        Ok(())
    }

    /// Notes that the sound falls behind by this many more samples, and catches up if that is too
    /// much.
    fn fall_behind(&mut self, late: u64) -> Result<()> {
        self.behind += late;
        let most = (MOST_BEHIND_SECONDS * f64::from(self.format.sample_rate)) as u64;
        if self.behind >= most.max(1) {
            let missing = std::mem::take(&mut self.behind);
            let (at, given) = (self.at, self.note_gap(missing));
            self.give(Stretch::Silence(given))?;
            self.at = at;
        }
        Ok(())
    }

    /// The position of a packet in the track, in samples.
    pub(super) fn position(&self, packet: &Packet) -> i64 {
        let pts = packet.pts.get();
        let behind = self.shifts.partition_point(|(from, _)| i128::from(*from) <= pts.into());
        let shift = behind.checked_sub(1).map_or(0, |n| self.shifts[n].1);
        let seconds = pts.saturating_add(shift) as f64 * self.unit;
        (seconds * f64::from(self.format.sample_rate)).round() as i64
    }

    /// Adds silence before sound that begins this many seconds late.
    pub(super) fn begin_late(&mut self, seconds: f64) -> Result<()> {
        if seconds < LEAST_LATE_SECONDS {
            return Ok(());
        }
        let samples = (seconds * f64::from(self.format.sample_rate)).round() as u64;
        self.len = self.len.map(|len| len.saturating_add(samples));
        self.pause(samples)
    }

    /// Makes as much silence ready as is allowed for a period without sound.
    pub(super) fn pause(&mut self, missing: u64) -> Result<()> {
        let given = self.note_gap(missing);
        self.push(Stretch::Silence(given));
        self.limits.check_duration(self.made, self.format.sample_rate)
    }

    /// Notes a period without sound. Returns how much of it may be filled with silence.
    fn note_gap(&mut self, missing: u64) -> u64 {
        let given = self.silence.spend(missing);
        let [at, missing, left_out] =
            [self.made, missing, missing - given].map(|samples| self.seconds(samples));
        let gaps = &mut self.gaps;
        if gaps.places == 0 {
            (gaps.at, gaps.first) = (at, missing);
        }
        gaps.places += 1;
        gaps.all += missing;
        gaps.left_out += left_out;
        let text = gaps.text();
        self.notes.retain(|note| note.code != WarningCode::SilenceAdded);
        self.note(WarningCode::SilenceAdded, text);
        given
    }

    /// Makes the next stretch of the track ready, as far as it is audible.
    pub(super) fn give(&mut self, stretch: Stretch) -> Result<()> {
        let (at, len) = (self.at, stretch.len());
        self.at = at.saturating_add_unsigned(len);
        if self.edits.is_some() {
            self.show(&stretch, u64::try_from(at).unwrap_or(0))?;
        } else {
            let skipped = self.skip.min(len);
            self.skip -= skipped;
            self.push(if skipped > 0 { stretch.part(skipped, len) } else { stretch });
        }
        self.limits.check_duration(self.made, self.format.sample_rate)
    }

    /// Makes samples ready.
    pub(super) fn push(&mut self, stretch: Stretch) {
        self.made += stretch.len();
        match stretch {
            Stretch::Samples(planes) => self.ready.push(planes),
            Stretch::Silence(len) => self.ready.push_silence(len),
        }
    }
}

/// The end of a packet, where the next one begins, in units of the track's time.
pub(super) fn end_of(packet: &Packet) -> i64 {
    let units = packet.dur.get().saturating_add(packet.trim_start.get());
    packet.pts.get().saturating_add_unsigned(units.saturating_add(packet.trim_end.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_late_after_other_tracks_or_after_the_beginning() {
        assert_eq!(lateness(2.0, None), 2.0);
        assert_eq!(lateness(3600.0, None), 0.0);
        assert_eq!(lateness(3602.0, Some(3600.0)), 2.0);
        assert_eq!(lateness(1.0, Some(3.0)), 0.0);
    }

    #[test]
    fn the_note_has_the_first_place_and_sums() {
        let mut gaps = Gaps { at: 1.5, first: 2.0, all: 2.0, places: 1, left_out: 0.0 };
        let one = "the source has no sound from 1.50 s on for 2.00 s; the result is silent there";
        assert_eq!(gaps.text(), one);
        (gaps.all, gaps.places, gaps.left_out) = (70.0, 3, 5.0);
        let more = " (the first of 3 places, 70.00 s in all); 5.00 s of silence are left out";
        assert_eq!(gaps.text(), format!("{one}{more}"));
    }
}

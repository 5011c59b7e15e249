//! Everything that is compressed, or wrapped by more than a header: demuxed and
//! mostly decoded by symphonia.

mod aac;
mod chunks;
mod codec;
mod facts;
mod footprint;
mod id3;
mod matroska;
mod mp4;
mod open;
mod opus;
mod order;
mod refusals;
mod source;
mod tags;
mod vorbis;

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::FormatReader;
use symphonia::core::packet::Packet;

use self::codec::{Block, Decoder};
use self::source::Allowance;
use super::{AudioReader, Damage};
use crate::audio::{Planes, append};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{AudioFormat, Container};
use crate::limits::Limits;
use crate::panics::contain;
use crate::tags::Tags;

pub(super) use open::{open, open_frames};

/// Seconds of silence that stand for what is missing, at most.
const LONGEST_GAP: usize = 60;

/// Reads the audio track of a container, packet by packet.
pub(super) struct MediaReader<'a> {
    demuxer: Box<dyn FormatReader + 'a>,
    decoder: Box<dyn Decoder>,
    track: u32,
    /// Seconds that a unit of the track's time takes.
    unit: f64,
    format: AudioFormat,
    tags: Tags,
    has_video: bool,
    /// Samples that the file states, and whether they are exact.
    len: Option<u64>,
    len_is_exact: bool,
    /// Samples at the beginning and at the end that are not to be heard; those at
    /// the beginning that are still to come.
    skip: u64,
    padding: usize,
    block: Block,
    /// What was decoded and not yet taken.
    ready: Planes,
    /// Samples that were decoded, but for those to be skipped.
    made: u64,
    /// When the next packet begins if none is missing, in units of the track's time.
    next: Option<i64>,
    ended: bool,
    /// What was wrong with the end of the file when it was opened.
    broken_end: Option<Error>,
    damage: Option<Damage>,
    strict: bool,
    allowance: Allowance,
    limits: Limits,
}

impl MediaReader<'_> {
    /// Takes back what was read first.
    fn unread(&mut self, mut start: Planes) {
        append(&mut start, &self.ready);
        self.ready = start;
    }

    /// Decodes the next packet, or finds the end.
    fn advance(&mut self) -> Result<()> {
        self.allowance.renew(self.limits.decoder_memory);
        match self.next_packet()? {
            Some(packet) if packet.track_id == self.track => self.decode(&packet),
            Some(_) => Ok(()),
            None => self.end(),
        }
    }

    /// The next packet of any track; none at the end, and behind what is so broken
    /// that no packet can be told from another.
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let outcome = contain(|| self.demuxer.next_packet());
        let reason = match outcome {
            Ok(Ok(packet)) => return Ok(packet),
            Ok(Err(SymphoniaError::IoError(error))) => {
                if self.allowance.is_spent() {
                    "a packet takes more memory than a decoder may have".into()
                } else if self.allowance.has_failed() {
                    return Err(Error::read(error));
                } else if error.kind() == std::io::ErrorKind::UnexpectedEof {
                    "the file ends early".into()
                } else {
                    error.to_string()
                }
            }
            Ok(Err(SymphoniaError::ResetRequired)) => {
                "another stream begins there; it is not read".into()
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic,
        };
        self.tell_damage(reason)?;
        Ok(None)
    }

    fn decode(&mut self, packet: &Packet) -> Result<()> {
        self.fill_gap(packet)?;
        let outcome = contain(|| self.decoder.decode(packet, &mut self.block));
        let reason = match outcome {
            Ok(Ok(())) => return self.take_block(),
            Ok(Err(reason)) | Err(reason) => reason,
        };
        self.tell_damage(reason)?;
        // Silence in its place, so that what follows keeps its time.
        let seconds = packet.dur.get() as f64 * self.unit;
        let mut lost = (seconds * f64::from(self.format.sample_rate)).round() as usize;
        if lost == 0 {
            lost = self.block.len();
        }
        // No codec has packets of more than a second, but a broken file may say so.
        self.take_silence(lost.min(self.format.sample_rate as usize))
    }

    /// Puts silence where packets are missing. Only FLAC and Ogg tell their time by
    /// the sample.
    fn fill_gap(&mut self, packet: &Packet) -> Result<()> {
        if !matches!(self.format.container, Container::Flac | Container::Ogg) {
            return Ok(());
        }
        let units = packet.dur.get() + packet.trim_start.get() + packet.trim_end.get();
        let begin = packet.pts.get();
        let expected = self.next.replace(begin.saturating_add_unsigned(units)).unwrap_or(begin);
        match usize::try_from(begin.saturating_sub(expected)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(lost) => {
                self.tell_damage("a part is missing".into())?;
                self.take_silence(lost)
            }
        }
    }

    /// Makes so many samples of silence ready.
    fn take_silence(&mut self, len: usize) -> Result<()> {
        // A broken file may tell any time.
        let len = len.min(LONGEST_GAP * self.format.sample_rate as usize);
        self.block.planes = vec![vec![0.0; len]; self.format.channels.into()];
        self.take_samples();
        self.limits.check_duration(self.made, self.format.sample_rate)
    }

    /// Takes what was decoded, if it is like what came before.
    fn take_block(&mut self) -> Result<()> {
        let (rate, channels) = (self.block.sample_rate, self.block.planes.len());
        if self.block.len() == 0 {
            return Ok(());
        }
        if rate != self.format.sample_rate || channels != usize::from(self.format.channels) {
            self.ended = true;
            let reason = format!("it goes on with {channels} channels at {rate} Hz; not read");
            return self.tell_damage(reason);
        }
        self.take_samples();
        self.limits.check_duration(self.made, rate)
    }

    /// Makes the block's samples ready, without those to be skipped.
    fn take_samples(&mut self) {
        let skipped = self.skip.min(self.block.len() as u64);
        self.skip -= skipped;
        self.block.trim(skipped, 0);
        self.made += self.block.len() as u64;
        append(&mut self.ready, &self.block.planes);
    }

    /// There are no more packets.
    fn end(&mut self) -> Result<()> {
        self.ended = true;
        let there = self.ready[0].len().saturating_sub(self.padding);
        self.made -= (self.ready[0].len() - there) as u64;
        self.ready.iter_mut().for_each(|plane| plane.truncate(there));
        if self.damage.is_some() {
            return Ok(());
        }
        match (self.len, self.broken_end.take()) {
            (Some(len), _) if self.len_is_exact && self.made < len => {
                let made = self.made;
                self.tell_damage(format!("the file ends early: of {len} samples {made} are there"))
            }
            (_, Some(error)) => self.tell_damage(match error.kind() {
                ErrorKind::CorruptAudio { reason, .. } => reason.clone(),
                _ => error.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Notes that something is broken where reading is now.
    ///
    /// # Errors
    /// `CorruptAudio` if that is not to be gone past.
    fn tell_damage(&mut self, reason: String) -> Result<()> {
        let at_seconds = self.made as f64 / f64::from(self.format.sample_rate);
        if self.strict {
            return Err(Error::damaged_at(at_seconds, reason));
        }
        Damage::note(&mut self.damage, at_seconds, reason);
        Ok(())
    }
}

impl AudioReader for MediaReader<'_> {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        self.len
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn has_video(&self) -> bool {
        self.has_video
    }

    fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        assert_eq!(planes.len(), usize::from(self.format.channels), "one plane a channel");
        // The last ones may be padding, until the end shows that they are not.
        while !self.ended && self.ready[0].len() < max.saturating_add(self.padding) {
            self.advance()?;
        }
        let held = if self.ended { 0 } else { self.padding };
        let len = max.min(self.ready[0].len() - held);
        for (to, ready) in planes.iter_mut().zip(&mut self.ready) {
            to.extend(ready.drain(..len));
        }
        Ok(len)
    }
}

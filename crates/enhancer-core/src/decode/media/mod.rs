//! Everything that is compressed, or wrapped by more than a header: demuxed and
//! mostly decoded by symphonia.

mod aac;
mod ape;
mod chunks;
mod codec;
mod facts;
mod flac;
mod footprint;
mod id3;
mod matroska;
mod mp4;
mod ogg;
mod open;
mod opus;
mod order;
mod ready;
mod refusals;
mod silence;
mod source;
mod tags;
mod vorbis;

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::FormatReader;
use symphonia::core::packet::Packet;

use self::codec::{Block, Decoder};
use self::ready::Ready;
use self::silence::Silence;
use self::source::Allowance;
use super::{AudioReader, Damage};
use crate::audio::Planes;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{AudioFormat, Container};
use crate::limits::Limits;
use crate::panics::contain;
use crate::tags::Tags;

pub(super) use open::{open, open_frames};

/// Bytes that are read for a packet of Ogg, at most: pages have up to 64 KiB.
const MOST_OGG_BYTES: u64 = 4 << 20;

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
    padding: u64,
    block: Block,
    /// Samples of each channel in the latest packet that could be decoded.
    usual: usize,
    /// What was decoded and not yet taken.
    ready: Ready,
    silence: Silence,
    /// Samples of each channel that are missing and that no silence stands for.
    left_out: u64,
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
    cancel: CancelToken,
}

impl MediaReader<'_> {
    /// Takes back what was read first.
    fn unread(&mut self, start: Planes) {
        self.ready.unread(start);
    }

    /// Decodes the next packet, or finds the end.
    fn advance(&mut self) -> Result<()> {
        self.check_cancelled()?;
        self.allowance.renew(self.packet_memory());
        match self.next_packet()? {
            Some(packet) if packet.track_id == self.track => self.decode(&packet),
            Some(_) => Ok(()),
            None => self.end(),
        }
    }

    /// Bytes that may be read for a packet. In Ogg another stream may follow, with comments
    /// that take many times their bytes in memory.
    fn packet_memory(&self) -> u64 {
        match self.format.container {
            Container::Ogg => self.limits.decoder_memory.min(MOST_OGG_BYTES),
            _ => self.limits.decoder_memory,
        }
    }

    /// The next packet of any track; none at the end, and behind what is so broken
    /// that packets cannot be distinguished.
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let outcome = contain(|| self.demuxer.next_packet());
        let reason = match outcome {
            Ok(Ok(packet)) => return Ok(packet),
            Ok(Err(SymphoniaError::IoError(error))) => {
                if self.allowance.is_spent() {
                    "a packet needs more memory than the limit for a decoder".into()
                } else if self.allowance.has_failed() {
                    return Err(Error::read(error));
                } else if error.kind() == std::io::ErrorKind::UnexpectedEof {
                    "the file ends early".into()
                } else {
                    error.to_string()
                }
            }
            Ok(Err(SymphoniaError::ResetRequired)) => {
                "another stream begins here and is ignored".into()
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic,
        };
        self.check_cancelled()?;
        self.tell_damage(reason)?;
        Ok(None)
    }

    fn check_cancelled(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(ErrorKind::ReadCancelled.into());
        }
        Ok(())
    }

    fn decode(&mut self, packet: &Packet) -> Result<()> {
        self.fill_gap(packet)?;
        let outcome = contain(|| self.decoder.decode(packet, &mut self.block));
        let reason = match outcome {
            Ok(Ok(())) => return self.take_block(),
            Ok(Err(reason)) | Err(reason) => reason,
        };
        // Silence in its place, so that what follows keeps its time.
        let seconds = packet.dur.get() as f64 * self.unit;
        let mut lost = (seconds * f64::from(self.format.sample_rate)).round() as u64;
        if lost == 0 {
            lost = self.usual as u64;
        }
        // No codec has packets of more than a second, but a broken file may say so.
        self.lose(lost.min(self.format.sample_rate.into()), &reason)
    }

    /// Puts silence where packets are missing. Only FLAC and Ogg tell their time by
    /// the sample.
    fn fill_gap(&mut self, packet: &Packet) -> Result<()> {
        if !matches!(self.format.container, Container::Flac | Container::Ogg) {
            return Ok(());
        }
        let begin = packet.pts.get();
        let expected = self.next.replace(end_of(packet)).unwrap_or(begin);
        match u64::try_from(begin.saturating_sub(expected)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(lost) => self.lose(lost, "a part is missing"),
        }
    }

    /// Notes that so many samples of each channel are missing, and makes as many of
    /// silence ready as may stand for them.
    fn lose(&mut self, missing: u64, reason: &str) -> Result<()> {
        let given = self.silence.spend(missing);
        let left_out = missing - given;
        self.left_out = self.left_out.saturating_add(left_out);
        self.tell_damage(match left_out {
            0 => reason.into(),
            _ => {
                let [missing, given] = [missing, given].map(|samples| self.seconds(samples));
                format!("{reason}: {given:.2} s of silence stand for {missing:.2} s")
            }
        })?;
        let skipped = self.skip.min(given);
        self.skip -= skipped;
        self.made += given - skipped;
        self.ready.push_silence(given - skipped);
        self.limits.check_duration(self.made, self.format.sample_rate)
    }

    fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.format.sample_rate)
    }

    /// Takes what was decoded, if it is like what came before.
    fn take_block(&mut self) -> Result<()> {
        let (rate, channels) = (self.block.sample_rate, self.block.planes.len());
        if self.block.len() == 0 {
            return Ok(());
        }
        if rate != self.format.sample_rate || channels != usize::from(self.format.channels) {
            self.ended = true;
            let reason = format!("the rest has {channels} channels at {rate} Hz and is ignored");
            return self.tell_damage(reason);
        }
        self.take_samples()
    }

    /// Makes the block's samples ready, without those to be skipped.
    fn take_samples(&mut self) -> Result<()> {
        self.usual = self.block.len();
        self.silence.note_decoded(self.usual as u64);
        let skipped = self.skip.min(self.usual as u64);
        self.skip -= skipped;
        self.block.trim(skipped, 0);
        self.made += self.block.len() as u64;
        self.ready.push(std::mem::take(&mut self.block.planes));
        self.check_memory()?;
        self.limits.check_duration(self.made, self.format.sample_rate)
    }

    /// Checks what is held of decoded samples: one packet, and what may be padding.
    fn check_memory(&self) -> Result<()> {
        let samples = self.ready.in_memory() as u64 * u64::from(self.format.channels);
        if samples.saturating_mul(size_of::<f32>() as u64) > self.limits.decoder_memory {
            return Err(self.limits.memory_exceeded());
        }
        Ok(())
    }

    /// There are no more packets.
    fn end(&mut self) -> Result<()> {
        self.ended = true;
        self.made -= self.ready.drop_end(self.padding);
        let left_out = self.seconds(self.left_out);
        if let Some(damage) = &mut self.damage {
            if self.left_out > 0 {
                let all = format!("; in all {left_out:.2} s are missing without silence for them");
                damage.reason.push_str(&all);
            }
            return Ok(());
        }
        match (self.len, self.broken_end.take()) {
            (Some(len), _) if self.len_is_exact && self.made < len => {
                let made = self.made;
                self.tell_damage(format!("the file ends early: it has {made} of {len} samples"))
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
        let at_seconds = self.seconds(self.made);
        if self.strict {
            return Err(Error::damaged_at(at_seconds, reason));
        }
        Damage::note(&mut self.damage, at_seconds, reason);
        Ok(())
    }
}

/// When the packet behind this one begins, in units of the track's time.
fn end_of(packet: &Packet) -> i64 {
    let units = packet.dur.get().saturating_add(packet.trim_start.get());
    packet.pts.get().saturating_add_unsigned(units.saturating_add(packet.trim_end.get()))
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
        let mut done = 0;
        loop {
            // The last ones may be padding, until the end shows that they are not.
            let held = if self.ended { 0 } else { self.padding };
            done += self.ready.take(planes, max - done, held);
            if done == max || self.ended {
                return Ok(done);
            }
            self.advance()?;
        }
    }
}

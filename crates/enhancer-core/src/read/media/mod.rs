//! Reads everything that is compressed or in a container more complex than a header. symphonia
//! demuxes it, and decodes most of it.

mod aac;
mod adapt;
mod ape;
mod choose;
mod chunks;
mod codec;
mod edits;
mod encoded;
mod facts;
mod flac;
mod follow;
mod footprint;
mod fragments;
mod frames;
mod gaps;
pub(super) mod id3;
mod matroska;
mod mp4;
mod mpeg;
mod ogg;
mod open;
mod opus;
mod plain;
mod ready;
mod refusals;
mod silence;
mod source;
mod tags;
mod tracks;
mod vorbis;

use std::io;

use enhancer_networks::panics::contain;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::FormatReader;
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use self::codec::Decoder;
use self::edits::Edits;
use self::gaps::{Gaps, Stretch};
use self::silence::Silence;
use self::source::Allowance;
use super::{AudioReader, Damage};
use crate::audio::{AudioFormat, Container, Planes, check_planes};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::read::AudioTrack;
use crate::tags::Tags;
use crate::warning::{Warning, WarningCode};

pub(super) use adapt::Adapter;
pub(super) use codec::Block;
pub(super) use facts::behind_tags;
pub(super) use flac::frames_at as flac_frames_at;
pub(crate) use gaps::LEAST_LATE_SECONDS;
pub(super) use matroska::end_of_segment;
pub(crate) use mp4::{read_header as read_box_header, stored as stored_in_mp4};
pub(super) use open::{open, open_frames};
pub(crate) use plain::stored_in_wav;
pub(super) use ready::Ready;

/// The maximum number of bytes that are read for a packet of Ogg. Pages have up to 64 KiB.
const MOST_OGG_BYTES: u64 = 4 << 20;

/// The maximum number of consecutive streams in an Ogg file: a day of songs.
const MOST_STREAMS: u32 = 1000;

/// Reads the audio track of a container, packet by packet.
pub(super) struct MediaReader<'a> {
    demuxer: Box<dyn FormatReader + 'a>,
    decoder: Box<dyn Decoder>,
    track: u32,
    /// The number of that track, and how many there are.
    number: AudioTrack,
    /// The duration of a unit of the track's time in seconds.
    unit: f64,
    format: AudioFormat,
    tags: Tags,
    has_video: bool,
    /// The stated number of samples, and whether it is exact.
    len: Option<u64>,
    len_is_exact: bool,
    /// Inaudible samples at the beginning that are still to come, and those at the end.
    skip: u64,
    padding: u64,
    /// Decoded samples at the end that are padding if nothing follows, and the maximum number of
    /// such samples. If there are more, the file counts its samples wrongly.
    tail: u64,
    longest_tail: u64,
    /// Whether the positions in the file must be wrong.
    miscounts: bool,
    /// Converts streams whose format differs from that of the first.
    adapter: Option<Adapter>,
    /// The number of streams after the first.
    more_streams: u32,
    block: Block,
    /// Samples per channel in the latest packet that was decoded.
    usual: usize,
    /// Decoded samples that were not taken yet.
    ready: Ready,
    silence: Silence,
    /// Missing samples per channel that were not replaced by silence.
    left_out: u64,
    /// Decoded samples, without the skipped ones.
    made: u64,
    /// The expected start of the next packet, in units of the track's time.
    next: Option<i64>,
    /// The position in the track of the next sample, in samples, and whether it is known.
    at: i64,
    /// By how many samples the output is too early because of small gaps.
    behind: u64,
    /// The time of the first output sample in seconds.
    begins_at: f64,
    is_placed: bool,
    /// By how much packets are later than they state, and from which time on.
    shifts: Vec<(u64, i64)>,
    /// The visible parts of the track, if not all of it is visible.
    edits: Option<Edits>,
    gaps: Gaps,
    notes: Vec<Warning>,
    ended: bool,
    /// Checks whether the file ends at the end of a packet, for containers that show that.
    whole_end: Option<WholeEnd<'a>>,
    /// The fault at the end of the file that was found when it was opened.
    broken_end: Option<Error>,
    damage: Option<Damage>,
    strict: bool,
    allowance: Allowance,
    limits: Limits,
    cancel: CancelToken,
}

/// Examines the end of a source.
type WholeEnd<'a> = Box<dyn FnOnce() -> io::Result<bool> + Send + 'a>;

impl MediaReader<'_> {
    /// Takes back the samples that were read first.
    fn unread(&mut self, start: Planes) {
        self.ready.unread(start);
    }

    /// Decodes the next packet, or notes the end.
    fn advance(&mut self) -> Result<()> {
        self.check_cancelled()?;
        if self.has_shown_all() {
            return self.end();
        }
        self.allowance.renew(self.packet_memory());
        match self.next_packet()? {
            Some(packet) if packet.track_id == self.track => self.decode(packet),
            Some(_) => Ok(()),
            None => self.end_track(),
        }
    }

    /// The maximum number of bytes that may be read for a packet. In Ogg another stream may follow.
    /// Its comments take many times their size in memory.
    fn packet_memory(&self) -> u64 {
        match self.format.container {
            Container::Ogg => self.limits.decoder_memory.min(MOST_OGG_BYTES),
            _ => self.limits.decoder_memory,
        }
    }

    /// The next packet of any track; `None` at the end, and after damage that makes packets
    /// indistinguishable.
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let outcome = loop {
            match contain(|| self.demuxer.next_packet()) {
                Ok(Err(SymphoniaError::ResetRequired)) if self.follow_stream()? => {}
                outcome => break outcome,
            }
        };
        let reason = match outcome {
            Ok(Ok(packet)) => return Ok(packet),
            Ok(Err(SymphoniaError::IoError(error))) => {
                if self.allowance.is_spent() {
                    "a packet needs more memory than the limit for a decoder".into()
                } else if self.allowance.has_failed() {
                    return Err(Error::read(error));
                } else if error.kind() == io::ErrorKind::UnexpectedEof {
                    if self.ends_whole()? {
                        return Ok(None);
                    }
                    "the file ends early".into()
                } else {
                    error.to_string()
                }
            }
            Ok(Err(SymphoniaError::ResetRequired)) => {
                "another stream begins here that cannot be read".into()
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic,
        };
        self.check_cancelled()?;
        self.report_damage(reason)?;
        Ok(None)
    }

    /// Whether the file ends at the end of a packet, although nothing in it marks the end. That is
    /// normal for recorded or streamed files.
    fn ends_whole(&mut self) -> Result<bool> {
        self.allowance.renew(u64::MAX);
        self.whole_end.take().map_or(Ok(false), |ends| ends().map_err(Error::read))
    }

    fn check_cancelled(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(ErrorKind::ReadCancelled.into());
        }
        Ok(())
    }

    fn decode(&mut self, mut packet: Packet) -> Result<()> {
        if self.is_passed_over(&packet) {
            self.is_placed = false;
            return Ok(());
        }
        self.fill_gap(&mut packet)?;
        // It is padding only if no packet follows.
        let padding = self.samples(std::mem::replace(&mut packet.trim_end, Duration::ZERO));
        let outcome = contain(|| self.decoder.decode(&packet, &mut self.block));
        let reason = match outcome {
            Ok(Ok(())) => return self.take_block(padding),
            Ok(Err(reason)) | Err(reason) => reason,
        };
        self.lose_packet(&packet, &reason)
    }

    /// The number of samples per channel for this duration in the track's time.
    fn samples(&self, time: Duration) -> u64 {
        (time.get() as f64 * self.unit * f64::from(self.format.sample_rate)).round() as u64
    }

    fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.format.sample_rate)
    }

    /// Takes the decoded block, converted to the format of the first stream. `padding` samples at
    /// its end are inaudible if nothing follows.
    fn take_block(&mut self, padding: u64) -> Result<()> {
        if self.block.len() == 0 {
            self.is_placed = false;
            return Ok(());
        }
        self.adapt()?;
        self.note_tail(padding.min(self.block.len() as u64));
        self.take_samples()
    }

    /// Notes that this many samples at the end of the block may be padding. If the whole block is
    /// padding, it adds to the padding before it.
    fn note_tail(&mut self, padding: u64) {
        let goes_on = padding > 0 && padding == self.block.len() as u64;
        // Sound after padding shows that it was not padding.
        let is_wrong = self.tail > 0 && !goes_on;
        self.tail = if goes_on { self.tail + padding } else { padding };
        if is_wrong || self.tail > self.longest_tail {
            self.miscounts |= self.longest_tail > 0;
            (self.tail, self.longest_tail) = (0, 0);
        }
    }

    /// Makes the block's samples ready, without the skipped ones.
    fn take_samples(&mut self) -> Result<()> {
        self.usual = self.block.len();
        self.silence.note_decoded(self.usual as u64);
        let samples = Stretch::Samples(std::mem::take(&mut self.block.planes));
        self.give(samples)?;
        self.check_memory()
    }

    /// Checks the memory of decoded samples: one packet, and what may be padding.
    fn check_memory(&self) -> Result<()> {
        let samples = self.ready.in_memory() as u64 * u64::from(self.format.channels);
        if samples.saturating_mul(size_of::<f32>() as u64) > self.limits.decoder_memory {
            return Err(self.limits.memory_exceeded());
        }
        Ok(())
    }

    /// Handles the end of the packets.
    fn end(&mut self) -> Result<()> {
        self.end_stream()?;
        self.ended = true;
        self.made -= self.ready.drop_end(self.padding);
        self.compare_len();
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
                self.report_damage(format!("the file ends early: it has {made} of {len} samples"))
            }
            (_, Some(error)) => self.report_damage(match error.kind() {
                ErrorKind::CorruptAudio { reason, .. } => reason.clone(),
                _ => error.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Adds a note if there is more audio than the file declares.
    fn compare_len(&mut self) {
        let surplus = self.len.and_then(|len| self.made.checked_sub(len)).unwrap_or(0);
        // Up to a packet more is usual if padding is not declared.
        let is_stated = self.len_is_exact || self.miscounts;
        if !is_stated || self.more_streams > 0 || surplus <= self.usual as u64 {
            return;
        }
        let [declared, there] = [self.made - surplus, self.made].map(|len| self.seconds(len));
        self.notes.push(Warning::longer(declared, there));
    }

    fn note(&mut self, code: WarningCode, text: String) {
        self.notes.push(Warning { code, text });
    }

    /// Notes that something is broken at the current position.
    ///
    /// # Errors
    /// `CorruptAudio` if damage is an error.
    fn report_damage(&mut self, reason: String) -> Result<()> {
        let at_seconds = self.seconds(self.made);
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

    fn track(&self) -> AudioTrack {
        self.number
    }

    fn track_id(&self) -> Option<u32> {
        Some(self.track)
    }

    fn begins_at(&self) -> f64 {
        self.begins_at
    }

    fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    fn notes(&self) -> &[Warning] {
        &self.notes
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        check_planes(planes.len(), self.format.channels)?;
        let mut done = 0;
        loop {
            // The last samples may be padding, until the end shows that they are not.
            let held = if self.ended { 0 } else { self.padding + self.tail };
            done += self.ready.take(planes, max - done, held);
            if done == max || self.ended {
                return Ok(done);
            }
            self.advance()?;
        }
    }
}

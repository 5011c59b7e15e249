//! Everything that is compressed, or wrapped by more than a header: demuxed and
//! mostly decoded by symphonia.

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

/// Bytes that are read for a packet of Ogg, at most: pages have up to 64 KiB.
const MOST_OGG_BYTES: u64 = 4 << 20;

/// Streams that follow one another in a file of Ogg, at most: a day of songs.
const MOST_STREAMS: u32 = 1000;

/// Reads the audio track of a container, packet by packet.
pub(super) struct MediaReader<'a> {
    demuxer: Box<dyn FormatReader + 'a>,
    decoder: Box<dyn Decoder>,
    track: u32,
    /// Which of the audio tracks that is.
    number: AudioTrack,
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
    /// Samples at the end of what was decoded that are padding if nothing follows, and how
    /// many there may be: more show that the file counts its samples wrongly.
    tail: u64,
    longest_tail: u64,
    /// Whether the positions that the file states cannot be right.
    miscounts: bool,
    /// Converts streams that do not have the format of the first.
    adapter: Option<Adapter>,
    /// Streams that followed the first.
    more_streams: u32,
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
    /// Where in the track the next sample is, in samples, and whether that is known.
    at: i64,
    /// By how many samples small gaps have made what was given earlier than it should be.
    behind: u64,
    /// When the first sample that is given is to be heard, in seconds.
    begins_at: f64,
    is_placed: bool,
    /// By how much packets are later than they say, from which time on.
    shifts: Vec<(u64, i64)>,
    /// What is shown of the track, if that is not all of it.
    edits: Option<Edits>,
    gaps: Gaps,
    notes: Vec<Warning>,
    ended: bool,
    /// Looks whether the file ends behind a whole packet; of containers that tell.
    whole_end: Option<WholeEnd<'a>>,
    /// What was wrong with the end of the file when it was opened.
    broken_end: Option<Error>,
    damage: Option<Damage>,
    strict: bool,
    allowance: Allowance,
    limits: Limits,
    cancel: CancelToken,
}

/// Looks at the end of a source.
type WholeEnd<'a> = Box<dyn FnOnce() -> io::Result<bool> + Send + 'a>;

impl MediaReader<'_> {
    /// Takes back what was read first.
    fn unread(&mut self, start: Planes) {
        self.ready.unread(start);
    }

    /// Decodes the next packet, or finds the end.
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
        self.tell_damage(reason)?;
        Ok(None)
    }

    /// Whether the file ends behind a whole packet, though nothing in it says that it ends:
    /// as it is with what was recorded or sent as a stream.
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
        // Whether it is the end shows when no packet follows.
        let padding = self.samples(std::mem::replace(&mut packet.trim_end, Duration::ZERO));
        let outcome = contain(|| self.decoder.decode(&packet, &mut self.block));
        let reason = match outcome {
            Ok(Ok(())) => return self.take_block(padding),
            Ok(Err(reason)) | Err(reason) => reason,
        };
        self.lose_packet(&packet, &reason)
    }

    /// Samples of each channel that take that time of the track.
    fn samples(&self, time: Duration) -> u64 {
        (time.get() as f64 * self.unit * f64::from(self.format.sample_rate)).round() as u64
    }

    fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.format.sample_rate)
    }

    /// Takes what was decoded, in the format of what came before. `padding` samples at its
    /// end are not to be heard if nothing follows.
    fn take_block(&mut self, padding: u64) -> Result<()> {
        if self.block.len() == 0 {
            self.is_placed = false;
            return Ok(());
        }
        self.adapt()?;
        self.note_tail(padding.min(self.block.len() as u64));
        self.take_samples()
    }

    /// Notes that so many samples at the end of the block may be padding, and those before
    /// them if it is nothing else.
    fn note_tail(&mut self, padding: u64) {
        let goes_on = padding > 0 && padding == self.block.len() as u64;
        // Sound behind padding shows that it was none.
        let is_wrong = self.tail > 0 && !goes_on;
        self.tail = if goes_on { self.tail + padding } else { padding };
        if is_wrong || self.tail > self.longest_tail {
            self.miscounts |= self.longest_tail > 0;
            (self.tail, self.longest_tail) = (0, 0);
        }
    }

    /// Makes the block's samples ready, without those to be skipped.
    fn take_samples(&mut self) -> Result<()> {
        self.usual = self.block.len();
        self.silence.note_decoded(self.usual as u64);
        let samples = Stretch::Samples(std::mem::take(&mut self.block.planes));
        self.give(samples)?;
        self.check_memory()
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
                self.tell_damage(format!("the file ends early: it has {made} of {len} samples"))
            }
            (_, Some(error)) => self.tell_damage(match error.kind() {
                ErrorKind::CorruptAudio { reason, .. } => reason.clone(),
                _ => error.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Says so if there is more than the file declares.
    fn compare_len(&mut self) {
        let surplus = self.len.and_then(|len| self.made.checked_sub(len)).unwrap_or(0);
        // Up to a packet more is usual where padding is not declared.
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
            // The last ones may be padding, until the end shows that they are not.
            let held = if self.ended { 0 } else { self.padding + self.tail };
            done += self.ready.take(planes, max - done, held);
            if done == max || self.ended {
                return Ok(done);
            }
            self.advance()?;
        }
    }
}

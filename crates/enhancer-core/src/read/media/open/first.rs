//! Decodes the first packet of a track that can be decoded.

use enhancer_networks::panics::contain;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::Opening;
use crate::audio::Container;
use crate::error::{Error, Result};
use crate::read::media::codec::{Block, Decoder};
use crate::read::media::gaps::end_of;
use crate::read::{Damage, convertible};

/// The maximum number of packets that are tried.
const MOST_TRIES: u64 = 100;

/// The result of the first packet that could be decoded.
pub(super) struct First {
    pub(super) block: Block,
    /// The start of the packet, and of the next one, in units of the track's time.
    pub(super) begin: i64,
    pub(super) end: i64,
    /// The start of the earliest preceding packet of other tracks, in seconds.
    pub(super) others: Option<f64>,
    /// The duration at its end that is inaudible if nothing follows.
    pub(super) padding: Duration,
    /// The damage in the packets before it.
    pub(super) damage: Option<Damage>,
}

impl Opening<'_> {
    /// Decodes the first packet of the track that can be decoded. Only that shows the actual rate
    /// and channels.
    pub(super) fn first_block(
        &self,
        demuxer: &mut dyn FormatReader,
        decoder: &mut dyn Decoder,
        (track, parameters): (&Track, &AudioCodecParameters),
    ) -> Result<First> {
        let mut block = Block::default();
        let mut damage = None;
        if let Some(kind) = self.facts.unusual_frames {
            let reason = format!("it begins with {kind}, which is left out");
            self.note_damage(&mut damage, reason)?;
        }
        let mut others: Option<f64> = None;
        let mut tries = 0;
        while tries < MOST_TRIES {
            self.allowance.renew(self.options.limits.decoder_memory);
            let packet = contain(|| demuxer.next_packet())
                .map_err(|panic| Error::corrupt_audio(0, panic))?
                .map_err(|error| self.failed(error))?;
            let Some(mut packet) = packet else { break };
            if packet.track_id != track.id {
                let start = start_of(demuxer, &packet);
                others = others.into_iter().chain(start).min_by(f64::total_cmp);
                continue;
            }
            tries += 1;
            let (begin, end) = (packet.pts.get(), end_of(&packet));
            let padding = std::mem::replace(&mut packet.trim_end, Duration::ZERO);
            let reason = match contain(|| decoder.decode(&packet, &mut block)) {
                Ok(Ok(())) if block.len() == 0 => continue,
                Ok(Ok(())) => {
                    return Ok(First { block, begin, end, others, padding, damage });
                }
                Ok(Err(reason)) | Err(reason) => reason,
            };
            if self.options.strict {
                return Err(Error::damaged_at(0.0, reason));
            }
            Damage::note(&mut damage, 0.0, reason);
        }
        if let Some(kind) = self.facts.unusual_frames {
            return Err(convertible(format!("this is {kind}")));
        }
        if tries == 0
            && damage.is_none()
            && let Some(block) = self.empty(track, parameters)
        {
            let (begin, end, padding) = (0, 0, Duration::ZERO);
            return Ok(First { block, begin, end, others, padding, damage });
        }
        let reason = match damage {
            Some(damage) => format!("none of its first packets can be decoded: {}", damage.reason),
            None => "it contains no samples".into(),
        };
        Err(Error::corrupt_audio(0, format!("this is {}, and {reason}", self.container.name())))
    }

    /// The block of a track that states that it has no samples, which is what some encoders write
    /// for empty input. The header of FLAC can only state that the number is unknown.
    fn empty(&self, track: &Track, parameters: &AudioCodecParameters) -> Option<Block> {
        let stated = track.num_frames.or(track.duration.map(Duration::get)).unwrap_or(0);
        let is_empty = match self.container {
            Container::Flac => true,
            Container::Mp4 => !self.facts.has_fragments,
            _ => false,
        };
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        let sample_rate = parameters.sample_rate.unwrap_or(0);
        (is_empty && stated == 0 && channels > 0 && sample_rate > 0).then(|| Block {
            planes: vec![Vec::new(); channels],
            sample_rate,
            channel_mask: 0,
        })
    }

    /// Notes damage at the start.
    ///
    /// # Errors
    /// `CorruptAudio` if damage is an error.
    fn note_damage(&self, damage: &mut Option<Damage>, reason: String) -> Result<()> {
        if self.options.strict {
            return Err(Error::damaged_at(0.0, reason));
        }
        Damage::note(damage, 0.0, reason);
        Ok(())
    }
}

/// The start of a packet of any track, in seconds.
fn start_of(demuxer: &dyn FormatReader, packet: &Packet) -> Option<f64> {
    let track = demuxer.tracks().iter().find(|track| track.id == packet.track_id)?;
    let base = track.time_base?;
    let unit = f64::from(base.numer.get()) / f64::from(base.denom.get());
    Some(packet.pts.get() as f64 * unit)
}

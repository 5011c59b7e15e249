//! Opus in Ogg (RFC 7845), encoded by the crate opus-pure.

mod packets;

pub(crate) use packets::{PACKET, Packets};

use std::io::Write;
use std::ops::RangeInclusive;

use opus_pure::{Application, OggOpusWriter, OpusMSEncoder, RateControl};

use super::rate::lowest_that_holds;
use super::{AudioWriter, speakers, unwritable};
use crate::audio::{AudioFormat, SampleFormat, channel_order};
use crate::error::{Error, Result};
use crate::tags::{Tags, opus};

/// The maximum number of channels in the layouts of Vorbis.
const MAX_CHANNELS: u16 = 8;

/// The sample rates that the encoder accepts, in Hz. At a low one it does not waste bits on an
/// empty band.
const SAMPLE_RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, POSITION_RATE];

/// The rate of all positions in the file, and of decoders, in Hz.
pub(crate) const POSITION_RATE: u32 = 48_000;

/// Packets per second: the usual 20 ms each.
const PACKETS: u32 = 50;

/// The speaker for low frequencies, which gets the last stream, and the share of another channel's
/// bit rate that it gets, as in libopus.
const LOW_FREQUENCIES: u32 = 0x8;
const LOW_SHARE: f64 = 0.125;

/// The effort of the encoder, out of 10. From 7 on it distinguishes speech from music, which takes
/// a quarter of its time. Below 64 kbit/s it then chooses modes that take four times as long and
/// have lower scores (PESQ-WB).
const COMPLEXITY: i32 = 6;

/// Up to this sample rate, in Hz, sources have at most twice a telephone's band.
const NARROW_RATE: u32 = 16_000;

/// The range of bit rates per channel, in kbit/s (RFC 6716, section 2.1.1; the highest is half of
/// what fits into a packet of two channels).
const LEAST_BITRATE: u32 = 6;
const MOST_BITRATE: u32 = 256;

/// Writes packet by packet. It never changes what is written.
pub(super) struct OpusWriter<W: Write> {
    packets: Packets,
    /// `None` when the file is complete.
    ogg: Option<OggOpusWriter<W>>,
}

impl<W: Write> OpusWriter<W> {
    pub(super) fn create(sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let packets = Packets::new(&format)?;
        let comments = opus::comments(tags, &format);
        let ogg = OggOpusWriter::with_tags(sink, packets.head().clone(), comments);
        Ok(OpusWriter { packets, ogg: Some(ogg.map_err(failed)?) })
    }
}

impl<W: Write + Send> AudioWriter for OpusWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let ogg = &mut self.ogg;
        self.packets.push(planes, |packet| match ogg {
            Some(ogg) => ogg.write_packet_with_duration(packet, PACKET).map_err(failed),
            None => Err(unwritable("the Opus file is already complete")),
        })
    }

    fn finish(&mut self) -> Result<()> {
        let Some(mut ogg) = self.ogg.take() else { return Ok(()) };
        self.packets.finish(|packet, positions| {
            ogg.write_packet_with_duration(packet, positions).map_err(failed)
        })?;
        ogg.finish().map(drop).map_err(failed)
    }
}

/// The lowest rate of the encoder that holds the whole band of a sample rate, or its highest rate.
fn encoder_rate(sample_rate: u32) -> u32 {
    lowest_that_holds(&SAMPLE_RATES, sample_rate)
}

fn encoder(format: &AudioFormat, rate: u32) -> Result<OpusMSEncoder> {
    let family = if format.channels > 2 { 1 } else { 0 };
    let (rate, channels) = (rate as i32, usize::from(format.channels));
    let mut encoder =
        OpusMSEncoder::new(rate, channels, family, Application::Audio).map_err(failed)?;
    let coupled = encoder.layout().nb_coupled_streams;
    let mut shares: Vec<_> =
        (0..encoder.nb_streams()).map(|n| if n < coupled { 2.0 } else { 1.0 }).collect();
    // Channels without speakers may be microphones, which are all equally important.
    let has_low = format.channels > 2 && format.channel_mask & LOW_FREQUENCIES != 0;
    if let Some(last) = shares.last_mut().filter(|_| has_low) {
        *last = LOW_SHARE;
    }
    let bitrate = f64::from(format.bitrate.unwrap_or_else(|| usual_bitrate(format))) * 1000.0;
    let all: f64 = shares.iter().sum();
    for (stream, share) in encoder.streams_mut().iter_mut().zip(shares) {
        stream.bitrate_bps = (bitrate * share / all) as i32;
        stream.rate_control = RateControl::Vbr;
        stream.complexity = COMPLEXITY;
    }
    Ok(encoder)
}

/// The default bit rate in kbit/s. Speech at this rate hardly differs from the source.
fn usual_bitrate(format: &AudioFormat) -> u32 {
    let wide = match format.channels {
        1 => 64,
        channels => 48 * u32::from(channels),
    };
    if format.sample_rate <= NARROW_RATE { wide / 2 } else { wide }
}

/// Refuses formats that Opus does not support.
pub(super) fn check(format: &AudioFormat) -> Result<()> {
    let AudioFormat { sample_format, channels, channel_mask, .. } = *format;
    if sample_format != SampleFormat::S16le {
        let reason = format!("Opus has no sample format such as {sample_format}; leave it out");
        return Err(unwritable(reason));
    }
    if channels > MAX_CHANNELS {
        let reason = format!("Opus supports up to {MAX_CHANNELS} channels, not {channels}");
        return Err(unwritable(reason));
    }
    let usual = channel_order::vorbis_mask(channels.into());
    if !speakers::are_written(usual, channels, channel_mask) {
        return Err(unwritable(format!(
            "{channels} channels of Opus are the speakers 0x{usual:x}, not 0x{channel_mask:x}; use \
             WAV or FLAC"
        )));
    }
    Ok(())
}

/// Refuses a bit rate in kbit/s that is impossible for all of these numbers of channels.
pub(super) fn check_bitrate(bitrate: u32, channels: RangeInclusive<u16>) -> Result<()> {
    let least = LEAST_BITRATE * u32::from(*channels.start());
    let most = MOST_BITRATE * u32::from(MAX_CHANNELS.min(*channels.end()));
    if (least..=most).contains(&bitrate) {
        return Ok(());
    }
    Err(unwritable(format!(
        "Opus supports {LEAST_BITRATE} to {MOST_BITRATE} kbit/s for each channel, {least} to {most} \
         kbit/s here, not {bitrate}"
    )))
}

fn failed(error: opus_pure::Error) -> Error {
    match error {
        opus_pure::Error::Io(error) => Error::write(error),
        error => unwritable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Container;

    fn format(sample_rate: u32, channels: u16) -> AudioFormat {
        let raw = AudioFormat::raw(SampleFormat::S16le, sample_rate, channels);
        AudioFormat { container: Container::Opus, ..raw }
    }

    #[test]
    fn no_part_of_the_band_is_lost_up_to_48_khz() {
        let rates = [1, 8_000, 8_001, 12_000, 16_000, 22_050, 24_000, 24_001, 48_000, 192_000];
        let expected =
            [8_000, 8_000, 12_000, 12_000, 16_000, 24_000, 24_000, 48_000, 48_000, 48_000];
        assert_eq!(rates.map(encoder_rate), expected);
    }

    #[test]
    fn speech_gets_more_bits_for_more_channels_and_a_wider_band() {
        let usual = |rate, channels| usual_bitrate(&format(rate, channels));
        assert_eq!([usual(48_000, 1), usual(44_100, 2), usual(48_000, 6)], [64, 96, 288]);
        assert_eq!([usual(8_000, 1), usual(16_000, 2)], [32, 48]);
    }

    #[test]
    fn channels_share_the_bit_rate_and_only_low_frequencies_get_less() {
        for (channels, with_speakers) in (1..=8).flat_map(|n| [(n, false), (n, true)]) {
            let bitrate = 100 * u32::from(channels);
            let channel_mask =
                if with_speakers { channel_order::vorbis_mask(channels.into()) } else { 0 };
            let format =
                AudioFormat { bitrate: Some(bitrate), channel_mask, ..format(48_000, channels) };
            let encoder = encoder(&format, 48_000).unwrap();
            let coupled = encoder.layout().nb_coupled_streams;
            let rates: Vec<_> = encoder.streams().iter().map(|one| one.bitrate_bps).collect();
            let missing = bitrate as i32 * 1000 - rates.iter().sum::<i32>();
            assert!((0..8).contains(&missing), "{rates:?}");
            let mut each: Vec<_> = rates.iter().map(|rate| f64::from(*rate)).collect();
            each[..coupled].iter_mut().for_each(|rate| *rate /= 2.0);
            if with_speakers && channels >= 6 {
                *each.last_mut().unwrap() *= 8.0;
            }
            assert!(each.iter().all(|rate| (rate - each[0]).abs() < 16.0), "{rates:?}");
        }
    }
}

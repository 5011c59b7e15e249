//! MP3 files, encoded by the crate rusty_mp3, with ID3v2.4 tags at the start.

use std::io::{BufWriter, Seek, SeekFrom, Write};

use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use super::rate::{Converter, UP_TO_48_KHZ, lowest_that_holds};
use super::{AudioWriter, checked_len, unwritable};
use crate::audio::{AudioFormat, SampleFormat};
use crate::error::{Error, Result};
use crate::tags::{Tags, id3};

/// The lowest sample rate of MPEG-1. Its bit rates differ from those of MPEG-2.
const LEAST_OF_MPEG_1: u32 = 32_000;

const MAX_CHANNELS: u16 = 2;

/// The range of all bit rates, in kbit/s: from the lowest of MPEG-2 to the highest of MPEG-1.
const LEAST_BITRATE: u32 = 8;
const MOST_BITRATE: u32 = 320;

/// Writes frame by frame, then the first one again, which states the number of frames and how many
/// samples are padding.
pub(super) struct Mp3Writer<W: Write + Seek> {
    format: AudioFormat,
    /// The sample rate of the file, in Hz.
    rate: u32,
    converter: Converter,
    encoder: Mp3Encoder,
    sink: BufWriter<W>,
    /// The offset of the first frame, behind the tags.
    start: u64,
    interleaved: Vec<f32>,
    is_complete: bool,
}

impl<W: Write + Seek> Mp3Writer<W> {
    pub(super) fn create(sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let rate = file_rate(format.sample_rate);
        let converter = Converter::new(&format, rate)?;
        let mut sink = BufWriter::new(sink);
        let tag = id3::encode(tags).unwrap_or_default();
        sink.write_all(&tag).map_err(Error::write)?;
        let mut writer = Mp3Writer {
            format,
            rate,
            converter,
            encoder: encoder(&format),
            sink,
            start: tag.len() as u64,
            interleaved: Vec::new(),
            is_complete: false,
        };
        // Without this first call, a file without samples would have no frames at all.
        writer.encode(&vec![Vec::new(); format.channels.into()])?;
        Ok(writer)
    }

    fn encode(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let channels = planes.len();
        self.interleaved.clear();
        self.interleaved.resize(channels * planes[0].len(), 0.0);
        for (n, plane) in planes.iter().enumerate() {
            let places = self.interleaved.iter_mut().skip(n).step_by(channels);
            places.zip(plane).for_each(|(place, sample)| *place = *sample);
        }
        self.encoder
            .push_pcm_f32(&self.interleaved, self.format.channels, self.rate)
            .map_err(|error| unwritable(error.to_string()))?;
        self.write_frames()
    }

    /// Writes the frames that the encoder has ready.
    fn write_frames(&mut self) -> Result<()> {
        while let Ok(frame) = self.encoder.next_packet() {
            self.sink.write_all(&frame).map_err(Error::write)?;
        }
        Ok(())
    }
}

impl<W: Write + Seek + Send> AudioWriter for Mp3Writer<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        checked_len(&self.format, planes)?;
        if self.is_complete {
            return Err(unwritable("the MP3 file is already complete"));
        }
        let planes = self.converter.push(planes)?;
        self.encode(&planes)
    }

    fn finish(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(());
        }
        if let Some(planes) = self.converter.finish()? {
            self.encode(&planes)?;
        }
        self.encoder.finish();
        self.write_frames()?;
        let Some(first) = self.encoder.lame_tag_frame() else {
            return self.sink.flush().map_err(Error::write);
        };
        self.sink
            .seek(SeekFrom::Start(self.start))
            .and_then(|_| self.sink.write_all(first))
            .and_then(|()| self.sink.seek(SeekFrom::End(0)))
            .and_then(|_| self.sink.flush())
            .map_err(Error::write)
    }
}

/// The lowest rate of MP3 that holds the whole band of a sample rate, or the highest rate.
fn file_rate(sample_rate: u32) -> u32 {
    lowest_that_holds(&UP_TO_48_KHZ, sample_rate)
}

/// Creates the encoder. With a constant bit rate it would keep all frames until the end.
fn encoder(format: &AudioFormat) -> Mp3Encoder {
    let bitrate_kbps = format.bitrate.unwrap_or_else(|| usual_bitrate(format));
    let vbr_quality = Some(bitrate_kbps as f32);
    Mp3Encoder::new(Mp3EncoderConfig { bitrate_kbps, vbr_quality })
}

/// The default bit rate in kbit/s. Speech at this rate hardly differs from the source.
fn usual_bitrate(format: &AudioFormat) -> u32 {
    let wide = if format.channels == 1 { 96 } else { 160 };
    if file_rate(format.sample_rate) < LEAST_OF_MPEG_1 { wide / 2 } else { wide }
}

/// Refuses formats that MP3 does not support.
pub(super) fn check(format: &AudioFormat) -> Result<()> {
    let AudioFormat { sample_format, sample_rate, channels, bitrate, .. } = *format;
    if sample_format != SampleFormat::S16le {
        let reason = format!("MP3 has no sample format such as {sample_format}; leave it out");
        return Err(unwritable(reason));
    }
    if channels > MAX_CHANNELS {
        let reason = format!(
            "MP3 supports up to {MAX_CHANNELS} channels, not {channels}; use WAV, FLAC or Opus"
        );
        return Err(unwritable(reason));
    }
    let rate = file_rate(sample_rate);
    let range = if rate < LEAST_OF_MPEG_1 { LEAST_BITRATE..=160 } else { 32..=MOST_BITRATE };
    match bitrate {
        Some(bitrate) if !range.contains(&bitrate) => Err(unwritable(format!(
            "MP3 at {rate} Hz supports {} to {} kbit/s, not {bitrate}",
            range.start(),
            range.end()
        ))),
        _ => Ok(()),
    }
}

/// Refuses a bit rate in kbit/s that MP3 does not have.
pub(super) fn check_bitrate(bitrate: u32) -> Result<()> {
    if (LEAST_BITRATE..=MOST_BITRATE).contains(&bitrate) {
        return Ok(());
    }
    Err(unwritable(format!("MP3 supports {LEAST_BITRATE} to {MOST_BITRATE} kbit/s, not {bitrate}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Container;

    #[test]
    fn no_part_of_the_band_is_lost_up_to_48_khz() {
        let rates = [1, 8_000, 8_001, 22_050, 24_001, 44_100, 44_101, 96_000];
        let expected = [8_000, 8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 48_000];
        assert_eq!(rates.map(file_rate), expected);
    }

    #[test]
    fn every_usual_bit_rate_is_one_that_may_be_requested() {
        for rate in UP_TO_48_KHZ {
            for channels in 1..=MAX_CHANNELS {
                let raw = AudioFormat::raw(SampleFormat::S16le, rate, channels);
                let format = AudioFormat { container: Container::Mp3, ..raw };
                let bitrate = Some(usual_bitrate(&format));
                check(&AudioFormat { bitrate, ..format }).unwrap();
            }
        }
    }
}

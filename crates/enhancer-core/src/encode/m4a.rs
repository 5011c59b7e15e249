//! M4A files: AAC-LC in MP4, encoded by the crate syom, with tags as iTunes writes them.

pub(crate) mod atoms;
mod index;

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;

use syom::{AacError, EncodeContainer, EncodeOptions, Encoder};

use self::index::{FRAME, Sound};
use super::clipping::{Clipping, Counter};
use super::rate::{Converter, UP_TO_48_KHZ, lowest_that_holds};
use super::{AudioWriter, checked_len, speakers, unwritable};
use crate::audio::Planes;
use crate::error::{Error, Result};
use crate::format::{AudioFormat, SampleFormat};
use crate::tags::{Tags, ilst};

/// The speakers of so many channels (ISO/IEC 14496-3, table 1.19), by the mask of WAVE, in whose
/// order the encoder takes them. What AAC calls the layout of eight, players take for another.
const SPEAKERS: [u32; 6] = [0x4, 0x3, 0x7, 0x107, 0x37, 0x3f];

/// The bit rates of one channel, in kbit/s: above, the encoder gets worse. And the most bits for a
/// sample of it: a frame of 1024 has 6144 (ISO/IEC 14496-3, section 4.5.3.1).
const LEAST_BITRATE: u32 = 8;
const MOST_BITRATE: u32 = 192;
const MOST_BITS: u32 = 6;

/// The highest rate of sources that have no more than half the band that is heard, in Hz.
const NARROW_RATE: u32 = 24_000;

/// The first atom: what the file can be read as.
const FILE_TYPE: &[u8] = b"\0\0\0\x1cftypM4A \0\0\x02\0M4A mp42isom";

/// Bytes of the head of the atom that holds the sound, whose length has 64 bits.
const HEAD: u64 = 16;

/// Writes frame by frame, then the index.
pub(super) struct M4aWriter<W: Write + Seek> {
    format: AudioFormat,
    /// The rate of the file, in Hz.
    rate: u32,
    converter: Converter,
    encoder: Encoder,
    sink: BufWriter<W>,
    user_data: Vec<u8>,
    /// Bytes of each frame.
    sizes: Vec<u32>,
    counter: Counter,
    is_complete: bool,
}

impl<W: Write + Seek> M4aWriter<W> {
    pub(super) fn create(sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let rate = file_rate(format.sample_rate);
        let mut sink = BufWriter::new(sink);
        let head = [FILE_TYPE, &sound_head(0)].concat();
        sink.write_all(&head).map_err(Error::write)?;
        Ok(M4aWriter {
            format,
            rate,
            converter: Converter::new(&format, rate)?,
            encoder: encoder(&format, rate)?,
            sink,
            user_data: ilst::user_data(tags),
            sizes: Vec::new(),
            counter: Counter::default(),
            is_complete: false,
        })
    }

    /// Encodes samples at the rate of the file.
    fn encode(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let planes = within_full_scale(planes);
        let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        let (sizes, sink) = (&mut self.sizes, &mut self.sink);
        let mut outcome = Ok(());
        let fed = self.encoder.feed(&planes, |frame| {
            keep(frame.au, sizes, sink, &mut outcome);
            Ok(())
        });
        outcome?;
        fed.map(drop).map_err(failed)
    }

    /// Brings out what the encoder still holds; nothing if it was given nothing.
    fn encode_rest(&mut self) -> Result<()> {
        if self.converter.received() == 0 {
            return Ok(());
        }
        let (sizes, sink) = (&mut self.sizes, &mut self.sink);
        let mut outcome = Ok(());
        let finished = self.encoder.finish(|frame| {
            keep(frame.au, sizes, sink, &mut outcome);
            Ok(())
        });
        outcome?;
        finished.map(drop).map_err(failed)
    }

    fn write_index(&mut self) -> Result<()> {
        let start = FILE_TYPE.len() as u64;
        let sound = Sound {
            rate: self.rate,
            channels: self.format.channels,
            config: self.encoder.asc(),
            sizes: &self.sizes,
            start: start + HEAD,
            priming: FRAME,
            samples: self.converter.written(),
        };
        let index = sound.index(std::mem::take(&mut self.user_data));
        let bytes: u64 = self.sizes.iter().copied().map(u64::from).sum();
        self.sink
            .write_all(&index)
            .and_then(|()| self.sink.seek(SeekFrom::Start(start)))
            .and_then(|_| self.sink.write_all(&sound_head(bytes)))
            .and_then(|()| self.sink.seek(SeekFrom::End(0)))
            .and_then(|_| self.sink.flush())
            .map_err(Error::write)
    }
}

impl<W: Write + Seek + Send> AudioWriter for M4aWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = checked_len(&self.format, planes)?;
        if self.is_complete {
            return Err(unwritable("the M4A file is already complete"));
        }
        self.counter.note(planes, len, self.converter.received());
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
        self.encode_rest()?;
        self.write_index()
    }

    fn clipping(&self) -> Option<Clipping> {
        self.counter.clipping(self.format.sample_rate)
    }
}

/// Writes a frame and notes its size, unless writing failed before.
fn keep(frame: &[u8], sizes: &mut Vec<u32>, sink: &mut impl Write, outcome: &mut Result<()>) {
    if outcome.is_ok() {
        sizes.push(frame.len() as u32);
        *outcome = sink.write_all(frame).map_err(Error::write);
    }
}

/// The head of the atom that holds so many bytes of sound.
fn sound_head(bytes: u64) -> [u8; HEAD as usize] {
    let mut head = *b"\0\0\0\x01mdat\0\0\0\0\0\0\0\0";
    head[8..].copy_from_slice(&(HEAD + bytes).to_be_bytes());
    head
}

/// The samples without what is above full scale and what is not a number, both of which the
/// encoder refuses.
fn within_full_scale(planes: &[Vec<f32>]) -> Planes {
    let cut = |sample: &f32| if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) };
    planes.iter().map(|plane| plane.iter().map(cut).collect()).collect()
}

/// The lowest rate of AAC that holds all of a sample rate, or 48 kHz: above it nobody publishes.
fn file_rate(sample_rate: u32) -> u32 {
    lowest_that_holds(&UP_TO_48_KHZ, sample_rate)
}

fn encoder(format: &AudioFormat, rate: u32) -> Result<Encoder> {
    let bitrate = format.bitrate.unwrap_or_else(|| usual_bitrate(format));
    let options = EncodeOptions::default()
        .with_container(EncodeContainer::Raw)
        .with_bitrate_bps(1000 * bitrate);
    Encoder::new(rate, format.channels.into(), &options).map_err(failed)
}

/// The bit rate where none is requested, in kbit/s: speech at it is hard to tell from the source.
fn usual_bitrate(format: &AudioFormat) -> u32 {
    let wide = match format.channels {
        1 => 128,
        2 => 192,
        channels => 80 * u32::from(channels),
    };
    let usual = if format.sample_rate <= NARROW_RATE { wide / 2 } else { wide };
    let most = *bitrates(file_rate(format.sample_rate), format.channels..=format.channels).end();
    usual.min(most)
}

/// Refuses what an M4A file cannot hold.
pub(super) fn check(format: &AudioFormat) -> Result<()> {
    let AudioFormat { sample_format, channels, channel_mask, bitrate, sample_rate, .. } = *format;
    if sample_format != SampleFormat::S16le {
        let reason = format!("M4A has no sample format such as {sample_format}; leave it out");
        return Err(unwritable(reason));
    }
    let usual = SPEAKERS.get(usize::from(channels) - 1).copied().unwrap_or(0);
    if usual == 0 {
        let reason = format!("M4A supports up to 6 channels, not {channels}; use WAV or FLAC");
        return Err(unwritable(reason));
    }
    if !speakers::are_written(usual, channels, channel_mask) {
        return Err(unwritable(format!(
            "{channels} channels of M4A are the speakers 0x{usual:x}, not 0x{channel_mask:x}; use \
             WAV or FLAC"
        )));
    }
    let rate = file_rate(sample_rate);
    let range = bitrates(rate, channels..=channels);
    match bitrate {
        Some(bitrate) if !range.contains(&bitrate) => Err(unwritable(format!(
            "M4A at {rate} Hz supports {} to {} kbit/s, not {bitrate}",
            range.start(),
            range.end()
        ))),
        _ => Ok(()),
    }
}

/// Refuses a bit rate in kbit/s that none of these numbers of channels can have.
pub(super) fn check_bitrate(bitrate: u32, channels: RangeInclusive<u16>) -> Result<()> {
    let most_channels = (*channels.end()).min(SPEAKERS.len() as u16);
    let range = bitrates(UP_TO_48_KHZ[UP_TO_48_KHZ.len() - 1], *channels.start()..=most_channels);
    if range.contains(&bitrate) {
        return Ok(());
    }
    Err(unwritable(format!(
        "M4A supports {} to {} kbit/s here, not {bitrate}",
        range.start(),
        range.end()
    )))
}

/// The bit rates of files of that sample rate and these numbers of channels, in kbit/s.
fn bitrates(rate: u32, channels: RangeInclusive<u16>) -> RangeInclusive<u32> {
    let most = MOST_BITRATE.min(MOST_BITS * rate / 1000);
    LEAST_BITRATE * u32::from(*channels.start())..=most * u32::from(*channels.end())
}

fn failed(error: AacError) -> Error {
    unwritable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Container;

    #[test]
    fn every_usual_bit_rate_is_one_that_may_be_requested() {
        for rate in UP_TO_48_KHZ {
            for channels in 1..=6 {
                let raw = AudioFormat::raw(SampleFormat::S16le, rate, channels);
                let format = AudioFormat { container: Container::M4a, ..raw };
                let bitrate = Some(usual_bitrate(&format));
                check(&AudioFormat { bitrate, ..format }).unwrap();
            }
        }
    }
}

//! M4A files: AAC-LC in MP4, encoded by the crate syom, with tags as iTunes writes them.

mod chapters;
mod frames;
mod index;

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;

use super::clipping::Clipping;
use super::rate::{UP_TO_48_KHZ, lowest_that_holds};
use super::{AudioWriter, speakers, unwritable};
use crate::audio::{AudioFormat, SampleFormat};
use crate::error::{Error, Result};
use crate::tags::{Chapter, Tags, ilst};

pub(crate) use self::frames::Frames;
pub(crate) use self::index::{FRAME, ONE, Sound, media_info, places};

/// The speakers for 1 to 6 channels (ISO/IEC 14496-3, table 1.19), as WAVE masks. The encoder takes
/// channels in WAVE's order. AAC's layout of eight channels is missing, because players interpret
/// it as a different one.
const SPEAKERS: [u32; 6] = [0x4, 0x3, 0x7, 0x107, 0x37, 0x3f];

/// The range of bit rates per channel, in kbit/s: above it, the encoder gets worse. And the maximum
/// number of bits per sample: a frame of 1024 samples has 6144 (ISO/IEC 14496-3, section 4.5.3.1).
const LEAST_BITRATE: u32 = 8;
const MOST_BITRATE: u32 = 192;
const MOST_BITS: u32 = 6;

/// Up to this sample rate, in Hz, sources have at most half of the audible band.
const NARROW_RATE: u32 = 24_000;

/// The first atom, which states the file type.
const FILE_TYPE: &[u8] = b"\0\0\0\x1cftypM4A \0\0\x02\0M4A mp42isom";

/// Frames per chunk, about a second. Players read one chunk at a time.
const CHUNK: u32 = 48;

/// The size in bytes of the header of the atom that holds the sound. Its length has 64 bits.
pub(crate) const HEAD: u64 = 16;

/// Writes frame by frame, then the index.
pub(super) struct M4aWriter<W: Write + Seek> {
    format: AudioFormat,
    frames: Frames,
    sink: BufWriter<W>,
    user_data: Vec<u8>,
    chapters: Vec<Chapter>,
    /// The size of each frame in bytes.
    sizes: Vec<u32>,
    is_complete: bool,
}

impl<W: Write + Seek> M4aWriter<W> {
    pub(super) fn create(sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let mut sink = BufWriter::new(sink);
        let head = [FILE_TYPE, &sound_head(0)].concat();
        sink.write_all(&head).map_err(Error::write)?;
        Ok(M4aWriter {
            format,
            frames: Frames::new(&format)?,
            sink,
            user_data: ilst::user_data(tags),
            chapters: tags.chapters.clone(),
            sizes: Vec::new(),
            is_complete: false,
        })
    }

    fn write_index(&mut self) -> Result<()> {
        let start = FILE_TYPE.len() as u64;
        let sound = Sound {
            rate: self.frames.rate(),
            channels: self.format.channels,
            config: self.frames.config(),
            is_quicktime: false,
            sizes: &self.sizes,
            frames_in_chunk: CHUNK,
            places: &side_by_side(start + HEAD, &self.sizes),
            priming: FRAME,
            samples: self.frames.samples(),
        };
        let bytes: u64 = self.sizes.iter().copied().map(u64::from).sum();
        let titles = chapters::samples(&self.chapters).concat();
        let user_data = std::mem::take(&mut self.user_data);
        let index = sound.index(user_data, &self.chapters, start + HEAD + bytes);
        let bytes = bytes + titles.len() as u64;
        self.sink
            .write_all(&titles)
            .and_then(|()| self.sink.write_all(&index))
            .and_then(|()| self.sink.seek(SeekFrom::Start(start)))
            .and_then(|_| self.sink.write_all(&sound_head(bytes)))
            .and_then(|()| self.sink.seek(SeekFrom::End(0)))
            .and_then(|_| self.sink.flush())
            .map_err(Error::write)
    }
}

impl<W: Write + Seek + Send> AudioWriter for M4aWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        if self.is_complete {
            return Err(unwritable("the M4A file is already complete"));
        }
        let (sizes, sink) = (&mut self.sizes, &mut self.sink);
        self.frames.push(planes, |frame| keep(frame, sizes, sink))
    }

    fn finish(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(());
        }
        let (sizes, sink) = (&mut self.sizes, &mut self.sink);
        self.frames.finish(|frame| keep(frame, sizes, sink))?;
        self.write_index()
    }

    fn clipping(&self) -> Option<Clipping> {
        self.frames.clipping()
    }
}

/// Writes a frame and notes its size.
fn keep(frame: &[u8], sizes: &mut Vec<u32>, sink: &mut impl Write) -> Result<()> {
    sizes.push(frame.len() as u32);
    sink.write_all(frame).map_err(Error::write)
}

/// The offset of each chunk, if the first one is at `start` and there are no gaps.
fn side_by_side(start: u64, sizes: &[u32]) -> Vec<u64> {
    let chunks = sizes.chunks(CHUNK as usize);
    let places = chunks.scan(start, |next, chunk| {
        let bytes: u64 = chunk.iter().copied().map(u64::from).sum();
        Some(std::mem::replace(next, *next + bytes))
    });
    places.collect()
}

/// The header of the atom that holds this many bytes of samples.
pub(crate) fn sound_head(bytes: u64) -> [u8; HEAD as usize] {
    let mut head = *b"\0\0\0\x01mdat\0\0\0\0\0\0\0\0";
    head[8..].copy_from_slice(&(HEAD + bytes).to_be_bytes());
    head
}

/// The lowest rate of AAC that holds the whole band of a sample rate, or 48 kHz. Nobody publishes
/// at higher rates.
fn file_rate(sample_rate: u32) -> u32 {
    lowest_that_holds(&UP_TO_48_KHZ, sample_rate)
}

/// The default bit rate in kbit/s. Speech at this rate hardly differs from the source.
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

/// Refuses formats that M4A does not support.
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

/// Refuses a bit rate in kbit/s that is impossible for all of these numbers of channels.
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

/// The range of bit rates in kbit/s for files with this sample rate and these numbers of channels.
fn bitrates(rate: u32, channels: RangeInclusive<u16>) -> RangeInclusive<u32> {
    let most = MOST_BITRATE.min(MOST_BITS * rate / 1000);
    LEAST_BITRATE * u32::from(*channels.start())..=most * u32::from(*channels.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Container;

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

//! Interleaved samples, in raw form or in a WAV file.

use std::io::{Read, Seek};

use super::{AudioReader, Damage, byte_len, g711};
use crate::audio::{AudioFormat, Planes, SampleFormat, check_planes, duration};
use crate::error::{Error, Result};
use crate::tags::Tags;
use crate::warning::Warning;

/// The approximate number of bytes that are read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The storage format of a source's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// A format that can also be written.
    Same(SampleFormat),
    /// Unsigned 8-bit integer; 128 is silence.
    U8,
    /// 64-bit float.
    F64le,
    /// A-law.
    ALaw,
    /// Mu-law.
    MuLaw,
}

impl Encoding {
    /// Integer samples with this many bits. If the bits do not fill whole bytes, they are the upper
    /// bits.
    pub(super) fn integer(bits: u32) -> Option<Encoding> {
        Some(match bits {
            1..=8 => Encoding::U8,
            9..=16 => Encoding::Same(SampleFormat::S16le),
            17..=24 => Encoding::Same(SampleFormat::S24le),
            25..=32 => Encoding::Same(SampleFormat::S32le),
            _ => return None,
        })
    }

    /// Float samples with this many bits.
    pub(super) fn float(bits: u32) -> Option<Encoding> {
        Some(match bits {
            32 => Encoding::Same(SampleFormat::F32le),
            64 => Encoding::F64le,
            _ => return None,
        })
    }

    /// Bytes per sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            Encoding::Same(format) => format.bytes(),
            Encoding::U8 | Encoding::ALaw | Encoding::MuLaw => 1,
            Encoding::F64le => 8,
        }
    }

    /// The format that can be written and holds these samples without loss, as far as `f32` does.
    pub(super) fn effective(self) -> SampleFormat {
        match self {
            Encoding::Same(format) => format,
            Encoding::U8 | Encoding::ALaw | Encoding::MuLaw => SampleFormat::S16le,
            Encoding::F64le => SampleFormat::F32le,
        }
    }

    /// Decodes the sample in `bytes`, which has the length [`bytes()`](Self::bytes).
    pub(super) fn decode(self, bytes: &[u8]) -> f32 {
        match self {
            Encoding::Same(format) => format.decode(bytes),
            Encoding::U8 => (f32::from(bytes[0]) - 128.0) / 128.0,
            Encoding::ALaw => f32::from(g711::a_law(bytes[0])) / 32_768.0,
            Encoding::MuLaw => f32::from(g711::mu_law(bytes[0])) / 32_768.0,
            Encoding::F64le => {
                let bytes: [u8; 8] = std::array::from_fn(|n| bytes[n]);
                f64::from_le_bytes(bytes) as f32
            }
        }
    }
}

/// The position of the samples in a source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Offset of the first byte.
    pub(super) offset: u64,
    /// The declared size of the samples in bytes.
    pub(super) claimed: u64,
    /// The part of it that exists.
    pub(super) there: u64,
}

impl Stretch {
    /// What is wrong with it, if anything, and at which offset.
    fn fault(&self, format: &AudioFormat, frame: u64) -> Option<(u64, String)> {
        let Stretch { offset, claimed, there } = *self;
        let rest = there % frame;
        if claimed > there {
            let reason =
                format!("the file ends early: it has {there} of {claimed} bytes of samples");
            return Some((offset + there, reason));
        }
        (rest != 0).then(|| {
            let bytes = if rest == 1 { "1 byte is" } else { &format!("{rest} bytes are") };
            let channels = format.channels;
            let reason =
                format!("{bytes} left over; a frame of {channels} channels has {frame} bytes");
            (offset + there - rest, reason)
        })
    }
}

/// Reads interleaved samples from a stretch of bytes.
#[derive(Debug)]
pub(super) struct PcmReader<R> {
    source: R,
    format: AudioFormat,
    encoding: Encoding,
    /// Samples per channel: all of them, and those that were not read yet.
    len: u64,
    left: u64,
    buffer: Vec<u8>,
    tags: Tags,
    damage: Option<Damage>,
    notes: Vec<Warning>,
}

impl<R: Read + Seek> PcmReader<R> {
    /// Raw samples, from the first byte of `source` to its last. If `strict`, an incomplete sample
    /// at the end is an error.
    pub(super) fn open_raw(mut source: R, format: AudioFormat, strict: bool) -> Result<Self> {
        let bytes = byte_len(&mut source)?;
        let samples = Stretch { offset: 0, claimed: bytes, there: bytes };
        let encoding = Encoding::Same(format.sample_format);
        Self::new(source, format, encoding, samples, strict)
    }

    /// Reads the next samples in `source`. If `strict`, missing samples and an incomplete frame at
    /// the end are errors.
    pub(super) fn new(
        source: R,
        format: AudioFormat,
        encoding: Encoding,
        samples: Stretch,
        strict: bool,
    ) -> Result<Self> {
        let frame = encoding.bytes() as u64 * u64::from(format.channels);
        let len = samples.there / frame;
        let fault = samples.fault(&format, frame);
        if strict && let Some((offset, reason)) = fault {
            return Err(Error::corrupt_audio(offset, reason));
        }
        let damage = fault.map(|(_, reason)| Damage {
            at_seconds: duration(len, format.sample_rate).as_secs_f64(),
            reason,
            places: 1,
        });
        let tags = Tags::default();
        let buffer = Vec::new();
        let notes = Vec::new();
        Ok(PcmReader { source, format, encoding, len, left: len, buffer, tags, damage, notes })
    }

    /// The same reader with tags.
    pub(super) fn with_tags(self, tags: Tags) -> Self {
        PcmReader { tags, ..self }
    }

    /// The same reader, with a warning that there are more bytes of samples than `declared`.
    pub(super) fn noting_more_than(mut self, declared: u64) -> Self {
        let declared = declared / self.frame_bytes() as u64;
        let [declared, there] =
            [declared, self.len].map(|len| duration(len, self.format.sample_rate).as_secs_f64());
        self.notes.push(Warning::longer(declared, there));
        self
    }

    /// Bytes per sample over all channels in the source.
    fn frame_bytes(&self) -> usize {
        self.encoding.bytes() * usize::from(self.format.channels)
    }

    /// Fills the buffer with up to `max` next samples. Returns how many.
    fn fill(&mut self, max: usize) -> Result<usize> {
        let frame = self.frame_bytes();
        let samples = max.min((CHUNK_BYTES / frame).max(1));
        let samples = samples.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.buffer.resize(samples * frame, 0);
        self.source.read_exact(&mut self.buffer).map_err(Error::read)?;
        self.left -= samples as u64;
        Ok(samples)
    }

    /// Appends the samples in the buffer. The encoding is chosen outside of the loops, not for each
    /// sample, so that the compiler can vectorise them.
    fn deinterleave(&self, planes: &mut Planes) {
        match self.encoding {
            // One channel is not interleaved: this is as fast as a copy.
            Encoding::Same(SampleFormat::F32le) if self.format.channels == 1 => {
                let (samples, _) = self.buffer.as_chunks();
                planes[0].extend(samples.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            Encoding::Same(SampleFormat::F32le) => {
                self.decode_each(planes, |bytes| SampleFormat::F32le.decode(bytes));
            }
            Encoding::Same(SampleFormat::S16le) => {
                self.decode_each(planes, |bytes| SampleFormat::S16le.decode(bytes));
            }
            encoding => self.decode_each(planes, |bytes| encoding.decode(bytes)),
        }
    }

    fn decode_each(&self, planes: &mut Planes, decode: impl Fn(&[u8]) -> f32) {
        let (bytes, stride) = (self.encoding.bytes(), self.frame_bytes());
        for (channel, plane) in planes.iter_mut().enumerate() {
            let at = channel * bytes;
            let frames = self.buffer.chunks_exact(stride);
            plane.extend(frames.map(|frame| decode(&frame[at..at + bytes])));
        }
    }
}

impl<R: Read + Seek + Send> AudioReader for PcmReader<R> {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn tags(&self) -> &Tags {
        &self.tags
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
        while done < max && self.left > 0 {
            done += self.fill(max - done)?;
            self.deinterleave(planes);
        }
        Ok(done)
    }
}

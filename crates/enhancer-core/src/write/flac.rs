//! FLAC files (RFC 9639), encoded by the crate flac-codec.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use flac_codec::encode::{FlacChannelWriter, Options};

use super::quantize::Quantizer;
use super::{AudioWriter, Clipping, checked_len, unwritable};
use crate::audio::{AudioFormat, SampleFormat};
use crate::error::{Error, Result};
use crate::tags::{Tags, vorbis};

/// The highest sample rate that a frame can state, in Hz. The header has room for higher ones, but
/// decoders refuse them.
const MAX_SAMPLE_RATE: u32 = 655_350;
const MAX_CHANNELS: u16 = 8;

/// Writes metadata, then frame by frame, then the header again with the final values.
pub(super) struct FlacWriter<W: Write + Seek> {
    format: AudioFormat,
    quantizer: Quantizer,
    /// `None` when the file is complete.
    encoder: Option<FlacChannelWriter<Shared<W>>>,
    sink: Shared<W>,
}

impl<W: Write + Seek> FlacWriter<W> {
    pub(super) fn create(sink: W, format: AudioFormat, tags: &Tags) -> Result<Self> {
        let sink = Shared(Arc::new(Mutex::new(BufWriter::new(sink))));
        let mut options =
            Options::default().no_seektable().comment(vorbis::comments(tags, &format));
        for picture in vorbis::pictures(tags) {
            options = options.picture(picture);
        }
        let (rate, bits) = (format.sample_rate, format.sample_format.bits());
        let channels = format.channels as u8;
        let encoder =
            FlacChannelWriter::new(sink.clone(), options, rate, bits.into(), channels, None)
                .map_err(failed)?;
        let quantizer = Quantizer::new(format.sample_format);
        Ok(FlacWriter { format, quantizer, encoder: Some(encoder), sink })
    }
}

impl<W: Write + Seek + Send> AudioWriter for FlacWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        checked_len(&self.format, planes)?;
        let Some(encoder) = &mut self.encoder else {
            return Err(unwritable("the FLAC file is already complete"));
        };
        encoder.write(self.quantizer.steps(planes)).map_err(failed)
    }

    fn finish(&mut self) -> Result<()> {
        match self.encoder.take().map(FlacChannelWriter::finalize) {
            // The header that is already written is right for a file without samples.
            None | Some(Ok(()) | Err(flac_codec::Error::NoSamples)) => {}
            Some(Err(error)) => return Err(failed(error)),
        }
        self.sink.seek(SeekFrom::End(0)).and_then(|_| self.sink.flush()).map_err(Error::write)
    }

    fn clipping(&self) -> Option<Clipping> {
        self.quantizer.clipping(self.format.sample_rate)
    }
}

/// Refuses formats that FLAC does not support.
pub(super) fn check(format: &AudioFormat) -> Result<()> {
    let AudioFormat { sample_format, sample_rate, channels, .. } = *format;
    let supports = |what: String| Err(unwritable(format!("FLAC supports {what}")));
    if !matches!(sample_format, SampleFormat::S16le | SampleFormat::S24le) {
        return supports(format!("s16le or s24le, not {sample_format}"));
    }
    if channels > MAX_CHANNELS {
        return supports(format!("up to {MAX_CHANNELS} channels, not {channels}"));
    }
    if sample_rate > MAX_SAMPLE_RATE {
        return supports(format!("up to {MAX_SAMPLE_RATE} Hz, not {sample_rate}"));
    }
    Ok(())
}

fn failed(error: flac_codec::Error) -> Error {
    match error {
        flac_codec::Error::Io(error) => Error::write(error),
        error => unwritable(error.to_string()),
    }
}

/// A sink that the encoder owns but that can still be accessed: the encoder ignores errors when it
/// is dropped, and it never flushes. The buffer is there because it writes in small pieces.
struct Shared<W: Write>(Arc<Mutex<BufWriter<W>>>);

impl<W: Write> Shared<W> {
    fn with<T>(&self, act: impl FnOnce(&mut BufWriter<W>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<W: Write> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|sink| sink.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Write::flush)
    }
}

impl<W: Write + Seek> Seek for Shared<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|sink| sink.seek(to))
    }
}

//! Samples to frames of AAC-LC.

use syom::{AacError, EncodeContainer, EncodeOptions, Encoder};

use super::{file_rate, usual_bitrate};
use crate::audio::{AudioFormat, Planes};
use crate::error::{Error, Result};
use crate::write::clipping::{Clipping, Counter};
use crate::write::rate::Converter;
use crate::write::{checked_len, unwritable};

/// Encodes samples, frame by frame.
pub(crate) struct Frames {
    format: AudioFormat,
    /// The rate of the frames, in Hz.
    rate: u32,
    converter: Converter,
    encoder: Encoder,
    counter: Counter,
}

impl Frames {
    /// # Errors
    /// `Unwritable` if AAC cannot hold that sound.
    pub(crate) fn new(format: &AudioFormat) -> Result<Frames> {
        let rate = file_rate(format.sample_rate);
        Ok(Frames {
            format: *format,
            rate,
            converter: Converter::new(format, rate)?,
            encoder: encoder(format, rate)?,
            counter: Counter::default(),
        })
    }

    /// The sample rate of the frames.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    pub(crate) fn channels(&self) -> u16 {
        self.format.channels
    }

    /// The AudioSpecificConfig (ISO/IEC 14496-3).
    pub(crate) fn config(&self) -> &[u8] {
        self.encoder.asc()
    }

    /// The number of audible samples per channel, at the rate of the frames, once all are encoded.
    pub(crate) fn samples(&self) -> u64 {
        self.converter.written()
    }

    pub(crate) fn clipping(&self) -> Option<Clipping> {
        self.counter.clipping(self.format.sample_rate)
    }

    /// Encodes samples, `planes[channel]`, and passes the frames that are ready to `take`.
    ///
    /// # Errors
    /// `InvalidValue` if the planes do not match the format, and those of `take`.
    pub(crate) fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let len = checked_len(&self.format, planes)?;
        self.counter.note(planes, len, self.converter.received());
        let planes = self.converter.push(planes)?;
        encode(&mut self.encoder, &planes, take)
    }

    /// Passes the remaining frames to `take`. There are none if no samples came.
    ///
    /// # Errors
    /// The errors of `take`.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if let Some(planes) = self.converter.finish()? {
            encode(&mut self.encoder, &planes, &mut take)?;
        }
        if self.converter.received() == 0 {
            return Ok(());
        }
        let mut outcome = Ok(());
        let finished = self.encoder.finish(|frame| {
            give(frame.au, &mut take, &mut outcome);
            Ok(())
        });
        outcome?;
        finished.map(drop).map_err(failed)
    }
}

/// Encodes samples at the encoder's rate.
fn encode(
    encoder: &mut Encoder,
    planes: &[Vec<f32>],
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let planes = within_full_scale(planes);
    let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
    let mut outcome = Ok(());
    let fed = encoder.feed(&planes, |frame| {
        give(frame.au, &mut take, &mut outcome);
        Ok(())
    });
    outcome?;
    fed.map(drop).map_err(failed)
}

/// Passes a frame to `take`, unless that has failed before.
fn give(frame: &[u8], take: &mut impl FnMut(&[u8]) -> Result<()>, outcome: &mut Result<()>) {
    if outcome.is_ok() {
        *outcome = take(frame);
    }
}

/// The samples, clipped at full scale and with 0 for NaN, because the encoder refuses others.
fn within_full_scale(planes: &[Vec<f32>]) -> Planes {
    let cut = |sample: &f32| if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) };
    planes.iter().map(|plane| plane.iter().map(cut).collect()).collect()
}

fn encoder(format: &AudioFormat, rate: u32) -> Result<Encoder> {
    let bitrate = format.bitrate.unwrap_or_else(|| usual_bitrate(format));
    let options = EncodeOptions::default()
        .with_container(EncodeContainer::Raw)
        .with_bitrate_bps(1000 * bitrate);
    Encoder::new(rate, format.channels.into(), &options).map_err(failed)
}

fn failed(error: AacError) -> Error {
    unwritable(error.to_string())
}

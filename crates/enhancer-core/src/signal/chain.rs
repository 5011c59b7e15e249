//! The signal's path to the model and back: from samples at the input's rate to the model's input,
//! and from the model's output to the result.

use super::{Controls, Gain, Loss, Mixer};
use crate::audio::{Planes, Resampler};
use crate::error::Result;

/// The largest magnitude that passes; full scale is 1. No recording comes near it, not even 16-bit
/// integers that were read as floats. The powers in sums over a spectrum stay far from infinity.
const LARGEST: f32 = 65_536.0;

/// The minimum share of the model's output in a result for which losses are reported. With a
/// smaller share, the input in the result is at most 20 dB below its level.
const MOSTLY_WET: f32 = 0.9;

/// Everything around the model in one session. Both directions keep the order of samples. The
/// output is aligned to the input and as long.
pub(crate) struct SignalPath {
    /// Whether samples pass unchanged, including NaN and infinity.
    as_is: bool,
    /// To the model's rate and back, if it is not the input's rate.
    resamplers: Option<Resamplers>,
    gain: Option<Gain>,
    mixer: Option<Mixer>,
    /// Watches the model, if its output is most of the result.
    loss: Option<Loss>,
    channels: usize,
    /// The number of input samples so far.
    received: u64,
}

struct Resamplers {
    to_model: Resampler,
    from_model: Resampler,
}

impl SignalPath {
    /// The path for audio with this rate and at least one channel, around a model with
    /// `model_rate`, or `None` if the model accepts any rate. If `with_input`, the input is
    /// returned too, its channels before the result's.
    ///
    /// # Errors
    /// `InvalidValue` if the rate has to be converted and cannot be.
    pub(crate) fn new(
        controls: &Controls,
        sample_rate: u32,
        model_rate: Option<u32>,
        channels: usize,
        with_input: bool,
    ) -> Result<SignalPath> {
        let rate = model_rate.unwrap_or(sample_rate);
        let resamplers = (rate != sample_rate)
            .then(|| Resamplers::new(sample_rate, rate, channels))
            .transpose()?;
        // A model that accepts any rate may move bits around. It decides what to do with NaN.
        let as_is = model_rate.is_none() && controls.leave_samples() && !with_input;
        let is_watched = !as_is && controls.wetness() > MOSTLY_WET;
        Ok(SignalPath {
            as_is,
            resamplers,
            gain: Gain::new(controls.gain(model_rate.is_none()), rate, channels),
            mixer: Mixer::new(controls, channels, with_input),
            loss: is_watched.then(|| Loss::new(sample_rate, channels)).flatten(),
            channels,
            received: 0,
        })
    }

    /// By how much the loudness has fallen so far, in LU, if almost everything was removed.
    pub(crate) fn fall(&self) -> Option<f64> {
        self.loss.as_ref()?.fall()
    }

    /// The same path without the detection of losses, for callers that do not need it.
    pub(crate) fn unwatched(self) -> SignalPath {
        SignalPath { loss: None, ..self }
    }

    /// The number of samples, at the model's rate, that are processed together.
    pub(crate) fn frame(&self) -> usize {
        self.gain.as_ref().map_or(1, Gain::frame)
    }

    /// The number of input samples so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The number of input samples for this many samples at the model's rate, rounded up.
    pub(crate) fn input_len(&self, model: u64) -> u64 {
        self.resamplers.as_ref().map_or(model, |both| both.to_model.input_len(model))
    }

    /// The number of samples at the model's rate for this many input samples.
    pub(crate) fn model_len(&self, input: u64) -> u64 {
        self.resamplers.as_ref().map_or(input, |both| both.to_model.output_len(input))
    }

    /// Takes input samples and returns the model's next input.
    pub(crate) fn condition(&mut self, input: &[&[f32]]) -> Result<Planes> {
        self.received += input[0].len() as u64;
        let mut planes: Planes = input.iter().map(|plane| plane.to_vec()).collect();
        if !self.as_is {
            planes.iter_mut().flatten().for_each(|sample| *sample = finite(*sample));
        }
        if let Some(mixer) = &mut self.mixer {
            mixer.push(&planes);
        }
        if let Some(loss) = &mut self.loss {
            loss.push_dry(&planes);
        }
        if let Some(both) = &mut self.resamplers {
            planes = both.to_model.push(&planes)?;
        }
        Ok(match &mut self.gain {
            Some(gain) => gain.apply(planes),
            None => planes,
        })
    }

    /// Ends the input and returns the rest of the model's input.
    pub(crate) fn finish(&mut self) -> Result<Planes> {
        let len = self.model_len(self.received);
        let rest = match &mut self.resamplers {
            Some(both) => both.to_model.finish(len)?,
            None => vec![Vec::new(); self.channels],
        };
        Ok(match &mut self.gain {
            Some(gain) => gain.finish(rest),
            None => rest,
        })
    }

    /// Takes the model's next output and returns the result that is ready.
    pub(crate) fn restore(&mut self, mut planes: Planes) -> Result<Planes> {
        if let Some(gain) = &mut self.gain {
            gain.undo(&mut planes);
        }
        if let Some(both) = &mut self.resamplers {
            planes = both.from_model.push(&planes)?;
        }
        Ok(self.mixed(planes))
    }

    /// Ends the model's output and returns the rest of the result, which is then as long as the
    /// input.
    pub(crate) fn finish_restoring(&mut self) -> Result<Planes> {
        let rest = match &mut self.resamplers {
            Some(both) => both.from_model.finish(self.received)?,
            None => vec![Vec::new(); self.channels],
        };
        Ok(self.mixed(rest))
    }

    fn mixed(&mut self, planes: Planes) -> Planes {
        if let Some(loss) = &mut self.loss {
            loss.push_wet(&planes);
        }
        match &mut self.mixer {
            Some(mixer) => mixer.mix(planes),
            None => planes,
        }
    }
}

impl Resamplers {
    fn new(sample_rate: u32, model_rate: u32, channels: usize) -> Result<Resamplers> {
        Ok(Resamplers {
            to_model: Resampler::new(sample_rate, model_rate, channels)?,
            from_model: Resampler::new(model_rate, sample_rate, channels)?,
        })
    }
}

/// Replaces samples that cannot be used for arithmetic: NaN, infinity, and anything beyond
/// [`LARGEST`].
pub(crate) fn finite(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-LARGEST, LARGEST) }
}

#[cfg(test)]
mod tests;

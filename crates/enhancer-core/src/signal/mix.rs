//! Mixes the input and the model's output.

use super::{Controls, Output};
use crate::audio::{Planes, append};

/// Mixes the model's output, *wet*, with the input, *dry*. [`Controls`] has the formula.
#[derive(Clone, Copy)]
pub(crate) struct Blend {
    /// The share of the wet signal in the result.
    wet: f32,
    output: Output,
}

impl Blend {
    pub(crate) fn new(controls: &Controls) -> Blend {
        Blend { wet: controls.wetness(), output: controls.output }
    }

    /// Whether the result is the wet signal.
    fn is_wet(&self) -> bool {
        self.wet >= 1.0 && self.output == Output::Enhanced
    }

    /// The result for one sample.
    pub(crate) fn of(&self, wet: f32, dry: f32) -> f32 {
        let enhanced = match self.wet {
            // The exact bits: a sum would turn -0 into 0.
            0.0 => dry,
            1.0 => wet,
            part => part * wet + (1.0 - part) * dry,
        };
        match self.output {
            Output::Enhanced => enhanced,
            Output::Removed => dry - enhanced,
        }
    }
}

/// Delays the input until the corresponding output comes, and mixes both.
pub(crate) struct Mixer {
    blend: Blend,
    /// Whether the input is returned too, before the result.
    with_input: bool,
    /// Input for which no wet samples have come yet.
    dry: Planes,
}

impl Mixer {
    /// Creates a mixer for this many channels; `None` if the result is only the wet signal.
    pub(crate) fn new(controls: &Controls, channels: usize, with_input: bool) -> Option<Mixer> {
        let blend = Blend::new(controls);
        let needed = with_input || !blend.is_wet();
        needed.then(|| Mixer { blend, with_input, dry: vec![Vec::new(); channels] })
    }

    /// Takes input samples.
    pub(crate) fn push(&mut self, dry: &Planes) {
        append(&mut self.dry, dry);
    }

    /// Returns the result for the next wet samples.
    pub(crate) fn mix(&mut self, mut wet: Planes) -> Planes {
        let mut input = Planes::new();
        for (wet, dry) in wet.iter_mut().zip(&mut self.dry) {
            let dry: Vec<_> = dry.drain(..wet.len()).collect();
            wet.iter_mut().zip(&dry).for_each(|(wet, dry)| *wet = self.blend.of(*wet, *dry));
            if self.with_input {
                input.push(dry);
            }
        }
        input.append(&mut wet);
        input
    }
}

//! What comes out, of what came in and what the model made of it.

use super::{Controls, Output};
use crate::audio::{Planes, append};

/// Mixes the model's output, *wet*, with the input, *dry*. See [`Controls`] for what it
/// computes.
#[derive(Clone, Copy)]
pub(crate) struct Blend {
    /// The part of the wet signal in the result.
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

    /// The result of one sample.
    pub(crate) fn of(&self, wet: f32, dry: f32) -> f32 {
        let enhanced = match self.wet {
            // The very bits: a sum would make 0 of -0.
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

/// Lets the input wait until its counterpart is there, and mixes both.
pub(crate) struct Mixer {
    blend: Blend,
    /// Whether the input comes out too, before the result.
    with_input: bool,
    /// The input that no wet samples have come for.
    dry: Planes,
}

impl Mixer {
    /// A mixer of that many channels; `None` if only the wet signal comes out.
    pub(crate) fn new(controls: &Controls, channels: usize, with_input: bool) -> Option<Mixer> {
        let blend = Blend::new(controls);
        let needed = with_input || !blend.is_wet();
        needed.then(|| Mixer { blend, with_input, dry: vec![Vec::new(); channels] })
    }

    /// Takes samples of the input.
    pub(crate) fn push(&mut self, dry: &Planes) {
        append(&mut self.dry, dry);
    }

    /// What comes out for the wet samples that come next.
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

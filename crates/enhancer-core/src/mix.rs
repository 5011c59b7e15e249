//! What comes out, of what came in and what the model made of it.

use crate::audio::{Planes, append};
use crate::controls::{Controls, Output};

/// Mixes the model's output, *wet*, with the input, *dry*, which waits until its
/// counterpart is there. See [`Controls`] for what it computes.
pub(crate) struct Mixer {
    /// The part of the wet signal in the result.
    wet: f32,
    output: Output,
    /// The input that no wet samples have come for.
    dry: Planes,
}

impl Mixer {
    /// A mixer of that many channels; `None` if the result is the wet signal.
    pub(crate) fn new(controls: &Controls, channels: usize) -> Option<Mixer> {
        let (wet, output) = (controls.wetness(), controls.output);
        let needed = wet < 1.0 || output == Output::Removed;
        needed.then(|| Mixer { wet, output, dry: vec![Vec::new(); channels] })
    }

    /// Takes samples of the input.
    pub(crate) fn push(&mut self, dry: &Planes) {
        append(&mut self.dry, dry);
    }

    /// Makes the result of the wet samples that come next.
    pub(crate) fn mix(&mut self, wet: &mut Planes) {
        let (part, output) = (self.wet, self.output);
        for (wet, dry) in wet.iter_mut().zip(&mut self.dry) {
            let dry = dry.drain(..wet.len());
            wet.iter_mut().zip(dry).for_each(|(wet, dry)| *wet = result(*wet, dry, part, output));
        }
    }
}

fn result(wet: f32, dry: f32, part: f32, output: Output) -> f32 {
    let enhanced = match part {
        // The very bits: a sum would make 0 of -0.
        0.0 => dry,
        1.0 => wet,
        _ => part * wet + (1.0 - part) * dry,
    };
    match output {
        Output::Enhanced => enhanced,
        Output::Removed => dry - enhanced,
    }
}

//! Conversion of the interface's controls.

use enhancer_core::{Controls, InputGain, Output};

use super::bindings::exports::enhancer::audio::types;

impl From<types::Controls> for Controls {
    fn from(controls: types::Controls) -> Controls {
        let defaults = Controls::default();
        Controls::default()
            .with_attenuation_limit(controls.attenuation_limit)
            .with_mix(controls.mix.unwrap_or(defaults.mix))
            .with_input_gain(controls.input_gain.map(Into::into))
            .with_output(controls.output.map_or(defaults.output, Into::into))
            .with_post_filter(controls.post_filter)
            .with_exact(controls.exact)
    }
}

impl From<types::InputGain> for InputGain {
    fn from(gain: types::InputGain) -> InputGain {
        match gain {
            types::InputGain::Auto => InputGain::Auto,
            types::InputGain::Decibels(gain) => InputGain::Decibels(gain),
        }
    }
}

impl From<types::Output> for Output {
    fn from(output: types::Output) -> Output {
        match output {
            types::Output::Enhanced => Output::Enhanced,
            types::Output::Removed => Output::Removed,
        }
    }
}

//! Controls for users: how much is removed, how much of the input remains, and how loud the model's
//! input is.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::names::names;
use crate::setters::setters;

/// The range of input gains in dB.
const GAINS: RangeInclusive<f32> = -60.0..=60.0;

/// How a session's audio is treated. By default the model does all it can.
///
/// With *wet* for the model's output and *dry* for the input, both at the input's
/// rate and aligned, a session gives
///
/// ```text
/// limited = (1 - l) · wet + l · dry      l = 10^(-attenuation_limit / 20)
/// result  = mix · limited + (1 - mix) · dry
/// removed = dry - result
/// ```
///
/// As JSON its names are in `camelCase`, all are optional, and others are errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Controls {
    /// The maximum attenuation of noise, in dB, 0 or more: a little noise stays. Mixing samples equals mixing spectra, so for DeepFilterNet this is
    /// its own attenuation limit. Default: no limit.
    pub attenuation_limit: Option<f32>,
    /// Blend of the original and the enhanced audio, from 0 (original) to 1 (enhanced). At 0
    /// the input comes back bit for bit, as long as it is finite and within ±65 536; at 1 none
    /// of it is mixed in. Default: 1.
    pub mix: f32,
    /// The gain before the model, -60 to 60 dB. It is undone after the model: the result is as
    /// loud as the input. `auto` raises quiet speech, which models tend to remove. Default: `auto`;
    /// but 0 dB with `exact`, since that is the reference, and 0 dB for a model that takes any
    /// rate, which gets every bit as it is.
    pub input_gain: Option<InputGain>,
    /// What comes out: the enhanced audio, or only what was removed. Default: the enhanced audio.
    pub output: Output,
    /// Whether DeepFilterNet's own post-filter attenuates the remaining noise a little more. Other
    /// models have no post-filter. Default: no.
    pub post_filter: bool,
    /// Whether the model runs strictly hop by hop, not many hops at a time: slower,
    /// and the reference that the usual way is measured against. Default: no.
    pub exact: bool,
}

setters!(Controls {
    with_attenuation_limit => attenuation_limit: Option<f32>,
    with_mix => mix: f32,
    with_input_gain => input_gain: Option<InputGain>,
    with_output => output: Output,
    with_post_filter => post_filter: bool,
    with_exact => exact: bool,
});

impl Default for Controls {
    fn default() -> Self {
        Controls {
            attenuation_limit: None,
            mix: 1.0,
            input_gain: None,
            output: Output::Enhanced,
            post_filter: false,
            exact: false,
        }
    }
}

impl Controls {
    /// Checks that all values are within their ranges.
    ///
    /// # Errors
    /// `InvalidValue`, which names the first invalid one. NaN is always invalid.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(limit) = self.attenuation_limit
            && !(0.0..=f32::MAX).contains(&limit)
        {
            let name = "the attenuation limit";
            return Err(Error::invalid(name, "0 dB or more", format!("{limit} dB")));
        }
        if !(0.0..=1.0).contains(&self.mix) {
            return Err(Error::invalid("the mix", "0 to 1", self.mix));
        }
        match self.input_gain {
            Some(InputGain::Decibels(gain)) if !GAINS.contains(&gain) => {
                let expected = format!("{} to {} dB or auto", GAINS.start(), GAINS.end());
                Err(Error::invalid("the input gain", expected, format!("{gain} dB")))
            }
            _ => Ok(()),
        }
    }

    /// The share of the model's output in the result. The rest is the input.
    pub(crate) fn wetness(&self) -> f32 {
        let rest = self.attenuation_limit.map_or(0.0, |limit| 10f32.powf(-limit / 20.0));
        self.mix * (1.0 - rest)
    }

    /// The gain of the model's input: the requested one, or the default for such a run.
    pub(crate) fn gain(&self, model_takes_any_rate: bool) -> InputGain {
        let is_left = self.exact || model_takes_any_rate;
        let usual = if is_left { InputGain::UNITY } else { InputGain::Auto };
        self.input_gain.unwrap_or(usual)
    }

    /// Whether the samples pass to the model and to the result without any arithmetic, if the model
    /// accepts any rate.
    pub(crate) fn leave_samples(&self) -> bool {
        let defaults = Controls::default();
        (self.attenuation_limit, self.mix) == (None, defaults.mix)
            && self.gain(true) == InputGain::UNITY
            && self.output == defaults.output
    }
}

/// The gain that is applied to the input before the model. On a command line and in JSON it
/// is a number of dB or `auto`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "number | \"auto\""))]
#[non_exhaustive]
pub enum InputGain {
    /// The same for all samples, in dB, -60 to 60.
    Decibels(f32),
    /// Raises quiet speech, which models tend to take for noise and delete, to a
    /// level that they know; loud speech is left as it is. The level is tracked
    /// as the audio comes, and all channels get the same gain, 40 dB at most.
    Auto,
}

impl InputGain {
    /// No gain.
    pub(crate) const UNITY: InputGain = InputGain::Decibels(0.0);
}

impl fmt::Display for InputGain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputGain::Decibels(gain) => gain.fmt(f),
            InputGain::Auto => f.write_str("auto"),
        }
    }
}

impl FromStr for InputGain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "auto" {
            return Ok(InputGain::Auto);
        }
        text.parse()
            .map(InputGain::Decibels)
            .map_err(|_| Error::invalid("the input gain", "a number of dB or auto", text))
    }
}

impl Serialize for InputGain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            InputGain::Decibels(gain) => serializer.serialize_f32(*gain),
            InputGain::Auto => serializer.serialize_str("auto"),
        }
    }
}

impl<'de> Deserialize<'de> for InputGain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrAuto)
    }
}

struct NumberOrAuto;

impl Visitor<'_> for NumberOrAuto {
    type Value = InputGain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of dB or \"auto\"")
    }

    fn visit_f64<E: de::Error>(self, gain: f64) -> Result<InputGain, E> {
        Ok(InputGain::Decibels(gain as f32))
    }

    fn visit_i64<E: de::Error>(self, gain: i64) -> Result<InputGain, E> {
        self.visit_f64(gain as f64)
    }

    fn visit_u64<E: de::Error>(self, gain: u64) -> Result<InputGain, E> {
        self.visit_f64(gain as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<InputGain, E> {
        match text {
            "auto" => Ok(InputGain::Auto),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}

/// What comes out of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Output {
    /// The enhanced audio.
    #[default]
    Enhanced,
    /// What the enhancement removed: the input minus the enhanced audio.
    Removed,
}

names!(Output, "the output", [Enhanced, Removed]);

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(controls: Controls) -> String {
        controls.check().unwrap_err().to_string()
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        Controls::default().check().unwrap();
        let usual = Controls::default();
        let limit = |limit| refusal(Controls { attenuation_limit: Some(limit), ..usual });
        let mix = |mix| refusal(Controls { mix, ..usual });
        let gain =
            |gain| refusal(Controls { input_gain: Some(InputGain::Decibels(gain)), ..usual });
        assert_eq!(limit(-1.0), "the attenuation limit is -1 dB, expected 0 dB or more");
        assert_eq!(limit(f32::NAN), "the attenuation limit is NaN dB, expected 0 dB or more");
        assert_eq!(mix(1.5), "the mix is 1.5, expected 0 to 1");
        assert_eq!(mix(f32::NAN), "the mix is NaN, expected 0 to 1");
        assert_eq!(gain(61.0), "the input gain is 61 dB, expected -60 to 60 dB or auto");
        assert_eq!(gain(f32::NAN), "the input gain is NaN dB, expected -60 to 60 dB or auto");
    }

    #[test]
    fn they_are_read_from_json_and_written_to_it() {
        let read = serde_json::from_str::<Controls>;
        assert_eq!(read("{}").unwrap(), Controls::default());
        let text = r#"{"attenuationLimit":12.0,"mix":0.5,"inputGain":"auto","output":"removed","postFilter":true,"exact":true}"#;
        let controls = Controls {
            attenuation_limit: Some(12.0),
            mix: 0.5,
            input_gain: Some(InputGain::Auto),
            output: Output::Removed,
            post_filter: true,
            exact: true,
        };
        assert_eq!(read(text).unwrap(), controls);
        assert_eq!(serde_json::to_string(&controls).unwrap(), text);
        for gain in ["-6", "6", "6.5"] {
            let text = format!(r#"{{"inputGain":{gain}}}"#);
            let read: Controls = serde_json::from_str(&text).unwrap();
            assert_eq!(read.input_gain, Some(InputGain::Decibels(gain.parse().unwrap())));
        }
        let error = read(r#"{"inputGain":"loud"}"#).unwrap_err().to_string();
        assert!(error.contains("\"loud\", expected a number of dB or \"auto\""), "{error}");
        assert!(read(r#"{"attenuationLimt":12}"#).is_err());
    }

    #[test]
    fn quiet_speech_is_raised_unless_the_run_is_a_reference() {
        let usual = Controls::default();
        assert_eq!(usual.gain(false), InputGain::Auto);
        assert_eq!(usual.gain(true), InputGain::UNITY);
        assert_eq!(Controls { exact: true, ..usual }.gain(false), InputGain::UNITY);
        for asked in [InputGain::Auto, InputGain::UNITY, InputGain::Decibels(6.0)] {
            let controls = Controls { input_gain: Some(asked), ..usual };
            assert_eq!(controls.gain(true), asked);
            assert_eq!(Controls { exact: true, ..controls }.gain(false), asked);
        }
    }

    #[test]
    fn names_are_read_back() {
        for gain in ["auto", "0", "-12.5"] {
            assert_eq!(gain.parse::<InputGain>().unwrap().to_string(), gain);
        }
        assert!("loud".parse::<InputGain>().unwrap_err().to_string().contains("loud"));
        for output in ["enhanced", "removed"] {
            assert_eq!(output.parse::<Output>().unwrap().to_string(), output);
        }
        assert!("noise".parse::<Output>().unwrap_err().to_string().contains("noise"));
    }

    #[test]
    fn the_attenuation_limit_keeps_its_part_of_the_input() {
        let wetness = |limit, mix| {
            Controls { attenuation_limit: limit, mix, ..Controls::default() }.wetness()
        };
        assert_eq!(wetness(None, 1.0), 1.0);
        assert_eq!(wetness(Some(0.0), 1.0), 0.0);
        assert!((wetness(Some(20.0), 1.0) - 0.9).abs() < 1e-6);
        assert!((wetness(Some(6.0206), 0.5) - 0.25).abs() < 1e-5);
    }
}

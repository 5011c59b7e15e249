//! Options as clients send them: fields of a form or of a query.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::{FromStr, ParseBoolError};

use enhancer_core::{Container, Controls, EnhanceOptions, Limits, Output, RawFormat, SampleFormat};
use serde_json::{Map, Number, Value};
use utoipa::{IntoParams, ToSchema};

use super::names::{FormatName, InputGain, OutputName, PriorityName, SampleFormatName};
use super::{Engine, Options};
use crate::problem::{FieldError, Problem, Result};

/// Options for the enhancement. All are optional.
// Only for the documentation: values are read one by one, so that all invalid fields are
// reported together.
#[derive(IntoParams, ToSchema)]
#[schema(as = EnhanceOptions)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only documents the fields")]
pub(crate) struct OptionFields {
    /// The name of a model from `GET /models`. Default: set by the server.
    #[schema(example = "deepfilternet3")]
    model: Option<String>,
    /// Maximum noise attenuation in dB, 0 or more. Default: no limit.
    #[schema(minimum = 0)]
    #[param(minimum = 0)]
    attenuation_limit: Option<f32>,
    /// Blend of original and enhanced audio, from 0 (original) to 1 (enhanced). Default: 1.
    #[schema(minimum = 0, maximum = 1)]
    #[param(minimum = 0, maximum = 1)]
    mix: Option<f32>,
    /// Gain before the model, -60 to 60 dB, undone after it. `auto` boosts quiet speech, which
    /// models tend to remove. Default: `auto`; 0 with `exact`.
    input_gain: Option<InputGain>,
    /// What to return: `enhanced`, or `removed` for only what was removed. Default: `enhanced`.
    output: Option<OutputName>,
    /// Attenuate the remaining noise a little more; only DeepFilterNet supports this.
    /// Default: false.
    post_filter: Option<bool>,
    /// Run the model strictly one hop at a time: slower, a reference. Default: false.
    exact: Option<bool>,
    /// Bring talkers who are near and far to one loudness: speech is raised or lowered slowly, by up
    /// to 15 dB, and pauses are not raised. True peaks are limited to -1 dBTP. Default: false.
    level: Option<bool>,
    /// Normalise the result to this integrated loudness (EBU R 128), in LUFS, above -70 and at
    /// most -5. True peaks are limited to -1 dBTP. Default: do not normalise.
    #[schema(maximum = -5, example = -16)]
    #[param(maximum = -5)]
    loudness: Option<f32>,
    /// Return only the sound of a video. Otherwise the result of a video in MP4, MOV, Matroska or
    /// WebM is that video with its enhanced sound; its other tracks are copied. Default: false.
    audio_only: Option<bool>,
    /// Leave the sound of a video PCM if it is, with the same sample format. Otherwise it becomes AAC,
    /// or Opus in Matroska. Default: false.
    keep_pcm: Option<bool>,
    /// Container of the result: `wav`, `flac`, `opus`, `mp3`, `m4a` or `raw`; of a video also
    /// `mp4`, `mov`, `mkv` or `webm`, whichever the source is. Default: `wav`, `flac`, `mp3`, `raw`
    /// or the kind of video like the source; `m4a` for AAC, `opus` for what else is compressed with loss;
    /// otherwise `wav`.
    format: Option<FormatName>,
    /// Sample format of the result: `s16le`, `s24le`, `s32le` or `f32le`. FLAC supports the
    /// first two; Opus, MP3 and M4A have none. Default: the bit depth of the source.
    sample_format: Option<SampleFormatName>,
    /// Bit rate of the result in kbit/s, for `opus` (6 to 256 for each channel), `mp3` (32 to 320,
    /// or 8 to 160 up to 24 kHz) and `m4a` (8 to 192 for each channel). Default: one that is good
    /// for speech.
    #[schema(minimum = 6, maximum = 2048)]
    #[param(minimum = 6, maximum = 2048)]
    bitrate: Option<u32>,
    /// Sample format of a raw source. Any `raw_` field makes the source raw. Default in that
    /// case: `f32le`.
    raw_sample_format: Option<SampleFormatName>,
    /// Sample rate of a raw source in Hz. Default: set by the server, usually 48000.
    #[schema(minimum = 1000, maximum = 768000)]
    #[param(minimum = 1000, maximum = 768000)]
    raw_sample_rate: Option<u32>,
    /// Number of interleaved channels of a raw source. Default: 1.
    #[schema(minimum = 1, maximum = 64)]
    #[param(minimum = 1, maximum = 64)]
    raw_channels: Option<u16>,
    /// Reject damaged recordings. Otherwise the readable part is enhanced, and a warning says
    /// where the damage is. Default: false.
    strict: Option<bool>,
    /// The audio track of the recording to enhance, counted from 1. Default: the default track,
    /// or else the first that can be read.
    #[schema(minimum = 1)]
    #[param(minimum = 1)]
    track: Option<u32>,
    /// Rate the recording before and after, as listeners would, and say whether it got better. Takes
    /// seconds. Not for `output=removed`. Default: false.
    score: Option<bool>,
    /// Priority over other recordings: `low`, `normal` or `high`. Default: `normal`.
    priority: Option<PriorityName>,
}

/// The lowest rate of raw sources, in Hz: at a lower one a small file would be hours of work.
const LEAST_RATE: u32 = 1000;

const KNOWN: [&str; 21] = [
    "model",
    "attenuation_limit",
    "mix",
    "input_gain",
    "output",
    "post_filter",
    "exact",
    "level",
    "loudness",
    "audio_only",
    "keep_pcm",
    "format",
    "sample_format",
    "bitrate",
    "raw_sample_format",
    "raw_sample_rate",
    "raw_channels",
    "strict",
    "track",
    "score",
    "priority",
];

impl Options {
    /// Whether a field of that name is an option.
    pub(crate) fn has_field(name: &str) -> bool {
        KNOWN.contains(&name)
    }

    /// Reads options from fields.
    ///
    /// # Errors
    /// 422 with all invalid fields: unknown, repeated, or out of range.
    pub(crate) fn from_fields(engine: &Engine, fields: &[(String, String)]) -> Result<Options> {
        let mut reader = Reader::new(fields);
        let mut enhance = EnhanceOptions::default();
        enhance.raw = reader.raw(engine.raw_sample_rate());
        enhance.strict = reader.switch("strict");
        enhance.track = reader.parsed::<NonZeroU32>("track", "a number, 1 or more").map(Into::into);
        enhance.input_gain = reader.named("input_gain");
        enhance.post_filter = reader.switch("post_filter");
        enhance.exact = reader.switch("exact");
        enhance.attenuation_limit = reader.parsed("attenuation_limit", "a number of dB, 0 or more");
        enhance.mix = reader.parsed("mix", "a number from 0 to 1").unwrap_or(enhance.mix);
        reader.set("output", &mut enhance.output);
        enhance.level = reader.switch("level");
        enhance.loudness = reader.named("loudness");
        enhance.audio_only = reader.switch("audio_only");
        enhance.keep_pcm = reader.switch("keep_pcm");
        enhance.container = reader.container("format");
        enhance.sample_format = reader.named("sample_format");
        enhance.bitrate = reader.parsed("bitrate", "a whole number of kbit/s");
        reader.set("priority", &mut enhance.priority);
        let score = reader.switch("score");
        if score && enhance.output == Output::Removed {
            reader
                .wrong("score", "compares the recording with the enhanced one: leave out `output`");
        }
        let model = reader.text("model").map(ToOwned::to_owned);
        let options = Options { model, score, enhance };
        if let Err(error) = engine.name(options.model.as_deref()) {
            reader.wrong("model", error);
        }
        let (controls, defaults) = (options.enhance.controls(), Controls::default());
        for (field, alone) in [
            (
                "attenuation_limit",
                Controls { attenuation_limit: controls.attenuation_limit, ..defaults },
            ),
            ("mix", Controls { mix: controls.mix, ..defaults }),
            ("input_gain", Controls { input_gain: controls.input_gain, ..defaults }),
        ] {
            if let Err(error) = alone.check() {
                reader.wrong(field, error);
            }
        }
        reader.finish().map(|()| options)
    }
}

/// Fields as a client sent them, with numbers and booleans in place of their texts. Infinity,
/// which means no limit, is left out: JSON does not have it.
pub(crate) fn typed(fields: BTreeMap<String, String>) -> Value {
    let typed = fields.into_iter().filter_map(|(name, text)| {
        let value = match name.as_str() {
            // Its name may be a number.
            "model" => Some(Value::String(text)),
            _ => value(text),
        };
        Some((name, value?))
    });
    Value::Object(typed.collect::<Map<_, _>>())
}

fn value(text: String) -> Option<Value> {
    if let Ok(Switch(on)) = text.parse() {
        return Some(Value::Bool(on));
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    match text.parse() {
        Ok(number) => Number::from_f64(number).map(Value::Number),
        Err(_) => Some(Value::String(text)),
    }
}

/// `true` or `false`, in upper or lower case: clients that are generated for Python send `True`.
struct Switch(bool);

impl FromStr for Switch {
    type Err = ParseBoolError;

    fn from_str(text: &str) -> Result<Switch, ParseBoolError> {
        text.to_ascii_lowercase().parse().map(Switch)
    }
}

/// Reads fields and collects their errors.
struct Reader<'a> {
    fields: &'a [(String, String)],
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn new(fields: &'a [(String, String)]) -> Self {
        let mut reader = Reader { fields, errors: Vec::new() };
        let mut known = format!("is not a known field; known fields are {}", KNOWN.join(", "));
        for (at, (name, _)) in fields.iter().enumerate() {
            if !Options::has_field(name) {
                // All of them are listed once.
                reader
                    .wrong(name, std::mem::replace(&mut known, "is not a known field".to_owned()));
            } else if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                reader.wrong(name, "is given more than once");
            }
        }
        reader
    }

    /// The value of a field. An empty one counts as absent: forms send it for a blank field.
    fn text(&self, name: &str) -> Option<&'a str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.wrong(name, format!("is {text:?}, expected {expected}"));
        }
        value
    }

    /// A value of the core, whose error says what was expected.
    fn named<T: FromStr<Err = enhancer_core::Error>>(&mut self, name: &str) -> Option<T> {
        match self.text(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(name, error);
                None
            }
        }
    }

    /// Replaces a default by the field's value, if there is one.
    fn set<T: FromStr<Err = enhancer_core::Error>>(&mut self, name: &str, value: &mut T) {
        if let Some(named) = self.named(name) {
            *value = named;
        }
    }

    fn switch(&mut self, name: &str) -> bool {
        self.parsed(name, "true or false").is_some_and(|Switch(on)| on)
    }

    fn container(&mut self, name: &str) -> Option<Container> {
        let text = self.text(name)?;
        let written = text.parse().ok().and_then(Container::written);
        if written.is_none() {
            self.wrong(name, format!("is {text:?}, expected {}", Container::WRITTEN));
        }
        written
    }

    fn raw(&mut self, default_rate: u32) -> Option<RawFormat> {
        let is_raw = self.fields.iter().any(|(name, value)| {
            name.starts_with("raw_") && Options::has_field(name) && !value.is_empty()
        });
        let limits = Limits::default();
        let sample_format = self.named("raw_sample_format").unwrap_or(SampleFormat::F32le);
        let sample_rate =
            self.counted("raw_sample_rate", LEAST_RATE..=limits.sample_rate, default_rate);
        let channels = self.counted("raw_channels", 1..=limits.channels.into(), 1) as u16;
        is_raw.then_some(RawFormat { sample_format, sample_rate, channels })
    }

    fn counted(&mut self, name: &str, allowed: RangeInclusive<u32>, default: u32) -> u32 {
        let expected = format!("a whole number from {} to {}", allowed.start(), allowed.end());
        let value = self.parsed(name, &expected).unwrap_or(default);
        if !allowed.contains(&value) {
            self.wrong(name, format!("is {value}, expected {expected}"));
        }
        value
    }

    fn wrong(&mut self, field: &str, detail: impl Display) {
        self.errors.push(FieldError { field: field.into(), detail: detail.to_string() });
    }

    fn finish(self) -> Result<()> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::fields(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_have_the_types_of_their_schema() {
        let fields = [
            ("model", "2"),
            ("mix", ".5"),
            ("loudness", "-16"),
            ("track", "2"),
            ("strict", "true"),
            ("score", "False"),
            ("input_gain", "auto"),
            ("format", "mp3"),
            ("attenuation_limit", "inf"),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let expected = json!({
            "model": "2",
            "mix": 0.5,
            "loudness": -16,
            "track": 2,
            "strict": true,
            "score": false,
            "input_gain": "auto",
            "format": "mp3",
        });
        assert_eq!(typed(fields), expected);
    }
}

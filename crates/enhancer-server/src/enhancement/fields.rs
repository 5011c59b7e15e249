//! Options as clients send them: fields of a form or of a query.

use std::fmt::Display;
use std::str::FromStr;

use enhancer_core::{Container, Controls, EnhanceOptions, Limits, RawFormat, SampleFormat};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Engine, Options};
use crate::problem::{FieldError, Problem, Result};

/// How a recording is to be enhanced. All are optional.
// Only the documentation reads it: values are read one by one, so that all that are
// wrong are told at once.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub(crate) struct OptionFields {
    /// A model's name, one of `GET /models`. Default: the server's own.
    #[schema(example = "deepfilternet3")]
    #[param(example = "deepfilternet3")]
    model: Option<String>,
    /// The most by which noise is attenuated, in dB, 0 or more; the rest of it stays.
    /// Default: no limit.
    #[schema(minimum = 0)]
    #[param(minimum = 0)]
    attenuation_limit: Option<f32>,
    /// How much of the result is enhanced: 0 is the input. Default: 1.
    #[schema(minimum = 0, maximum = 1)]
    #[param(minimum = 0, maximum = 1)]
    mix: Option<f32>,
    /// The gain by which the model hears the input, -60 to 60 dB, undone behind it;
    /// `auto` raises quiet speech, which models tend to delete. Default: `auto`; 0 with
    /// `exact`.
    input_gain: Option<String>,
    /// `enhanced`, or `removed`: what was taken away. Default: `enhanced`.
    #[schema(pattern = "^(enhanced|removed)$")]
    #[param(pattern = "^(enhanced|removed)$")]
    output: Option<String>,
    /// Attenuate a little further what is still noisy; DeepFilterNet alone has this.
    /// Default: false.
    post_filter: Option<bool>,
    /// Run the model strictly hop by hop: slower, the reference. Default: false.
    exact: Option<bool>,
    /// The integrated loudness that the result is brought to, in LUFS (EBU R 128), true peaks
    /// kept below -1 dBTP; above -70, at most -5. Default: as it comes.
    #[schema(maximum = -5, example = -16)]
    #[param(maximum = -5)]
    loudness: Option<f32>,
    /// The result's container: `wav`, `flac` or `raw`. Default: the source's if it can be
    /// written, else `wav`.
    #[schema(pattern = "^(wav|flac|raw)$")]
    #[param(pattern = "^(wav|flac|raw)$")]
    format: Option<String>,
    /// How samples are stored in the result: `s16le`, `s24le`, `s32le` or `f32le`; FLAC
    /// takes the first two. Default: as deep as the source.
    #[schema(pattern = "^(s16le|s24le|s32le|f32le)$")]
    #[param(pattern = "^(s16le|s24le|s32le|f32le)$")]
    sample_format: Option<String>,
    /// Says that the source is raw samples, and which. Default, if one of the `raw_`
    /// fields is given: `f32le`.
    #[schema(pattern = "^(s16le|s24le|s32le|f32le)$")]
    #[param(pattern = "^(s16le|s24le|s32le|f32le)$")]
    raw_sample_format: Option<String>,
    /// The sample rate of a raw source in Hz. Default: 48000, if the server is not set
    /// otherwise.
    #[schema(minimum = 1, maximum = 768000)]
    #[param(minimum = 1, maximum = 768000)]
    raw_sample_rate: Option<u32>,
    /// The channels of a raw source, interleaved. Default: 1.
    #[schema(minimum = 1, maximum = 64)]
    #[param(minimum = 1, maximum = 64)]
    raw_channels: Option<u16>,
    /// Refuse a damaged recording; else what can be read of it is enhanced, and a warning
    /// says where it broke. Default: false.
    strict: Option<bool>,
    /// Which others it gives way to: `low`, `normal` or `high`. Default: `normal`.
    #[schema(pattern = "^(low|normal|high)$")]
    #[param(pattern = "^(low|normal|high)$")]
    priority: Option<String>,
}

const KNOWN: [&str; 15] = [
    "model",
    "attenuation_limit",
    "mix",
    "input_gain",
    "output",
    "post_filter",
    "exact",
    "loudness",
    "format",
    "sample_format",
    "raw_sample_format",
    "raw_sample_rate",
    "raw_channels",
    "strict",
    "priority",
];

impl Options {
    /// Reads the options that fields ask for.
    ///
    /// # Errors
    /// 422 with all fields that are wrong: unknown, given twice, or out of range.
    pub(crate) fn from_fields(engine: &Engine, fields: &[(String, String)]) -> Result<Options> {
        let mut reader = Reader::new(fields);
        let mut enhance = EnhanceOptions::default();
        enhance.raw = reader.raw(engine.raw_sample_rate());
        enhance.strict = reader.switch("strict");
        enhance.input_gain = reader.named("input_gain");
        enhance.post_filter = reader.switch("post_filter");
        enhance.exact = reader.switch("exact");
        enhance.attenuation_limit = reader.parsed("attenuation_limit", "a number of dB, 0 or more");
        enhance.mix = reader.parsed("mix", "a number from 0 to 1").unwrap_or(enhance.mix);
        reader.set("output", &mut enhance.output);
        enhance.loudness = reader.named("loudness");
        enhance.container = reader.container("format");
        enhance.sample_format = reader.named("sample_format");
        reader.set("priority", &mut enhance.priority);
        let options = Options { model: reader.text("model").map(ToOwned::to_owned), enhance };
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

/// Reads fields and keeps what is wrong with them.
struct Reader<'a> {
    fields: &'a [(String, String)],
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn new(fields: &'a [(String, String)]) -> Self {
        let mut reader = Reader { fields, errors: Vec::new() };
        let mut known = format!("is unknown; known are {}", KNOWN.join(", "));
        for (at, (name, _)) in fields.iter().enumerate() {
            if !KNOWN.contains(&name.as_str()) {
                // All of them are listed once.
                reader.wrong(name, std::mem::replace(&mut known, "is unknown".to_owned()));
            } else if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                reader.wrong(name, "is given twice");
            }
        }
        reader
    }

    /// A field's value; an empty one, as forms send what was left blank, is none.
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

    /// A value of the core, which tells itself what it expected.
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
        self.parsed(name, "true or false").unwrap_or(false)
    }

    fn container(&mut self, name: &str) -> Option<Container> {
        let text = self.text(name)?;
        let writable = text.parse().ok().filter(|container: &Container| container.is_writable());
        if writable.is_none() {
            self.wrong(name, format!("is {text:?}, expected one of wav, flac, raw"));
        }
        writable
    }

    fn raw(&mut self, default_rate: u32) -> Option<RawFormat> {
        let asked = self.fields.iter().any(|(name, value)| {
            name.starts_with("raw_") && KNOWN.contains(&name.as_str()) && !value.is_empty()
        });
        let limits = Limits::default();
        let sample_format = self.named("raw_sample_format").unwrap_or(SampleFormat::F32le);
        let sample_rate = self.counted("raw_sample_rate", limits.sample_rate, default_rate);
        let channels = self.counted("raw_channels", limits.channels.into(), 1) as u16;
        asked.then_some(RawFormat { sample_format, sample_rate, channels })
    }

    fn counted(&mut self, name: &str, most: u32, default: u32) -> u32 {
        let expected = format!("a whole number from 1 to {most}");
        let value = self.parsed(name, &expected).unwrap_or(default);
        if !(1..=most).contains(&value) {
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

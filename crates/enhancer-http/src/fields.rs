//! Options as clients send them: fields of a form or of a query.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::{FromStr, ParseBoolError};

use enhancer_core::{Container, Controls, EnhanceOptions, Limits, Output, RawFormat, SampleFormat};

use crate::problem::FieldError;

/// The lowest rate of raw sources, in Hz. At a lower rate, a small file would be hours of work.
pub const LEAST_RAW_RATE: u32 = 1000;

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

/// The options that a client sent.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Asked {
    /// The model's name; `None` for the default model.
    pub model: Option<String>,
    /// Whether to rate the recording before and after.
    pub score: bool,
    /// The options of the core.
    pub enhance: EnhanceOptions,
}

/// Whether a field of that name is an option.
pub fn is_option(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Reads options from fields. `raw_sample_rate` is the default for raw sources. `check_model`
/// returns an error if the named model, or the default one, cannot be used.
///
/// # Errors
/// All invalid fields: unknown, repeated, or out of range.
pub fn read(
    fields: &[(String, String)],
    raw_sample_rate: u32,
    check_model: impl FnOnce(Option<&str>) -> Result<(), String>,
) -> Result<Asked, Vec<FieldError>> {
    let mut reader = Reader::new(fields);
    let mut enhance = EnhanceOptions::default();
    enhance.raw = reader.raw(raw_sample_rate);
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
        reader.wrong("score", "compares the recording with the enhanced one: leave out `output`");
    }
    let model = reader.text("model").map(ToOwned::to_owned);
    if let Err(error) = check_model(model.as_deref()) {
        reader.wrong("model", error);
    }
    let (controls, defaults) = (enhance.controls(), Controls::default());
    for (field, alone) in [
        ("attenuation_limit", defaults.with_attenuation_limit(controls.attenuation_limit)),
        ("mix", defaults.with_mix(controls.mix)),
        ("input_gain", defaults.with_input_gain(controls.input_gain)),
    ] {
        if let Err(error) = alone.check() {
            reader.wrong(field, error);
        }
    }
    reader.finish().map(|()| Asked { model, score, enhance })
}

/// `true` or `false`, in upper or lower case: clients that are generated for Python send `True`.
#[derive(Clone, Copy, Debug)]
pub struct Switch(
    /// The value.
    pub bool,
);

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
            if !is_option(name) {
                // Only the first error lists all known fields.
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

    /// A value of the core. Its error says what was expected.
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
            self.wrong(name, format!("is {text:?}, expected {}", Container::written_names()));
        }
        written
    }

    fn raw(&mut self, default_rate: u32) -> Option<RawFormat> {
        let is_raw = self
            .fields
            .iter()
            .any(|(name, value)| name.starts_with("raw_") && is_option(name) && !value.is_empty());
        let sample_format = self.named("raw_sample_format").unwrap_or(SampleFormat::F32le);
        let rates = LEAST_RAW_RATE..=Limits::SAMPLE_RATE;
        let sample_rate = self.counted("raw_sample_rate", rates, default_rate);
        let channels = self.counted("raw_channels", 1..=Limits::CHANNELS.into(), 1) as u16;
        is_raw.then_some(RawFormat::new(sample_format, sample_rate, channels))
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
        self.errors.push(FieldError::new(field, detail.to_string()));
    }

    fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

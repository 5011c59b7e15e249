//! Options as clients send them: fields of a form or of a query.

use std::collections::BTreeMap;

use enhancer_http::Switch;
use serde_json::{Map, Number, Value};
use utoipa::{IntoParams, ToSchema};

use super::names::{FormatName, InputGain, OutputName, PriorityName, SampleFormatName};
use super::{Engine, Options};
use crate::problem::{Problem, Result};

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
    /// Bring talkers who are near and far to one loudness: each turn is raised or lowered by up to
    /// 15 dB, and pauses are raised only within half a second of speech that is raised. True peaks
    /// are limited to -1 dBTP. Default: false.
    level: Option<bool>,
    /// Normalise the result to this integrated loudness (EBU R 128), in LUFS, above -70 and at
    /// most -5. True peaks are limited to -1 dBTP. Default: do not normalise.
    #[schema(maximum = -5, example = -16)]
    #[param(maximum = -5)]
    loudness: Option<f32>,
    /// Return only the sound of a video. Otherwise the result of a video in MP4, MOV, Matroska or
    /// WebM is that video with its enhanced sound; its other tracks are copied. Default: false.
    audio_only: Option<bool>,
    /// If the sound of a video is PCM, write PCM with the same sample format. Otherwise it becomes AAC,
    /// or Opus in Matroska. Default: false.
    keep_pcm: Option<bool>,
    /// Container of the result: `wav`, `flac`, `opus`, `mp3`, `m4a` or `raw`; of a video also
    /// `mp4`, `mov`, `mkv` or `webm`, whichever the source is. Default: `wav`, `flac`, `mp3`, `raw`
    /// or the kind of video like the source; `m4a` for AAC, `opus` for other lossy formats;
    /// otherwise `wav`.
    format: Option<FormatName>,
    /// Sample format of the result: `s16le`, `s24le`, `s32le` or `f32le`. FLAC supports the
    /// first two; Opus, MP3 and M4A have none. Default: the bit depth of the source.
    sample_format: Option<SampleFormatName>,
    /// Bit rate of the result in kbit/s, for `opus` (6 to 256 for each channel), `mp3` (32 to 320,
    /// or 8 to 160 up to 24 kHz) and `m4a` (8 to 192 for each channel). Default: a rate that
    /// suits speech.
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

impl Options {
    /// Reads options from fields.
    ///
    /// # Errors
    /// 422 with all invalid fields: unknown, repeated, or out of range.
    pub(crate) fn from_fields(engine: &Engine, fields: &[(String, String)]) -> Result<Options> {
        let check = |model: Option<&str>| engine.name(model).map(drop);
        let asked = enhancer_http::read(fields, engine.raw_sample_rate(), check);
        let enhancer_http::Asked { model, score, enhance, .. } = asked.map_err(Problem::fields)?;
        Ok(Options { model, score, enhance })
    }
}

/// Fields as a client sent them, with numbers and booleans in place of their texts. Infinity,
/// which means no limit, is left out: JSON does not have it.
pub(crate) fn typed(fields: BTreeMap<String, String>) -> Value {
    let typed = fields.into_iter().filter_map(|(name, text)| {
        let value = match name.as_str() {
            // The name of a model may look like a number.
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

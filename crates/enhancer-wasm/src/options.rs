//! What JavaScript may ask for.

use std::fmt::Display;

use enhancer_core::{Controls, Destination, ErrorCode, Limits, Loudness, Priority, RawFormat};
use js_sys::{Array, Object};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::js_error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface EnhancerOptions {
  /** Maximum number of tasks at once; idle threads help with them. Default: the number of threads in the pool. */
  workers?: number;
}

export interface EnhanceOptions {
  /** A name that is unique among running sessions. Default: generated. */
  sessionId?: string;
  /** Priority over other sessions. Default: "normal". */
  priority?: "low" | "normal" | "high";
  /** Describes raw samples. Default: the format is detected from the bytes. */
  raw?: {
    sampleFormat: "f32le" | "s16le" | "s24le" | "s32le";
    /** In Hz. */
    sampleRate: number;
    channels: number;
  };
  /** How to process the audio. Default: full enhancement. */
  controls?: Controls;
  /** How to write the result. Default: as in the source; M4A for AAC, Opus for what else is compressed with loss, otherwise WAV. */
  destination?: {
    container?: "wav" | "flac" | "opus" | "mp3" | "m4a" | "raw";
    /** Default: the bit depth of the source, or 16 bits if it is compressed with loss. Not for Opus, MP3 and M4A. */
    sampleFormat?: "s16le" | "s24le" | "s32le" | "f32le";
    /** In kbit/s, for Opus (6 to 256 for each channel), MP3 (32 to 320, or 8 to 160 up to 24 kHz) and M4A (8 to 192 for each channel). Default: one that is good for speech. */
    bitrate?: number;
  };
  /**
   * Whether talkers who are near and far are brought to one loudness: each turn is raised or lowered
   * by up to 15 dB, and pauses are raised only within half a second of speech that is raised. True
   * peaks are limited to -1 dBTP. Default: false.
   */
  level?: boolean;
  /**
   * Normalises the result to this integrated loudness in LUFS (EBU R 128), above -70 and at most
   * -5: one gain for the whole result, at most 40 dB, with true peaks limited to -1 dBTP. Silence
   * stays silent. Default: no change.
   */
  loudness?: number;
  /**
   * Whether the result of a video is its sound alone. With `false` the result of a video in MP4, MOV,
   * Matroska or WebM is that video with its enhanced sound, unless `destination` asks for another. Default: true.
   */
  audioOnly?: boolean;
  /**
   * Whether the sound of a video that is PCM stays PCM of the same sample format, if `audioOnly` is `false`.
   * Default: it becomes AAC, or Opus in Matroska.
   */
  keepPcm?: boolean;
  /** Whether damage is an error. Default: the readable part is enhanced, and the summary says where the damage is. */
  strict?: boolean;
  /** The audio track to enhance, counted from 1. Default: the default track, or else the first that can be read. */
  track?: number;
  /** Limits for the source. */
  limits?: {
    /** Default: 64. */
    channels?: number;
    /** In Hz. Default: 768000. */
    sampleRate?: number;
    /** Default: a day. */
    durationSeconds?: number;
    /** Memory that the header of a file, or one packet, may need, in bytes. Default: 64 MiB. */
    decoderMemory?: number;
  };
}

/** The outcome for a file. */
export interface Enhanced {
  /** The result. */
  blob: Blob;
  summary: {
    /** Samples of each channel. */
    samples: number;
    channels: number;
    sampleRate: number;
    durationSeconds: number;
    /** Whether the source is a video. */
    video: boolean;
    /** The container and the sample format of an audio result if no others are requested. */
    usualContainer: "wav" | "flac" | "opus" | "mp3" | "m4a" | "raw";
    usualSampleFormat: "s16le" | "s24le" | "s32le" | "f32le";
    /** Which audio track of the source was enhanced, from 1, and of how many. */
    track: { number: number; count: number };
    /** Damage in the source, if any. Missing parts are silent, or cut off at the end. */
    damage?: { atSeconds: number; reason: string; places: number };
    /** The loudness of the result in LUFS, if one was requested and the result has one. */
    loudness?: number;
    /** What the user should know, in English. */
    warnings: {
      code:
        | "damaged"
        | "length_differs"
        | "format_changes"
        | "track"
        | "edited"
        | "silence_added"
        | "not_finite"
        | "clipped"
        | "chunks_lost"
        | "video"
        | "video_not_copied"
        | "video_incomplete"
        | "almost_everything_removed"
        | "not_levelled"
        | "loudness_not_reached";
      text: string;
    }[];
  };
}

/** The controls. The result is always aligned to the input and has its sample rate. */
export interface Controls {
  /** Maximum noise attenuation in dB, 0 or more. Default: no limit. */
  attenuationLimit?: number;
  /** Blend of original and enhanced audio, from 0 (original) to 1 (enhanced). Default: 1. */
  mix?: number;
  /**
   * Gain before the model, -60 to 60 dB, undone after it; "auto" boosts quiet speech, which models
   * tend to remove. Default: "auto"; 0 with `exact`.
   */
  inputGain?: number | "auto";
  /** The enhanced audio, or only what was removed. Default: "enhanced". */
  output?: "enhanced" | "removed";
  /** Attenuates the remaining noise a little more; only DeepFilterNet supports this. Default: false. */
  postFilter?: boolean;
  /** Runs the model strictly one hop at a time: slower, a reference for the usual mode. Default: false. */
  exact?: boolean;
}

/** The progress of a session, in samples of one channel. */
export interface Progress {
  received: number;
  enhanced: number;
  expected?: number;
}
"#;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnhancerOptions {
    pub(crate) workers: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnhanceOptions {
    pub(crate) session_id: Option<String>,
    pub(crate) priority: Priority,
    pub(crate) raw: Option<RawFormat>,
    pub(crate) controls: Controls,
    pub(crate) destination: Destination,
    pub(crate) level: bool,
    pub(crate) loudness: Option<Loudness>,
    pub(crate) audio_only: Option<bool>,
    pub(crate) keep_pcm: bool,
    pub(crate) strict: bool,
    pub(crate) track: Option<u32>,
    pub(crate) limits: Limits,
}

impl From<EnhanceOptions> for enhancer_core::EnhanceOptions {
    fn from(options: EnhanceOptions) -> enhancer_core::EnhanceOptions {
        let EnhanceOptions { controls, destination, .. } = options;
        let mut enhance = enhancer_core::EnhanceOptions::default();
        enhance.raw = options.raw;
        // As before there were results with a picture: callers name them after the sound.
        enhance.audio_only = options.audio_only.unwrap_or(true);
        enhance.keep_pcm = options.keep_pcm;
        enhance.strict = options.strict;
        enhance.track = options.track;
        enhance.limits = options.limits;
        enhance.set_controls(controls);
        enhance.level = options.level;
        enhance.loudness = options.loudness;
        enhance.container = destination.container;
        enhance.sample_format = destination.sample_format;
        enhance.bitrate = destination.bitrate;
        enhance.priority = options.priority;
        enhance
    }
}

/// Reads an options object; none at all means all defaults, and so does a
/// property that is null or undefined.
pub(crate) fn read_options<T: DeserializeOwned>(options: JsValue) -> Result<T, JsValue> {
    // serde-wasm-bindgen looks up the fields it wants and overlooks all others;
    // serde_json refuses those, which are misspelt options.
    let options = to_json("the argument", &options)?.unwrap_or(Value::Object(Map::new()));
    serde_json::from_value(options).map_err(misfit)
}

/// A value as JSON, without what is null or undefined in it.
fn to_json(name: &str, value: &JsValue) -> Result<Option<Value>, JsValue> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    // JSON has no such numbers: they would pass as absent.
    if let Some(number) = value.as_f64().filter(|number| !number.is_finite()) {
        return Err(misfit(format!("{name} is {number}, expected a finite number")));
    }
    // serde would read its items as fields in order.
    if value.is_instance_of::<Array>() {
        return Err(misfit(format!("{name} is an array, expected an object")));
    }
    if !value.is_object() {
        return serde_wasm_bindgen::from_value(value.clone()).map(Some).map_err(misfit);
    }
    let mut object = Map::new();
    for entry in Object::entries(value.unchecked_ref()) {
        let entry: Array = entry.unchecked_into();
        let name: String = entry.get(0).as_string().unwrap_or_default();
        if let Some(value) = to_json(&name, &entry.get(1))? {
            object.insert(name, value);
        }
    }
    Ok(Some(Value::Object(object)))
}

fn misfit(error: impl Display) -> JsValue {
    js_error(ErrorCode::InvalidValue, &format!("invalid options: {error}"))
}

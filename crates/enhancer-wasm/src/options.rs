//! What JavaScript may ask for.

use std::fmt::Display;

use enhancer_core::{Controls, Destination, Limits, Loudness, Priority, RawFormat};
use js_sys::{Array, Object};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::js_error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface EnhancerOptions {
  /** Tasks it does at once at the most; threads that rest help with them. Default: as many as the pool's threads. */
  workers?: number;
}

export interface EnhanceOptions {
  /** A name that no other running session has. Default: one is made up. */
  sessionId?: string;
  /** Which sessions it gives way to. Default: "normal". */
  priority?: "low" | "normal" | "high";
  /** Says that the bytes are raw samples, and which. Default: the bytes tell what they are. */
  raw?: {
    sampleFormat: "f32le" | "s16le" | "s24le" | "s32le";
    /** In Hz. */
    sampleRate: number;
    channels: number;
  };
  /** How the audio is treated. Default: the model does all it can. */
  controls?: Controls;
  /** How the result is written. Default: as the source is, or as WAV if that cannot be written. */
  destination?: {
    container?: "wav" | "flac" | "raw";
    /** Default: as deep as the source; 16 bits if that is compressed with loss. */
    sampleFormat?: "s16le" | "s24le" | "s32le" | "f32le";
  };
  /**
   * The integrated loudness of the result in LUFS (EBU R 128), above -70, at most -5: one gain for
   * all of it, 40 dB at most, its peaks limited to -1 dBTP. What is silent stays as it is. Default:
   * as loud as it comes.
   */
  loudness?: number;
  /** Whether damage is an error. Default: what can be read is enhanced, and the summary says where it broke. */
  strict?: boolean;
  /** What is accepted of a source. */
  limits?: {
    /** Default: 64. */
    channels?: number;
    /** In Hz. Default: 768000. */
    sampleRate?: number;
    /** Default: a day. */
    durationSeconds?: number;
    /** How many times its own size a file of plain samples may declare. Default: 100. */
    declaredRatio?: number;
    /** Bytes that the head of a file, or one packet, may take. Default: 64 MiB. */
    decoderMemory?: number;
  };
}

/** What became of a file. */
export interface Enhanced {
  /** The result. */
  blob: Blob;
  summary: {
    /** Of each channel. */
    samples: number;
    channels: number;
    sampleRate: number;
    durationSeconds: number;
    /** Whether the source is a video, of which this is the audio. */
    video: boolean;
    /** What of the source was broken, if anything was; what was lost is silence, or missing at the end. */
    damage?: { atSeconds: number; reason: string; places: number };
  };
}

/** What can be turned. Whatever is, the result is aligned to the input, at its rate. */
export interface Controls {
  /** The most by which noise is attenuated, in dB, 0 or more; the rest of it stays. Default: no limit. */
  attenuationLimit?: number;
  /** How much of the result is enhanced, 0 to 1; 0 is the input. Default: 1. */
  mix?: number;
  /**
   * The gain by which the model hears the input, -60 to 60 dB, undone behind it; "auto" raises
   * quiet speech, which models tend to delete. Default: "auto"; 0 with `exact`.
   */
  inputGain?: number | "auto";
  /** What comes out: the enhanced audio, or what was removed from it. Default: "enhanced". */
  output?: "enhanced" | "removed";
  /** Attenuates a little further what is still noisy; DeepFilterNet alone has this. Default: false. */
  postFilter?: boolean;
  /** Runs the model strictly hop by hop: slower; the reference for the usual way. Default: false. */
  exact?: boolean;
}

/** How far a session is, in samples of one channel. */
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
    pub(crate) loudness: Option<Loudness>,
    pub(crate) strict: bool,
    pub(crate) limits: Limits,
}

impl From<EnhanceOptions> for enhancer_core::EnhanceOptions {
    fn from(options: EnhanceOptions) -> enhancer_core::EnhanceOptions {
        let EnhanceOptions { controls, destination, .. } = options;
        let mut enhance = enhancer_core::EnhanceOptions::default();
        enhance.raw = options.raw;
        enhance.strict = options.strict;
        enhance.limits = options.limits;
        enhance.input_gain = controls.input_gain;
        enhance.post_filter = controls.post_filter;
        enhance.exact = controls.exact;
        enhance.attenuation_limit = controls.attenuation_limit;
        enhance.mix = controls.mix;
        enhance.output = controls.output;
        enhance.loudness = options.loudness;
        enhance.container = destination.container;
        enhance.sample_format = destination.sample_format;
        enhance.priority = options.priority;
        enhance
    }
}

/// Reads an options object; none at all means all defaults, and so does a
/// property that is null or undefined.
pub(crate) fn read_options<T: DeserializeOwned>(options: JsValue) -> Result<T, JsValue> {
    // serde-wasm-bindgen looks up the fields it wants and overlooks all others;
    // serde_json refuses those, which are misspelt options.
    let options = to_json("what was given", &options)?.unwrap_or(Value::Object(Map::new()));
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
        return Err(misfit(format!("{name} is an array")));
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
    js_error("invalid_value", &format!("the options do not fit: {error}"))
}

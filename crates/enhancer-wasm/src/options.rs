//! What JavaScript may ask for.

use std::fmt::Display;

use enhancer_core::{AudioFormat, Priority, SampleFormat};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::js_error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
export interface EnhancerOptions {
  /** Threads of the pool it uses at the most. Default: all. */
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
    pub(crate) raw: Option<RawOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RawOptions {
    sample_format: SampleFormat,
    sample_rate: u32,
    channels: u16,
}

impl From<RawOptions> for AudioFormat {
    fn from(raw: RawOptions) -> AudioFormat {
        AudioFormat::raw(raw.sample_format, raw.sample_rate, raw.channels)
    }
}

/// Reads an options object; none at all means all defaults, and so does a
/// property that is null or undefined.
pub(crate) fn read_options<T: Default + DeserializeOwned>(options: JsValue) -> Result<T, JsValue> {
    if options.is_undefined() || options.is_null() {
        return Ok(T::default());
    }
    // serde-wasm-bindgen looks up the fields it wants and overlooks all others;
    // serde_json refuses those, which are misspelt options.
    let mut options: Map<String, Value> =
        serde_wasm_bindgen::from_value(options).map_err(misfit)?;
    options.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(options)).map_err(misfit)
}

fn misfit(error: impl Display) -> JsValue {
    js_error("invalid_value", &format!("the options do not fit: {error}"))
}

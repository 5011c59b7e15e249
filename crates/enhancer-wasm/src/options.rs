//! Options that JavaScript can pass.

use std::fmt::Display;

use enhancer_core::{Controls, Destination, ErrorCode, Limits, Loudness, Priority, RawFormat};
use js_sys::{Array, Object};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::js_error;

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
        // As before videos could be results: callers name results after the sound.
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

/// Reads an options object. A missing object, or a property that is null or undefined, means the
/// default.
pub(crate) fn read_options<T: DeserializeOwned>(options: JsValue) -> Result<T, JsValue> {
    // serde-wasm-bindgen only looks up the fields that it needs and ignores all others. serde_json
    // refuses the others, which are misspelt options.
    let options = to_json("the argument", &options)?.unwrap_or(Value::Object(Map::new()));
    serde_json::from_value(options).map_err(misfit)
}

/// Converts a value to JSON, without properties that are null or undefined.
fn to_json(name: &str, value: &JsValue) -> Result<Option<Value>, JsValue> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    // JSON does not have such numbers. They would count as absent.
    if let Some(number) = value.as_f64().filter(|number| !number.is_finite()) {
        return Err(misfit(format!("{name} is {number}, expected a finite number")));
    }
    // serde would treat its items as fields in order.
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

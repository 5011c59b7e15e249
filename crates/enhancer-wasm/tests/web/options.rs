//! Options and controls, and those that do not fit.

use enhancer_wasm::Enhancer;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

use crate::support::*;

/// A second of the sample through the passthrough model, with controls.
async fn with_controls(controls: &str) -> Vec<f32> {
    let promise = enhancer().await.enhance(file(second()), raw_with(controls), None, None);
    floats(&bytes(promise).await)
}

fn second() -> &'static [u8] {
    &SAMPLE[..48_000 * 4]
}

#[wasm_bindgen_test]
async fn bad_options_are_refused_by_name() {
    let enhancer = enhancer().await;
    for (options, mentioned) in [
        (object(r#"{"sesionId": "typo"}"#), "sesionId"),
        (object(r#"{"priority": "urgent"}"#), "urgent"),
        (object(r#"{"raw": {"sampleFormat": "f32le", "sampleRate": 1, "channel": 1}}"#), "channel"),
        (object(r#"{"raw": {"sampleFormat": "f32le"}}"#), "sampleRate"),
        (object(r#"{"controls": {"mixx": 1}}"#), "mixx"),
        (object(r#"{"controls": {"mix": 1.5}}"#), "the mix is 1.5, expected 0 to 1"),
        (object(r#"{"controls": {"attenuationLimit": -1}}"#), "expected 0 dB or more"),
        (object(r#"{"controls": {"inputGain": 61}}"#), "expected -60 to 60 dB or auto"),
        (object(r#"{"controls": {"inputGain": "loud"}}"#), "loud"),
        (object(r#"{"controls": {"output": "noise"}}"#), "noise"),
        (object(r#"{"controls": {"postFilter": true}}"#), "waveform has none"),
        (object(r#"{"controls": "exact"}"#), "exact"),
        (JsValue::from("fast"), "invalid options"),
        (object("[]"), "an array"),
        (object(r#"{"controls": []}"#), "controls is an array"),
    ] {
        let (code, message) =
            rejection(enhancer.enhance(file(&wav(&[1])), options, None, None)).await;
        assert_eq!(code, "invalid_value", "{message}");
        assert!(message.contains(mentioned), "{message}");
    }
    let error = Enhancer::new(js(MODEL).into(), object(r#"{"workers": 0}"#)).unwrap_err();
    assert_eq!(details(&error).0, "invalid_value");
}

/// An object with a control that JSON cannot express.
fn control(name: &str, value: &JsValue) -> JsValue {
    let options = raw_with("{}");
    let controls: Object = Reflect::get(&options, &"controls".into()).unwrap().unchecked_into();
    Reflect::set(&controls, &name.into(), value).unwrap();
    options
}

#[wasm_bindgen_test]
async fn numbers_that_are_none_are_refused() {
    let enhancer = enhancer().await;
    for value in [f64::NAN, f64::INFINITY] {
        for name in ["mix", "attenuationLimit", "inputGain"] {
            let options = control(name, &value.into());
            let (code, message) =
                rejection(enhancer.enhance(file(second()), options, None, None)).await;
            assert_eq!(code, "invalid_value");
            assert!(message.contains(name) && message.contains("finite"), "{message}");
        }
    }
}

#[wasm_bindgen_test]
async fn what_is_null_or_undefined_is_left_at_its_default() {
    let enhancer = enhancer().await;
    for nothing in [JsValue::UNDEFINED, JsValue::NULL] {
        for name in ["mix", "attenuationLimit", "inputGain", "output", "postFilter", "exact"] {
            let promise = enhancer.enhance(file(second()), control(name, &nothing), None, None);
            assert!(bytes(promise).await == second(), "{name}");
        }
    }
}

#[wasm_bindgen_test]
async fn controls_reach_the_core() {
    let input = floats(second());
    // Nothing is removed by a model that returns its input.
    assert!(with_controls(r#"{"output": "removed"}"#).await.iter().all(|&sample| sample == 0.0));
    for controls in [
        r#"{"mix": 0}"#,
        r#"{"mix": 0.5, "attenuationLimit": 12}"#,
        r#"{"inputGain": -6}"#,
        r#"{"inputGain": "auto"}"#,
        r#"{"exact": true}"#,
    ] {
        let snr = snr(&input, &with_controls(controls).await);
        assert!(snr > 120.0, "{controls}: {snr} dB");
    }
}

//! From bytes and folders to models.

use enhancer_wasm::{Enhancer, model_files};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

use crate::support::*;

/// The code and the message with which a model is refused.
async fn refusal(model: JsValue) -> (String, String) {
    pool().await;
    details(&Enhancer::new(model, JsValue::UNDEFINED).unwrap_err())
}

#[wasm_bindgen_test]
async fn an_enhancer_tells_of_its_model() {
    let of = |enhancer: &Enhancer| (enhancer.name(), enhancer.sample_rate(), enhancer.licence());
    assert_eq!(of(&enhancer().await), ("waveform".into(), None, None));
    let dtln = enhancer_of(DTLN.to_js()).await;
    assert_eq!(of(&dtln), ("dtln".into(), Some(16_000), Some("MIT".into())));
    let deepfilternet3 = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let licence = Some("MIT OR Apache-2.0".into());
    assert_eq!(of(&deepfilternet3), ("deepfilternet3".into(), Some(48_000), licence));
}

#[wasm_bindgen_test]
async fn a_description_tells_which_files_to_fetch() {
    let text = std::str::from_utf8(DTLN.description).unwrap();
    for description in [JsValue::from(text), js(DTLN.description).into()] {
        assert_eq!(model_files(description.clone()).unwrap(), ["dtln_1.tflite", "dtln_2.tflite"]);
        let files: Array = DTLN.files.iter().map(|(_, bytes)| js(bytes)).collect();
        assert_eq!(enhancer_of(folder(&description, &files)).await.name(), "dtln");
    }
    for (description, code) in [
        (JsValue::from("Dear diary"), "invalid_description"),
        (JsValue::from(r#"{"schema": 1}"#), "invalid_description"),
        (JsValue::from(1), "invalid_value"),
        (JsValue::UNDEFINED, "invalid_value"),
    ] {
        assert_eq!(details(&model_files(description).unwrap_err()).0, code);
    }
}

#[wasm_bindgen_test]
async fn bad_models_are_refused() {
    for bytes in [&b""[..], b"not a model", &MODEL[..MODEL.len() / 2]] {
        assert_eq!(refusal(js(bytes).into()).await.0, "corrupt_model");
    }
    for other in [JsValue::UNDEFINED, JsValue::NULL, 1.into(), "dtln".into(), Array::new().into()] {
        let (code, message) = refusal(other).await;
        assert_eq!(code, "invalid_value");
        assert!(message.contains("{ description, files }"), "{message}");
    }
}

#[wasm_bindgen_test]
async fn a_folder_with_other_files_is_refused() {
    let description: JsValue = js(DTLN.description).into();
    let [first, second] = [0, 1].map(|at| JsValue::from(js(DTLN.files[at].1)));
    let mut changed = DTLN.files[1].1.to_vec();
    changed[1_000_000] ^= 1;
    for (files, code, mentioned) in [
        (Array::of1(&first), "invalid_value", "dtln_1.tflite, dtln_2.tflite"),
        (Array::of2(&second, &first), "model_file_differs", "dtln_1.tflite"),
        (Array::of2(&first, &js(&changed)), "model_file_differs", "dtln_2.tflite"),
        (Array::of2(&first, &"second".into()), "invalid_value", "{ description, files }"),
    ] {
        let (actual, message) = refusal(folder(&description, &files)).await;
        assert_eq!(actual, code, "{message}");
        assert!(message.contains(mentioned), "{message}");
    }
}

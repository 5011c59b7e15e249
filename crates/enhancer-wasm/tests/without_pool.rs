//! A page that makes an enhancer too early; alone, since workers stay once they are there.

#![cfg(target_arch = "wasm32")]

use enhancer_wasm::{Enhancer, start_workers};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const MODEL: &[u8] = include_bytes!("../../../models/passthrough_model_lite.tflite");

#[wasm_bindgen_test]
async fn an_enhancer_without_workers_says_so_and_spoils_nothing() {
    let error = Enhancer::new(Uint8Array::from(MODEL).into(), JsValue::UNDEFINED).unwrap_err();
    assert_eq!(Reflect::get(&error, &"code".into()).unwrap(), JsValue::from("workers"));
    // Before anything is fetched.
    let loading = Enhancer::load("http://127.0.0.1:1/".into(), JsValue::UNDEFINED);
    let error = JsFuture::from(loading).await.unwrap_err();
    assert_eq!(Reflect::get(&error, &"code".into()).unwrap(), JsValue::from("workers"));
    // Of two calls at once one starts them.
    let start = || future_to_promise(async { start_workers(1).await.map(|()| JsValue::UNDEFINED) });
    let (first, second) = (start(), start());
    assert!(JsFuture::from(first).await.is_ok());
    assert!(JsFuture::from(second).await.is_err());
    assert_eq!(
        Enhancer::new(Uint8Array::from(MODEL).into(), JsValue::UNDEFINED).unwrap().workers(),
        1
    );
}

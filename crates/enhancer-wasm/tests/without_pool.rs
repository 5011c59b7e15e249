//! A page that forgot to set up the pool; alone, since a pool stays once it is there.

#![cfg(target_arch = "wasm32")]

use enhancer_wasm::Enhancer;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const MODEL: &[u8] = include_bytes!("../../../models/passthrough_model_lite.tflite");

#[wasm_bindgen_test]
fn an_enhancer_without_a_pool_says_so() {
    let error = Enhancer::new(MODEL.to_vec(), JsValue::UNDEFINED).unwrap_err();
    assert_eq!(Reflect::get(&error, &"code".into()).unwrap(), JsValue::from("workers"));
}

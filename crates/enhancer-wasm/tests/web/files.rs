//! Files of the browser as sources and as results.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;
use web_sys::{Blob, File};

use crate::support::*;

/// A tenth of a second each; what is decoded of every kind natively, the core's tests show.
const OPUS: &[u8] = include_bytes!("../../../../fuzz/seeds/decode/music.opus");
const M4A: &[u8] = include_bytes!("../../../../fuzz/seeds/decode/aac.m4a");

/// A File that is made of parts of that many bytes.
fn in_parts(bytes: &[u8], len: usize) -> JsValue {
    let parts: Array = bytes.chunks(len).map(js).collect();
    File::new_with_blob_sequence(&parts, "sample").unwrap().into()
}

async fn through(source: JsValue, options: JsValue) -> JsValue {
    let promise = enhancer().await.enhance(source, options, None, None);
    JsFuture::from(promise).await.unwrap()
}

/// A property of a result's summary, as JSON.
fn field(result: &JsValue, name: &str) -> String {
    let summary = Reflect::get(result, &"summary".into()).unwrap();
    let value = Reflect::get(&summary, &name.into()).unwrap();
    if value.is_undefined() { "undefined".into() } else { JSON::stringify(&value).unwrap().into() }
}

#[wasm_bindgen_test]
async fn a_file_gives_what_its_bytes_give() {
    let from_bytes = content(through(file(SAMPLE), object(RAW)).await).await;
    assert!(from_bytes == SAMPLE, "the sample changed");
    // One part, many, and more than a block each.
    for len in [SAMPLE.len(), 7_001, 1_500_000] {
        let from_file = content(through(in_parts(SAMPLE, len), object(RAW)).await).await;
        assert!(from_file == SAMPLE, "parts of {len} bytes: the sample changed");
    }
}

#[wasm_bindgen_test]
async fn a_result_can_be_enhanced_again() {
    let samples: Vec<i16> = (0..5_000).map(|n| (n * 7919) as i16).collect();
    let first = through(file(&wav(&samples)), JsValue::UNDEFINED).await;
    let second = through(blob(&first).into(), JsValue::UNDEFINED).await;
    assert!(content(second).await == wav(&samples), "the samples changed");
}

#[wasm_bindgen_test]
async fn a_long_file_comes_back_byte_for_byte() {
    // Some chunks of the result, and an odd rest.
    let samples: Vec<i16> = (0..3_000_001).map(|n: i32| n.wrapping_mul(7919) as i16).collect();
    let long = wav(&samples);
    let result = through(in_parts(&long, 99_999), JsValue::UNDEFINED).await;
    assert_eq!(blob(&result).size(), long.len() as f64);
    assert!(content(result).await == long, "the samples changed");
}

#[wasm_bindgen_test]
async fn a_result_tells_its_kind() {
    let result = through(file(&wav(&[1, 2, 3])), JsValue::UNDEFINED).await;
    assert_eq!(blob(&result).type_(), "audio/wav");
    let result = through(file(SAMPLE), object(RAW)).await;
    assert_eq!(blob(&result).type_(), "application/octet-stream");
}

#[wasm_bindgen_test]
async fn what_is_there_of_a_cut_file_is_enhanced_and_its_damage_told() {
    let whole: Blob = in_parts(&wav(&[1; 5_000]), 1_000).unchecked_into();
    let cut = whole.slice_with_i32_and_i32(0, 9_000).unwrap();
    let result = through(cut.clone().into(), JsValue::UNDEFINED).await;
    assert_eq!(field(&result, "samples"), "4460");
    assert!(
        field(&result, "damage").contains("the file ends early"),
        "{}",
        field(&result, "damage")
    );

    let strict = object(r#"{"strict": true}"#);
    let promise = enhancer().await.enhance(cut.into(), strict, None, None);
    assert_eq!(rejection(promise).await.0, "corrupt_audio");
}

#[wasm_bindgen_test]
async fn compressed_audio_is_read_and_written() {
    let flac = object(r#"{"destination": {"container": "flac", "sampleFormat": "s24le"}}"#);
    let samples: Vec<i16> = (0..5_000).map(|n| (n * 7919) as i16).collect();
    let compressed = through(file(&wav(&samples)), flac).await;
    assert_eq!(blob(&compressed).type_(), "audio/flac");
    let back = object(r#"{"destination": {"container": "wav", "sampleFormat": "s16le"}}"#);
    let result = through(blob(&compressed).into(), back).await;
    assert!(content(result).await == wav(&samples), "the samples changed");

    for (lossy, samples, media_type) in [(OPUS, "4800", "audio/ogg"), (M4A, "2048", "audio/mp4")] {
        let result = through(file(lossy), JsValue::UNDEFINED).await;
        assert_eq!(blob(&result).type_(), media_type);
        assert_eq!(
            (field(&result, "samples"), field(&result, "video")),
            (samples.into(), "false".into())
        );
        assert_eq!(field(&result, "damage"), "undefined");
    }
}

/// What a file says of its size and what it gives can differ, if it changes.
#[wasm_bindgen_test]
async fn a_file_that_shrinks_is_an_error_of_reading() {
    let source = in_parts(SAMPLE, SAMPLE.len());
    let claimed = object(&format!(r#"{{"value": {}}}"#, SAMPLE.len() + 4_000));
    let source: Object = source.unchecked_into();
    Object::define_property(&source, &"size".into(), claimed.unchecked_ref());
    let (code, message) =
        rejection(enhancer().await.enhance(source.into(), object(RAW), None, None)).await;
    assert_eq!(code, "read");
    assert!(message.contains("the browser returned"), "{message}");
}

#[wasm_bindgen_test]
async fn what_is_no_file_is_refused() {
    for source in [JsValue::UNDEFINED, JsValue::NULL, "a path".into(), Array::new().into()] {
        let (code, message) =
            rejection(enhancer().await.enhance(source, object(RAW), None, None)).await;
        assert_eq!(code, "invalid_value");
        assert!(message.contains("neither a Blob nor a Uint8Array"), "{message}");
    }
}

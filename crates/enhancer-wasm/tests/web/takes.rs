//! Takes and what is rendered of them, in files of the browser's and in Blobs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Float32Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;
use web_sys::{AbortController, Blob};

use crate::support::*;

const HALF_SECOND: usize = 24_000;

/// Half a second of speech, raw.
fn speech() -> &'static [u8] {
    &SAMPLE[4 * 96_000..][..4 * HALF_SECOND]
}

async fn read(blob: &Blob) -> Vec<u8> {
    let buffer = JsFuture::from(blob.array_buffer()).await.unwrap();
    js_sys::Uint8Array::new(&buffer).to_vec()
}

fn number(object: &JsValue, name: &str) -> f64 {
    property(object, name).as_f64().unwrap()
}

/// What is rendered of a take in a Blob.
fn render(taken: &JsValue, options: JsValue) -> Promise {
    render_of(taken, &blob(taken), options, None, None, None)
}

/// A take by DTLN, as a Blob.
async fn take_of_speech() -> JsValue {
    let promise =
        enhancer_of(DTLN.to_js()).await.take(file(speech()), object(RAW), None, None, None);
    JsFuture::from(promise).await.unwrap()
}

/// The samples that are rendered of a take, as raw floats.
async fn rendered(take: &JsValue, options: &str) -> Vec<f32> {
    floats(&bytes(render(take, object(&format!("{{{options}}}")))).await)
}

#[wasm_bindgen_test]
async fn a_take_in_a_file_is_that_in_a_blob() {
    let in_blob = take_of_speech().await;
    let out = OpenFile::new("take").await;
    let enhancer = enhancer_of(DTLN.to_js()).await;
    let promise = enhancer.take(file(speech()), object(RAW), out.sink(), None, None);
    let taken = JsFuture::from(promise).await.unwrap();
    assert!(property(&taken, "blob").is_undefined());
    let summary = property(&taken, "summary");
    assert_eq!((number(&summary, "samples"), number(&summary, "channels")), (24_000.0, 1.0));

    let written = out.close().await;
    assert_eq!(written.size(), 8.0 * 24_000.0);
    let both = floats(&read(&written).await);
    assert!(both == floats(&content(in_blob).await), "a file and a Blob differ");
    let enhanced = bytes(enhancer.enhance(file(speech()), object(RAW), None, None)).await;
    for (n, (dry, wet)) in floats(speech()).into_iter().zip(floats(&enhanced)).enumerate() {
        assert_eq!((both[2 * n], both[2 * n + 1]), (dry, wet), "frame {n}");
    }
}

#[wasm_bindgen_test]
async fn peaks_come_as_they_are_known() {
    let reported = Rc::new(RefCell::new((Vec::new(), Vec::new())));
    let callback = Closure::wrap_assert_unwind_safe(Box::new({
        let reported = reported.clone();
        move |progress: JsValue| {
            let peaks = property(&progress, "peaks");
            if !peaks.is_undefined() {
                let new = |name| property(&peaks, name).unchecked_into::<Float32Array>().to_vec();
                reported.borrow_mut().0.extend(new("original"));
                reported.borrow_mut().1.extend(new("enhanced"));
            }
        }
    }) as Box<dyn FnMut(JsValue)>);
    let callback = Some(callback.into_js_value().unchecked_into());
    let promise =
        enhancer_of(DTLN.to_js()).await.take(file(speech()), object(RAW), None, callback, None);
    let taken = JsFuture::from(promise).await.unwrap();
    let peaks = property(&taken, "peaks");
    let all = |name| property(&peaks, name).unchecked_into::<Float32Array>().to_vec();
    let (original, enhanced) = (all("original"), all("enhanced"));
    assert_eq!(*reported.borrow(), (original.clone(), enhanced.clone()));
    let largest = |samples: &[f32]| samples.iter().fold(0f32, |a, b| a.max(b.abs()));
    let expected: Vec<_> = floats(speech()).chunks(480).map(largest).collect();
    assert_eq!(original, expected);
    let both = floats(&content(taken).await);
    let wet: Vec<_> = both.chunks(2).map(|frame| frame[1]).collect();
    assert_eq!(enhanced, wet.chunks(480).map(largest).collect::<Vec<_>>());
}

#[wasm_bindgen_test]
async fn what_is_rendered_is_what_a_session_gives() {
    let take = take_of_speech().await;
    let enhancer = enhancer_of(DTLN.to_js()).await;
    for controls in
        ["", r#""mix": 0.5"#, r#""attenuationLimit": 12"#, r#""output": "removed", "mix": 0.25"#]
    {
        let session = raw_with(&format!("{{{controls}}}"));
        let session = bytes(enhancer.enhance(file(speech()), session, None, None)).await;
        assert!(rendered(&take, controls).await == floats(&session), "{controls} differs");
    }
}

#[wasm_bindgen_test]
async fn a_take_and_a_session_are_made_as_loud() {
    let take = take_of_speech().await;
    let energy = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>();
    let (quiet, loud) =
        (rendered(&take, r#""loudness": -33"#).await, rendered(&take, r#""loudness": -23"#).await);
    let ratio = energy(&loud) / energy(&quiet);
    assert!((ratio - 10.0).abs() < 0.01, "10 dB make {ratio}");
    let options = object(&RAW.replacen('{', r#"{"loudness": -23, "#, 1));
    let enhancer = enhancer_of(DTLN.to_js()).await;
    let session = bytes(enhancer.enhance(file(speech()), options, None, None)).await;
    assert!(floats(&session) == loud, "a take and a session differ");
}

#[wasm_bindgen_test]
async fn a_render_goes_to_a_file_in_the_format_that_is_asked_for() {
    let samples: Vec<i16> = (0..30_000).map(|n| (n * 7919) as i16).collect();
    let source = wav(&samples);
    let promise = enhancer().await.take(file(&source), JsValue::UNDEFINED, None, None, None);
    let take = JsFuture::from(promise).await.unwrap();
    let out = OpenFile::new("result").await;
    let reported = Rc::new(RefCell::new(Vec::new()));
    let callback = on_progress({
        let reported = reported.clone();
        move |enhanced| {
            reported.borrow_mut().push(enhanced);
            Ok(())
        }
    });
    let promise = render_of(&take, &blob(&take), JsValue::UNDEFINED, out.sink(), callback, None);
    let result = JsFuture::from(promise).await.unwrap();
    assert_eq!(property(&result, "mediaType"), "audio/wav");
    assert_eq!(number(&property(&result, "summary"), "samples"), 30_000.0);
    assert!(read(&out.close().await).await == source, "the samples changed");
    assert!(reported.borrow().is_sorted());
    assert_eq!(reported.borrow().last(), Some(&30_000.0));

    let flac = object(r#"{"destination": {"container": "flac"}}"#);
    let result = JsFuture::from(render(&take, flac)).await.unwrap();
    assert_eq!(property(&result, "mediaType"), "audio/flac");
    let back = object(r#"{"destination": {"container": "wav"}}"#);
    let flac = blob(&result).into();
    assert!(bytes(enhancer().await.enhance(flac, back, None, None)).await == source);
}

#[wasm_bindgen_test]
async fn after_a_failure_a_file_is_empty() {
    let enhancer = enhancer().await;
    let throws = || on_progress(|_| Err("no more, please".into()));

    let out = OpenFile::new("take").await;
    let promise = enhancer.take(file(SAMPLE), object(RAW), out.sink(), throws(), None);
    assert_eq!(JsFuture::from(promise).await.unwrap_err(), JsValue::from("no more, please"));
    assert_eq!(out.close().await.size(), 0.0);

    let out = OpenFile::new("take").await;
    let promise = enhancer.take(file(b"Dear diary"), JsValue::UNDEFINED, out.sink(), None, None);
    assert_eq!(rejection(promise).await.0, "unsupported_audio");
    assert_eq!(out.close().await.size(), 0.0);

    let promise = enhancer.take(file(SAMPLE), object(RAW), None, None, None);
    let take = JsFuture::from(promise).await.unwrap();
    let (audio, options) = (blob(&take), JsValue::UNDEFINED);
    let out = OpenFile::new("result").await;
    let promise = render_of(&take, &audio, options.clone(), out.sink(), throws(), None);
    assert_eq!(JsFuture::from(promise).await.unwrap_err(), JsValue::from("no more, please"));
    assert_eq!(out.close().await.size(), 0.0);

    // A signal from a callback, in the middle of writing.
    let controller = AbortController::new().unwrap();
    let signal = Some(controller.signal());
    let reported = on_progress(move |_| {
        controller.abort();
        Ok(())
    });
    let out = OpenFile::new("result").await;
    let promise = render_of(&take, &audio, options, out.sink(), reported, signal);
    assert_eq!(rejection(promise).await.0, "cancelled");
    assert_eq!(out.close().await.size(), 0.0);
}

#[wasm_bindgen_test]
async fn a_closed_file_is_an_error_of_writing() {
    let out = OpenFile::new("closed").await;
    out.access.close();
    let promise = enhancer().await.take(file(speech()), object(RAW), out.sink(), None, None);
    assert_eq!(rejection(promise).await.0, "write");
}

#[wasm_bindgen_test]
async fn what_does_not_fit_the_take_is_refused() {
    let take = take_of_speech().await;
    for (options, mentioned) in [
        (r#"{"mix": 2}"#, "the mix is 2"),
        (r#"{"loudness": 3}"#, "3 LUFS"),
        (r#"{"volume": 3}"#, "volume"),
        (r#"{"destination": {"container": "mkv"}, "audioOnly": false}"#, "not a video"),
    ] {
        let (code, message) = rejection(render(&take, object(options))).await;
        let expected =
            if mentioned == "not a video" { "unwritable_audio" } else { "invalid_value" };
        assert_eq!(code, expected);
        assert!(message.contains(mentioned), "{message}");
    }

    let cut = blob(&take).slice_with_i32_and_i32(0, 100_001).unwrap();
    let promise = render_of(&take, &cut, JsValue::UNDEFINED, None, None, None);
    assert_eq!(rejection(promise).await.0, "corrupt_audio");
}

#[wasm_bindgen_test]
async fn a_loudness_out_of_range_is_refused_by_name() {
    let options = object(&RAW.replacen('{', r#"{"loudness": 0, "#, 1));
    let (code, message) =
        rejection(enhancer().await.enhance(file(speech()), options, None, None)).await;
    assert_eq!(code, "invalid_value");
    assert!(message.contains("expected above -70, at most -5 LUFS"), "{message}");
}

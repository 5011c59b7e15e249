//! Files through the passthrough model.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;
use web_sys::{AbortController, AbortSignal};

use crate::support::*;

#[wasm_bindgen_test]
async fn the_sample_comes_back_bit_for_bit() {
    let enhancer = enhancer().await;
    assert_eq!(enhancer.workers(), 2);
    let enhanced = bytes(enhancer.enhance(file(SAMPLE), object(RAW), None, None)).await;
    assert!(enhanced == SAMPLE, "the sample changed");
}

#[wasm_bindgen_test]
async fn a_wav_file_comes_back_byte_for_byte() {
    let samples: Vec<i16> = (0..5_000).map(|n| (n * 7919) as i16).collect();
    for len in [0, 1, 1023, 1024, 1025, 5_000] {
        let wav = wav(&samples[..len]);
        let promise = enhancer().await.enhance(file(&wav), JsValue::UNDEFINED, None, None);
        assert!(bytes(promise).await == wav, "{len} samples changed");
    }
}

#[wasm_bindgen_test]
async fn two_sessions_run_at_once() {
    let enhancer = enhancer().await;
    let order = Rc::new(RefCell::new(String::new()));
    let start = |name: char| {
        let order = order.clone();
        let reported = on_progress(move |_| {
            order.borrow_mut().push(name);
            Ok(())
        });
        enhancer.enhance(file(SAMPLE), object(RAW), reported, None)
    };
    let both = Promise::all(&Array::of2(&start('a'), &start('b')));
    for enhanced in JsFuture::from(both).await.unwrap().unchecked_into::<Array>() {
        assert!(content(enhanced).await == SAMPLE, "the sample changed");
    }
    let order = order.borrow();
    assert!(order.contains("ab") && order.contains("ba"), "one after the other: {order}");
}

#[wasm_bindgen_test]
async fn two_sessions_of_one_name_are_one_too_many() {
    let enhancer = enhancer().await;
    let start = || {
        let options = object(&RAW.replacen('{', r#"{"sessionId": "mine", "#, 1));
        enhancer.enhance(file(SAMPLE), options, None, None)
    };
    let (first, second) = (start(), start());
    assert_eq!(rejection(second).await.0, "session_exists");
    assert!(bytes(first).await == SAMPLE, "the sample changed");
}

#[wasm_bindgen_test]
async fn a_signal_cancels() {
    let enhancer = enhancer().await;
    let controller = AbortController::new().unwrap();
    let signal = controller.signal();
    let reported = on_progress(move |_| {
        controller.abort();
        Ok(())
    });
    let promise = enhancer.enhance(file(SAMPLE), object(RAW), reported, Some(signal.clone()));
    assert_eq!(rejection(promise).await.0, "cancelled");
    // A signal that is aborted already keeps the work from beginning.
    let promise = enhancer.enhance(file(SAMPLE), object(RAW), None, Some(signal));
    assert_eq!(rejection(promise).await.0, "cancelled");
    // The enhancer goes on.
    let enhanced = bytes(enhancer.enhance(file(SAMPLE), object(RAW), None, None)).await;
    assert!(enhanced == SAMPLE, "the sample changed");
}

#[wasm_bindgen_test]
async fn a_signal_from_another_task_cancels_too() {
    let enhancer = enhancer().await;
    let controller = AbortController::new().unwrap();
    // Long enough for the timer to come first by far: 10 minutes of audio.
    let long = SAMPLE.repeat(40);
    let promise = enhancer.enhance(file(&long), object(RAW), None, Some(controller.signal()));
    after_timeout().await;
    controller.abort();
    assert_eq!(rejection(promise).await.0, "cancelled");
}

/// Lets a timer of this worker fire, as a message or a click would arrive.
async fn after_timeout() {
    let timer = Promise::new(&mut |resolve, _| {
        let global: JsValue = js_sys::global().into();
        let set_timeout: Function =
            Reflect::get(&global, &"setTimeout".into()).unwrap().unchecked_into();
        set_timeout.call2(&global, &resolve, &5.into()).unwrap();
    });
    JsFuture::from(timer).await.unwrap();
}

#[wasm_bindgen_test]
async fn an_aborted_signal_stays_usable_by_others() {
    let signal: AbortSignal = AbortController::new().unwrap().signal();
    let enhancer = enhancer().await;
    for _ in 0..2 {
        let signal = Some(signal.clone());
        let enhanced = bytes(enhancer.enhance(file(SAMPLE), object(RAW), None, signal)).await;
        assert!(enhanced == SAMPLE, "the sample changed");
    }
}

#[wasm_bindgen_test]
async fn what_the_callback_throws_rejects() {
    let reported = on_progress(|_| Err("no more, please".into()));
    let promise = enhancer().await.enhance(file(SAMPLE), object(RAW), reported, None);
    assert_eq!(JsFuture::from(promise).await.unwrap_err(), JsValue::from("no more, please"));
}

#[wasm_bindgen_test]
async fn progress_ends_complete() {
    let reported = Rc::new(RefCell::new(Vec::new()));
    let callback = on_progress({
        let reported = reported.clone();
        move |enhanced| {
            reported.borrow_mut().push(enhanced);
            Ok(())
        }
    });
    bytes(enhancer().await.enhance(file(SAMPLE), object(RAW), callback, None)).await;
    let reported = reported.borrow();
    assert!(reported.len() > 1 && reported.is_sorted(), "{reported:?}");
    assert_eq!(*reported.last().unwrap(), (SAMPLE.len() / 4) as f64);
}

#[wasm_bindgen_test]
async fn bad_audio_is_refused() {
    let enhancer = enhancer().await;
    let cut = wav(&[1, 2, 3])[..48].to_vec();
    for (source, expected) in [
        (vec![], "unsupported_audio"),
        (b"Dear diary".to_vec(), "unsupported_audio"),
        (cut, "corrupt_audio"),
    ] {
        let (code, message) =
            rejection(enhancer.enhance(file(&source), JsValue::UNDEFINED, None, None)).await;
        assert_eq!(code, expected, "{message}");
    }
}

#[wasm_bindgen_test]
async fn sixteen_files_share_the_memory() {
    let enhancer = enhancer().await;
    let source = &SAMPLE[..40_000];
    let start = || enhancer.enhance(file(source), object(RAW), None, None);
    let sixteen: Array = (0..16).map(|_| start()).collect();
    let (code, message) = rejection(start()).await;
    assert_eq!(code, "limit_exceeded");
    assert!(message.contains("files in progress is 17, the limit is 16"), "{message}");
    // It spoils none of the others, and their end makes room.
    for result in JsFuture::from(Promise::all(&sixteen)).await.unwrap().unchecked_into::<Array>() {
        assert!(content(result).await == source, "the sample changed");
    }
    // So does a failure.
    for _ in 0..16 {
        rejection(enhancer.enhance(file(b"Dear diary"), JsValue::UNDEFINED, None, None)).await;
    }
    assert!(bytes(start()).await == source, "the sample changed");
}

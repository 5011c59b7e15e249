//! Prints the wasm memory that an hour of 48 kHz stereo with DeepFilterNet 3 takes on
//! two workers, after 10 and after 60 minutes, and fails if it passes the bar or grows
//! in between. The memory never shrinks, so its size is its peak.

#![cfg(target_arch = "wasm32")]

// What the tests share, of which this needs a part.
#[allow(dead_code)]
#[path = "../tests/web/support.rs"]
mod support;

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Date, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;
use web_sys::Blob;

use support::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const BAR_MB: f64 = 400.0;
/// By which a memory that holds the same may grow, for want of one piece of it.
const NOISE_MB: f64 = 10.0;

const MINUTES: usize = 60;
const SAMPLES_IN_MINUTE: usize = 60 * 48_000;

/// The size of the memory that all workers share, in MB.
fn memory() -> f64 {
    (core::arch::wasm32::memory_size::<0>() * 65_536) as f64 / 1e6
}

fn blob(parts: &Array) -> Blob {
    Blob::new_with_blob_sequence(parts).unwrap()
}

/// Four repetitions of the sample, in stereo: the right channel is the left one,
/// delayed by a second.
fn minute() -> Vec<i16> {
    let mono: Vec<_> = floats(SAMPLE).iter().map(|sample| (sample * 32_767.0) as i16).collect();
    let at = |n: usize| mono[n % mono.len()];
    (0..SAMPLES_IN_MINUTE).flat_map(|n| [at(n), at(n + mono.len() - 48_000)]).collect()
}

/// A WAV file that refers to one minute again and again, so that it takes no room.
fn recording(minutes: usize) -> Blob {
    let minute: Vec<_> = minute().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut header = wav(&[])[..44].to_vec();
    let bytes = (minutes * minute.len()) as u32;
    header[4..8].copy_from_slice(&(36 + bytes).to_le_bytes());
    header[22..24].copy_from_slice(&2u16.to_le_bytes());
    header[24..28].copy_from_slice(&48_000u32.to_le_bytes());
    header[28..32].copy_from_slice(&192_000u32.to_le_bytes());
    header[32..34].copy_from_slice(&4u16.to_le_bytes());
    header[40..44].copy_from_slice(&bytes.to_le_bytes());
    let parts = Array::of1(&js(&header));
    let minute = blob(&Array::of1(&js(&minute)));
    for _ in 0..minutes {
        parts.push(&minute);
    }
    blob(&parts)
}

#[wasm_bindgen_test]
async fn an_hour_of_stereo() {
    let source = recording(MINUTES);
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let start = Date::now();
    let after_10 = Rc::new(Cell::new(0.0));
    let row = move |minutes| {
        let seconds = (Date::now() - start) / 1e3;
        console_log!("| {minutes} | {seconds:.0} | {:.0} |", memory());
    };
    let told = on_progress({
        let after_10 = after_10.clone();
        move |enhanced| {
            if after_10.get() == 0.0 && enhanced >= (10 * SAMPLES_IN_MINUTE) as f64 {
                after_10.set(memory());
                row(10);
            }
            Ok(())
        }
    });
    console_log!(
        "Wasm memory, 48 kHz stereo, DeepFilterNet 3, two workers; before: {:.0} MB\n",
        memory()
    );
    console_log!("| Minutes | Seconds | MB |\n|--:|--:|--:|");
    let size = source.size();
    let promise = enhancer.enhance(source.into(), JsValue::UNDEFINED, told, None);
    let result: Blob = JsFuture::from(promise).await.unwrap().unchecked_into();
    row(MINUTES);
    let growth = memory() - after_10.get();
    console_log!(
        "\nBars: at most {BAR_MB:.0} MB; at most {NOISE_MB:.0} MB of growth, which is {growth:.0} MB."
    );
    assert_eq!(result.size(), size);
    assert!(memory() <= BAR_MB && growth <= NOISE_MB, "more memory than it may take");
}

#[wasm_bindgen_test]
async fn sixteen_at_once() {
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let source = recording(1).slice_with_i32_and_i32(0, 44 + 10 * 192_000).unwrap();
    let options =
        object(r#"{"raw": {"sampleFormat": "s16le", "sampleRate": 48000, "channels": 2}}"#);
    let start = || enhancer.enhance(source.clone().into(), options.clone(), None, None);
    let all: Array = (0..16).map(|_| start()).collect();
    JsFuture::from(Promise::all(&all)).await.unwrap();
    console_log!(
        "Sixteen files at once, as many as may be: {:.0} MB of at most {:.0}.",
        memory(),
        (1 << 30) as f64 / 1e6
    );
}

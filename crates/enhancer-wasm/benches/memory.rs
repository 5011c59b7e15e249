//! Prints the wasm memory that an hour of 48 kHz stereo with DeepFilterNet 3 takes on
//! two workers, after 10 and after 60 minutes, and when a result of some loudness is
//! rendered of it, as the page does; fails if it passes the bar or grows in between. The
//! memory never shrinks, so its size is its peak.

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
const BYTES_IN_MINUTE: usize = 4 * SAMPLES_IN_MINUTE;

/// The size of the memory that all workers share, in MB.
fn memory() -> f64 {
    (core::arch::wasm32::memory_size::<0>() * 65_536) as f64 / 1e6
}

fn blob(parts: &Array) -> Blob {
    Blob::new_with_blob_sequence(parts).unwrap()
}

/// The sample in 16-bit stereo; the right channel is the left one, a second off.
fn stereo() -> Vec<u8> {
    let mono: Vec<_> = floats(SAMPLE).iter().map(|sample| (sample * 32_767.0) as i16).collect();
    let right = mono.iter().cycle().skip(48_000);
    mono.iter()
        .zip(right)
        .flat_map(|(left, right)| [*left, *right])
        .flat_map(i16::to_le_bytes)
        .collect()
}

/// A WAV file of so many minutes that refers to one sample again and again, so that it
/// takes no room.
fn recording(minutes: usize) -> Blob {
    let bytes = minutes * BYTES_IN_MINUTE;
    let sample = stereo();
    let parts = Array::of1(&js(&header(bytes as u32)));
    let part = blob(&Array::of1(&js(&sample)));
    for _ in 0..bytes.div_ceil(sample.len()) {
        parts.push(&part);
    }
    // The last one is cut.
    blob(&parts).slice_with_f64_and_f64(0.0, (44 + bytes) as f64).unwrap()
}

/// The 44 bytes before so many bytes of 16-bit stereo samples at 48 kHz, in WAV.
fn header(bytes: u32) -> Vec<u8> {
    let mut header = b"RIFF".to_vec();
    header.extend((36 + bytes).to_le_bytes());
    // PCM in two channels: the rate, bytes a second, bytes a frame, bits.
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    header.extend(48_000u32.to_le_bytes());
    header.extend(192_000u32.to_le_bytes());
    header.extend(b"\x04\0\x10\0data");
    header.extend(bytes.to_le_bytes());
    header
}

/// One after the other in this order, for both share the memory.
#[wasm_bindgen_test]
async fn peaks() {
    an_hour_of_stereo().await;
    sixteen_at_once().await;
}

async fn an_hour_of_stereo() {
    let source = recording(MINUTES);
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let start = Date::now();
    let after_10 = Rc::new(Cell::new(0.0));
    let row = move |minutes: &str| {
        let seconds = (Date::now() - start) / 1e3;
        console_log!("| {minutes} | {seconds:.0} | {:.0} |", memory());
    };
    let callback = on_progress({
        let after_10 = after_10.clone();
        move |enhanced| {
            if after_10.get() == 0.0 && enhanced >= (10 * SAMPLES_IN_MINUTE) as f64 {
                after_10.set(memory());
                row("10");
            }
            Ok(())
        }
    });
    console_log!(
        "Wasm memory, 48 kHz stereo, DeepFilterNet 3, two workers; before: {:.0} MB\n",
        memory()
    );
    console_log!("| Minutes | Seconds | MB |\n|--:|--:|--:|");
    let (take, result) = (OpenFile::new("take").await, OpenFile::new("result").await);
    let promise =
        enhancer.take(source.clone().into(), JsValue::UNDEFINED, take.sink(), callback, None);
    let taken = JsFuture::from(promise).await.unwrap();
    let samples = property(&property(&taken, "summary"), "samples");
    row("60");
    let take = take.close().await;
    let options = object(r#"{"loudness": -16}"#);
    let promise = render_of(&taken, &take, options, result.sink(), None, None);
    JsFuture::from(promise).await.unwrap();
    row("60, rendered");
    let result = result.close().await.size();
    let growth = memory() - after_10.get();
    console_log!(
        "\nBars: at most {BAR_MB:.0} MB; at most {NOISE_MB:.0} MB of growth, which is {growth:.0} MB."
    );
    assert_eq!(samples.as_f64(), Some((MINUTES * SAMPLES_IN_MINUTE) as f64));
    assert!(result > (MINUTES * BYTES_IN_MINUTE) as f64, "the result is too short: {result}");
    assert!(memory() <= BAR_MB && growth <= NOISE_MB, "more memory than it may take");
}

async fn sixteen_at_once() {
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    // Ten seconds of each, in which it has all that it will ever have.
    let bytes = 10 * 192_000;
    let source = blob(&Array::of2(&js(&header(bytes)), &js(&stereo()[..bytes as usize])));
    let start = || enhancer.enhance(source.clone().into(), JsValue::UNDEFINED, None, None);
    let all: Array = (0..16).map(|_| start()).collect();
    JsFuture::from(Promise::all(&all)).await.unwrap();
    console_log!(
        "Sixteen files at once, as many as may be: {:.0} MB of at most {:.0}.",
        memory(),
        (1 << 30) as f64 / 1e6
    );
}

//! The real models, beside what they give natively.

use std::cell::RefCell;
use std::rc::Rc;

use enhancer_wasm::Enhancer;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;

use crate::support::*;

/// What the command line makes of [`piece`]. Its test `reference` checks that they
/// still are, and makes them again.
const NATIVE: [(&str, ModelFiles, &[u8]); 2] = [
    ("deepfilternet3", DEEPFILTERNET3, include_bytes!("../native/deepfilternet3.raw")),
    ("dtln", DTLN, include_bytes!("../native/dtln.raw")),
];

/// The model hears its input as it is, as the native runs do, and exact ones.
const AS_IT_IS: &str = r#"{"inputGain": 0}"#;

/// Half a second of the sample.
fn piece() -> &'static [u8] {
    &SAMPLE[48_000 * 4..72_000 * 4]
}

async fn enhanced(enhancer: &Enhancer, source: &[u8], controls: &str) -> Vec<f32> {
    floats(&bytes(enhancer.enhance(file(source), raw_with(controls), None, None)).await)
}

#[wasm_bindgen_test]
async fn they_give_what_they_give_natively() {
    for (name, model, native) in NATIVE {
        let enhancer = enhancer_of(model.to_js()).await;
        for controls in [AS_IT_IS, r#"{"exact": true}"#] {
            let snr = snr(&floats(native), &enhanced(&enhancer, piece(), controls).await);
            console_log!("{name} {controls}: {snr:.1} dB from native");
            assert!(snr >= 80.0, "{name} {controls}: {snr} dB");
        }
    }
}

#[wasm_bindgen_test]
async fn controls_mix_the_input_and_what_the_model_gives() {
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let (input, wet) = (floats(piece()), enhanced(&enhancer, piece(), "{}").await);
    assert!(snr(&input, &wet) < 30.0, "the model did nothing");
    assert_eq!(enhanced(&enhancer, piece(), r#"{"mix": 0}"#).await, input);
    // 20 dB are a tenth; half of the rest is the model's.
    let controls = r#"{"mix": 0.5, "attenuationLimit": 20, "output": "removed"}"#;
    let expected: Vec<_> = input.iter().zip(&wet).map(|(dry, wet)| 0.45 * (dry - wet)).collect();
    let snr = snr(&expected, &enhanced(&enhancer, piece(), controls).await);
    assert!(snr > 80.0, "{snr} dB");
    let filtered = enhanced(&enhancer, piece(), r#"{"postFilter": true}"#).await;
    assert!(filtered != wet, "the post-filter did nothing");
}

/// Threads of the pool that wait for the other's share of a task meanwhile begin
/// others: no order of these may be a knot.
#[wasm_bindgen_test]
async fn many_sessions_share_two_threads() {
    let enhancers = [enhancer_of(DEEPFILTERNET3.to_js()).await, enhancer_of(DTLN.to_js()).await];
    let mut alone = Vec::new();
    for enhancer in &enhancers {
        alone.push(enhanced(enhancer, piece(), AS_IT_IS).await);
    }
    let promises: Array = (0..8)
        .map(|n| {
            let controls = if n < 4 { AS_IT_IS } else { r#"{"exact": true}"# };
            enhancers[n % 2].enhance(file(piece()), raw_with(controls), None, None)
        })
        .collect();
    let all: Array = JsFuture::from(Promise::all(&promises)).await.unwrap().unchecked_into();
    assert_eq!(all.length(), 8);
    for (n, together) in all.iter().enumerate() {
        let together = floats(&content(together).await);
        let snr = snr(&alone[n % 2], &together);
        assert!(snr >= 80.0, "session {n}: {snr} dB");
    }
}

#[wasm_bindgen_test]
async fn a_short_file_does_not_wait_for_a_long_one() {
    let enhancer = enhancer_of(DEEPFILTERNET3.to_js()).await;
    let ended = Rc::new(RefCell::new(String::new()));
    let start = |name: char, source: &[u8]| {
        let (ended, samples) = (ended.clone(), (source.len() / 4) as f64);
        let callback = on_progress(move |enhanced| {
            if enhanced == samples {
                ended.borrow_mut().push(name);
            }
            Ok(())
        });
        enhancer.enhance(file(source), object(RAW), callback, None)
    };
    let both = Array::of2(&start('l', SAMPLE), &start('s', piece()));
    JsFuture::from(Promise::all(&both)).await.unwrap();
    assert_eq!(*ended.borrow(), "sl");
}

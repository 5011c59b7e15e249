//! The references of the browser's tests: a piece of the sample, enhanced natively.
//! Those tests cannot run this binary, so the results are in `enhancer-wasm/tests/native`.
//! With the variable `MAKE_REFERENCES` set, this test makes them again.

use std::fs;
use std::path::Path;

use crate::support::{Bench, MODELS, SAMPLE, floats, raw, snr};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../enhancer-wasm/tests/native");

#[test]
fn the_references_of_the_browser_are_up_to_date() {
    let bench = Bench::new();
    // The half second that crates/enhancer-wasm/tests/web/real.rs takes too.
    let piece = &floats(&fs::read(SAMPLE).unwrap())[48_000..72_000];
    // Like the authors' own programs.
    for model in ["deepfilternet3", "dtln"] {
        let file = Path::new(FOLDER).join(format!("{model}.raw"));
        let folder = format!("{MODELS}/{model}");
        let enhanced = bench.enhanced(piece, &["--model", &folder, "--input-gain", "0"]);
        if std::env::var_os("MAKE_REFERENCES").is_some() {
            fs::write(&file, raw(&enhanced)).unwrap();
        }
        // Processors differ only in how they round.
        let snr = snr(&floats(&fs::read(&file).unwrap()), &enhanced);
        assert!(snr >= 90.0, "{model}: {snr} dB; set MAKE_REFERENCES if that is meant");
    }
}

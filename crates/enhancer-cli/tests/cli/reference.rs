//! What the browser's tests compare with: a piece of the sample, enhanced natively.
//! They cannot run this binary, so the results stand in `enhancer-wasm/tests/native`.
//! With the variable `MAKE_REFERENCES` set, this test makes them again.

use std::fs;
use std::path::Path;

use crate::support::{Bench, MODELS, SAMPLE, floats, raw, snr};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../enhancer-wasm/tests/native");

#[test]
fn the_browser_compares_with_what_is_native() {
    let bench = Bench::new();
    // The half second that crates/enhancer-wasm/tests/web/real.rs takes too.
    let piece = &floats(&fs::read(SAMPLE).unwrap())[48_000..72_000];
    // As the authors' own programs hear it.
    for model in ["deepfilternet3", "dtln"] {
        let file = Path::new(FOLDER).join(format!("{model}.raw"));
        let folder = format!("{MODELS}/{model}");
        let enhanced = bench.enhanced(piece, &["--model", &folder, "--input-gain", "0"]);
        if std::env::var_os("MAKE_REFERENCES").is_some() {
            fs::write(&file, raw(&enhanced)).unwrap();
        }
        // Processors differ in how they round, not in more.
        let snr = snr(&floats(&fs::read(&file).unwrap()), &enhanced);
        assert!(snr >= 90.0, "{model}: {snr} dB; set MAKE_REFERENCES if that is meant");
    }
}

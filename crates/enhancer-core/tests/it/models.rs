use std::cell::Cell;
use std::panic::{self, catch_unwind};
use std::sync::Once;

use enhancer_core::{Error, Model};

use crate::support::{FRAME, PASSTHROUGH};

fn refused(bytes: &[u8]) -> Error {
    Model::from_tflite(bytes).unwrap_err()
}

#[test]
fn the_model_tells_its_sizes() {
    let model = Model::from_tflite(PASSTHROUGH).unwrap();
    assert_eq!((model.hop(), model.window()), (FRAME, FRAME));
    assert_eq!((model.lookahead(), model.delay()), (0, 0));
    assert_eq!(model.sample_rate(), None);
}

#[test]
fn a_stream_checks_what_it_is_given() {
    let model = Model::from_tflite(PASSTHROUGH).unwrap();
    assert_eq!(model.stream(0).unwrap_err().code(), "invalid_value");
    let mut stream = model.stream(3).unwrap();
    let input: Vec<f32> = (0..3 * FRAME).map(|n| n as f32).collect();
    let mut output = vec![0.0; 3 * FRAME];
    stream.step(&input, &mut output).unwrap();
    assert_eq!(output, input);
    let error = stream.step(&input[1..], &mut output).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the length of a step's input is 3071, expected 3072 samples, 3 lanes of 1024"
    );
    assert!(stream.step(&input, &mut output[1..]).is_err());
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    for bytes in [&b""[..], b"TFL3", b"not a model at all", &[0; 64], b"\x1c\0\0\0TFL3"] {
        assert_eq!(refused(bytes).code(), "corrupt_model");
    }
}

#[test]
fn a_model_cut_short_anywhere_is_refused() {
    for len in 0..PASSTHROUGH.len() {
        // Only unused padding at the very end can be missing without harm.
        match Model::from_tflite(&PASSTHROUGH[..len]) {
            Err(error) => assert_eq!(error.code(), "corrupt_model"),
            Ok(_) => assert!(len + 8 >= PASSTHROUGH.len(), "{len} bytes were enough"),
        }
    }
}

#[test]
fn a_damaged_model_never_panics() {
    // A panic would become an error like others: they are counted, as this one is.
    assert_eq!(panics_of(|| drop(catch_unwind(|| -> u8 { panic!("as a trial") }))), 1);
    for at in 0..PASSTHROUGH.len() {
        let mut bytes = PASSTHROUGH.to_vec();
        bytes[at] ^= 0xff;
        let panics = panics_of(|| match Model::from_tflite(&bytes) {
            // Some bytes are names or padding.
            Ok(model) => run(&model),
            Err(error) => {
                let known = ["corrupt_model", "unsupported_model", "limit_exceeded"];
                assert!(known.iter().any(|code| error.code() == *code), "byte {at}: {error}");
            }
        });
        assert_eq!(panics, 0, "byte {at}");
    }
}

fn run(model: &Model) {
    let (input, mut output) = (vec![0.5; model.hop()], vec![0.0; model.hop()]);
    model.stream(1).unwrap().step(&input, &mut output).unwrap();
}

/// How often work panics on this thread, contained or not.
fn panics_of(work: impl FnOnce()) -> usize {
    thread_local! {
        static PANICS: Cell<usize> = const { Cell::new(0) };
    }
    static COUNTED: Once = Once::new();
    COUNTED.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |what| {
            PANICS.set(PANICS.get() + 1);
            hook(what);
        }));
    });
    PANICS.set(0);
    work();
    PANICS.get()
}

#[test]
fn a_frame_of_absurd_length_is_refused() {
    let mut bytes = PASSTHROUGH.to_vec();
    let shape = [1i32.to_le_bytes(), 1024i32.to_le_bytes()].concat();
    let places: Vec<_> = (0..bytes.len() - 8).filter(|&at| bytes[at..at + 8] == shape).collect();
    assert!(!places.is_empty(), "the file holds no shape");
    for at in places {
        bytes[at + 4..at + 8].copy_from_slice(&(1i32 << 30).to_le_bytes());
    }
    assert_eq!(refused(&bytes).code(), "limit_exceeded");
}

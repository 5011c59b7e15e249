//! What sessions promise when models fail, and how much they hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::error::ErrorKind;
use crate::model::fake;

const RATE: u32 = 48_000;

fn enhancer(workers: usize) -> AudioEnhancer {
    AudioEnhancer::new(fake::integrator(480, 960), Some(workers)).unwrap()
}

fn mono(samples: Vec<f32>) -> Audio {
    Audio::new(RATE, vec![samples]).unwrap()
}

fn ones(len: usize) -> Audio {
    mono(vec![1.0; len])
}

#[track_caller]
fn assert_integrated(enhanced: &Audio, audio: &Audio) {
    let expected = fake::integrated(&audio.planes()[0]);
    assert_eq!(enhanced.len(), expected.len());
    for (enhanced, expected) in enhanced.planes()[0].iter().zip(&expected) {
        assert!((enhanced - expected).abs() < 1e-4, "{enhanced} is not {expected}");
    }
}

#[test]
fn a_panic_in_a_worker_fails_its_session_and_no_other() {
    let enhancer = enhancer(2);
    let mut poisoned = vec![0.5; 200_000];
    poisoned[150_000] = fake::PANIC;
    std::thread::scope(|scope| {
        let healthy = scope.spawn(|| enhancer.process_audio("healthy", &ones(500_000)));
        for round in 0..5 {
            let error = enhancer
                .process_audio(&format!("poisoned {round}"), &mono(poisoned.clone()))
                .unwrap_err();
            assert_eq!(error.code(), "worker_panicked");
            assert!(error.to_string().contains("the fake model panics"), "{error}");
        }
        assert_integrated(&healthy.join().unwrap().unwrap(), &ones(500_000));
    });
    // All workers are still there.
    assert_integrated(&enhancer.process_audio("after", &ones(100_000)).unwrap(), &ones(100_000));
}

#[test]
fn a_model_that_fails_fails_its_session() {
    let enhancer = enhancer(1);
    let mut samples = vec![0.5; 1000];
    samples[700] = fake::FAIL;
    let error = enhancer.process_audio("fails", &mono(samples)).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Inference { reason } if reason == "the fake model fails")
    );
}

#[test]
fn a_session_holds_a_window_however_much_is_offered() {
    let enhancer = enhancer(2);
    let mut session = enhancer.open("greedy", RATE, 1, SessionOptions::default()).unwrap();
    let block = vec![vec![1.0; 10_000]];
    let mut taken = 0;
    loop {
        match session.push(&block).unwrap() {
            0 => break,
            more => taken += more,
        }
        assert!(taken < 1_000_000, "the window has no bound");
    }
    // Pulling makes room again, and nothing of the window is lost.
    let pulled = session.pull().unwrap().unwrap()[0].len();
    assert!(session.push(&block).unwrap() > 0);
    let progress = session.progress();
    assert_eq!(progress.enhanced, pulled as u64);
    assert!(progress.received > taken as u64);
}

#[test]
fn the_wrong_sample_rate_is_refused() {
    let error = enhancer(1).open("slow", 44_100, 1, SessionOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the sample rate is 44100 Hz, expected 48000 Hz");
}

#[test]
fn dropping_the_enhancer_ends_its_sessions_and_workers() {
    let enhancer = enhancer(3);
    let pulled = Arc::new(AtomicUsize::new(0));
    let shared = Arc::downgrade(&enhancer.shared);
    let mut session = enhancer.open("open", RATE, 1, SessionOptions::default()).unwrap();
    session.push(&[vec![1.0; 300_000]]).unwrap();
    let waiting = std::thread::spawn({
        let pulled = pulled.clone();
        move || {
            loop {
                match session.pull() {
                    Ok(_) => pulled.fetch_add(1, Ordering::Relaxed),
                    Err(error) => return (error, session.push(&[vec![0.0]]).unwrap_err()),
                };
            }
        }
    });
    drop(enhancer);
    let (on_pull, on_push) = waiting.join().unwrap();
    assert_eq!((on_pull.code(), on_push.code()), ("shut_down", "shut_down"));
    // Workers share the state: none is left when the session has gone too.
    assert!(shared.upgrade().is_none());
}

#[test]
fn a_stream_that_was_used_is_as_good_as_new() {
    let enhancer = enhancer(1);
    let audio = ones(30_000);
    let first = enhancer.process_audio("first", &audio).unwrap();
    let second = enhancer.process_audio("second", &audio).unwrap();
    assert_eq!(first, second);
}

//! Sessions: what happens when models fail, and how much memory they hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::cancel::CancelToken;
use crate::engine::Priority;
use crate::error::{ErrorCode, ErrorKind};
use crate::model::fake::{self, Gate};

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
    // All workers are still running.
    assert_integrated(&enhancer.process_audio("after", &ones(100_000)).unwrap(), &ones(100_000));
}

/// An enhancer whose sessions are one run each, passed from task to task.
fn sequential_enhancer(workers: usize) -> AudioEnhancer {
    AudioEnhancer::new(fake::slow_integrator(480, 1440), Some(workers)).unwrap()
}

fn stereo(seed: u32, len: usize) -> Audio {
    let sample = |n: u32| (n.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / 1e8;
    let plane = |first: u32| (first..first + len as u32).map(sample).collect();
    Audio::new(RATE, vec![plane(seed), plane(7 * seed + 1)]).unwrap()
}

#[track_caller]
fn assert_one_run(enhanced: &Audio, audio: &Audio) {
    for (enhanced, plane) in enhanced.planes().iter().zip(audio.planes()) {
        assert!(*enhanced == fake::integrated_by(fake::SLOW_LEAK, plane), "it is not one run");
    }
}

#[test]
fn many_sequential_sessions_at_once_are_each_one_run() {
    let enhancer = sequential_enhancer(4);
    std::thread::scope(|scope| {
        for seed in 0..20 {
            let enhancer = &enhancer;
            scope.spawn(move || {
                let audio = stereo(seed, 300_000 + 1234 * seed as usize);
                let enhanced = enhancer.process_audio(&format!("{seed}"), &audio).unwrap();
                assert_one_run(&enhanced, &audio);
            });
        }
    });
}

#[test]
fn a_sequential_session_that_ends_early_leaves_nothing_behind() {
    let enhancer = sequential_enhancer(2);
    let audio = stereo(3, 400_000);
    for (sample, code) in [(fake::PANIC, "worker_panicked"), (fake::FAIL, "inference")] {
        let mut planes = audio.planes().to_vec();
        planes[1][250_000] = sample;
        let spoilt = Audio::new(RATE, planes).unwrap();
        assert_eq!(enhancer.process_audio("again", &spoilt).unwrap_err().code(), code);
        assert_one_run(&enhancer.process_audio("again", &audio).unwrap(), &audio);
    }
    let mut session = enhancer.open("again", RATE, 2, SessionOptions::default()).unwrap();
    let taken = session.push(audio.planes()).unwrap();
    assert!(taken > 0 && session.pull().unwrap().is_some());
    session.cancel();
    assert_eq!(session.pull().unwrap_err().code(), "cancelled");
    drop(session);
    assert_one_run(&enhancer.process_audio("again", &audio).unwrap(), &audio);
}

#[test]
fn exact_mode_is_one_run_too() {
    let enhancer = sequential_enhancer(3);
    let audio = stereo(5, 200_001);
    let controls = crate::Controls { exact: true, ..Default::default() };
    let options = SessionOptions { controls, ..SessionOptions::default() };
    assert_one_run(&enhancer.process_audio_with("exact", &audio, options).unwrap(), &audio);
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
    // Pulling makes room again, and no sample of the window is lost.
    let pulled = session.pull().unwrap().unwrap()[0].len();
    assert!(session.push(&block).unwrap() > 0);
    let progress = session.progress();
    assert_eq!(progress.enhanced, pulled as u64);
    assert!(progress.received > taken as u64);
}

#[test]
fn dropping_the_enhancer_ends_its_sessions_and_workers() {
    let enhancer = enhancer(3);
    let shared = Arc::downgrade(enhancer.engine.shared());
    let mut session = enhancer.open("open", RATE, 1, SessionOptions::default()).unwrap();
    session.push(&[vec![1.0; 300_000]]).unwrap();
    let waiting = std::thread::spawn(move || {
        loop {
            if let Err(error) = session.pull() {
                return (error, session.push(&[vec![0.0]]).unwrap_err());
            }
        }
    });
    drop(enhancer);
    let (on_pull, on_push) = waiting.join().unwrap();
    assert_eq!((on_pull.code(), on_push.code()), (ErrorCode::ShutDown, ErrorCode::ShutDown));
    // Workers share the state. It is gone once the session is gone.
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

#[test]
fn results_are_the_same_for_any_number_of_workers() {
    let samples = (0..400_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e8);
    let audio = mono(samples.collect());
    let expected = enhancer(1).process_audio("one", &audio).unwrap();
    for workers in 2..=8 {
        assert!(enhancer(workers).process_audio("more", &audio).unwrap() == expected, "{workers}");
    }
}

/// Opens a gate at the end of a test, even after a failure. The enhancer, which is dropped later,
/// waits for its worker.
struct OpensAtLast(Arc<Gate>);

impl std::ops::Deref for OpensAtLast {
    type Target = Gate;

    fn deref(&self) -> &Gate {
        &self.0
    }
}

impl Drop for OpensAtLast {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// An enhancer with one worker, and a session that blocks the worker until the gate opens.
fn held_up() -> (AudioEnhancer, Session, OpensAtLast) {
    held_up_until(&CancelToken::new())
}

/// The same, with a session that the token cancels.
fn held_up_until(cancel: &CancelToken) -> (AudioEnhancer, Session, OpensAtLast) {
    let gate = Arc::new(Gate::default());
    let enhancer = AudioEnhancer::new(fake::gated(gate.clone()), Some(1)).unwrap();
    let gate = OpensAtLast(gate);
    let options = SessionOptions { cancel: cancel.clone(), ..SessionOptions::default() };
    let first = queue_with(&enhancer, "first", 1.0, 1024, options);
    gate.wait_for_passage();
    (enhancer, first, gate)
}

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn cancelling_wakes_who_waits() {
    let cancel = CancelToken::new();
    let (_enhancer, mut first, _gate) = held_up_until(&cancel);
    let wakes = Arc::new(Wakes::default());
    let waker = wakes.clone().into();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(first.poll_pull(&mut context).is_pending());
    cancel.cancel();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let std::task::Poll::Ready(Err(error)) = first.poll_pull(&mut context) else {
        panic!("the session goes on");
    };
    assert_eq!(error.code(), "cancelled");
}

#[test]
fn one_token_ends_all_that_have_it_even_later() {
    let enhancer = enhancer(2);
    let cancel = CancelToken::new();
    let open = |id, cancel: &CancelToken| {
        let options = SessionOptions { cancel: cancel.clone(), ..SessionOptions::default() };
        enhancer.open(id, RATE, 1, options).unwrap()
    };
    let (mut early, mut other) = (open("early", &cancel), open("other", &CancelToken::new()));
    cancel.cancel();
    let mut late = open("late", &cancel);
    for session in [&mut early, &mut late] {
        assert_eq!(session.push(&[vec![1.0; 10]]).unwrap_err().code(), "cancelled");
        assert_eq!(session.pull().unwrap_err().code(), "cancelled");
    }
    assert_eq!(other.push(&[vec![1.0; 10]]).unwrap(), 10);
}

/// A finished session of `len` samples that all have this value.
fn queue(
    enhancer: &AudioEnhancer,
    id: &str,
    value: f32,
    len: usize,
    priority: Priority,
) -> Session {
    let options = SessionOptions { priority, ..SessionOptions::default() };
    queue_with(enhancer, id, value, len, options)
}

/// The same with options.
fn queue_with(
    enhancer: &AudioEnhancer,
    id: &str,
    value: f32,
    len: usize,
    options: SessionOptions,
) -> Session {
    let mut session = enhancer.open(id, RATE, 1, options).unwrap();
    assert_eq!(session.push(&[vec![value; len]]).unwrap(), len);
    session.finish().unwrap();
    session
}

fn drain(mut session: Session) {
    while session.pull().unwrap().is_some() {}
}

#[test]
fn workers_take_urgent_sessions_first() {
    let (enhancer, first, gate) = held_up();
    let sessions = [
        queue(&enhancer, "low", 2.0, 1024, Priority::Low),
        queue(&enhancer, "normal", 3.0, 1024, Priority::Normal),
        queue(&enhancer, "high", 4.0, 1024, Priority::High),
    ];
    gate.open();
    drain(first);
    sessions.into_iter().for_each(drain);
    assert_eq!(gate.passed(), [1.0, 4.0, 3.0, 2.0]);
}

#[test]
fn a_short_session_does_not_wait_for_a_long_one() {
    let (enhancer, first, gate) = held_up();
    let long = queue(&enhancer, "long", 2.0, 190_000, Priority::Normal);
    let short = queue(&enhancer, "short", 3.0, 1024, Priority::Normal);
    assert!(enhancer.engine.shared().waiting() > 3);
    gate.open();
    drain(first);
    drain(long);
    drain(short);
    assert_eq!(gate.passed(), [1.0, 2.0, 3.0, 2.0]);
}

#[test]
fn sessions_that_end_leave_nothing_in_the_queue() {
    let (enhancer, first, gate) = held_up();
    for n in 0..20 {
        let session = queue(&enhancer, &n.to_string(), 2.0, 100_000, Priority::Low);
        if n % 2 == 0 {
            session.cancel();
        } else {
            drop(session);
        }
        assert_eq!(enhancer.engine.shared().waiting(), 0);
    }
    gate.open();
    drain(first);
}

#[test]
fn a_waker_that_panics_takes_no_worker_with_it() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("the waker panics");
        }
    }
    let (enhancer, mut first, gate) = held_up();
    let waker = Arc::new(Panics).into();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(first.poll_pull(&mut context).is_pending());
    gate.open();
    let audio = ones(5000);
    assert_eq!(enhancer.process_audio("after", &audio).unwrap(), audio);
}

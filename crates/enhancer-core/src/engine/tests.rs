//! Engines with several models, and engines without threads.

use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::thread;

use super::*;
use crate::audio::Audio;
use crate::cancel::CancelToken;
use crate::model::fake::{self, Gate};

const RATE: u32 = 48_000;

fn noise(channels: usize, len: usize) -> Audio {
    let sample = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / 1e8;
    let plane = |channel: usize| (0..len).map(|n| sample(n * (2 * channel + 1))).collect();
    Audio::new(RATE, (0..channels).map(plane).collect()).unwrap()
}

fn process(engine: &Engine, model: &Model, id: &str, audio: &Audio) -> Audio {
    engine.process_audio(model, id, audio, SessionOptions::default()).unwrap()
}

/// A finished session of `len` samples that all have this value.
fn queue(engine: &Engine, model: &Model, value: f32, len: usize, priority: Priority) -> Session {
    let options = SessionOptions { priority, ..SessionOptions::default() };
    let mut session = engine.open(model, &value.to_string(), RATE, 1, options).unwrap();
    assert_eq!(session.push(&[vec![value; len]]).unwrap(), len);
    session.finish().unwrap();
    session
}

fn drain(mut session: Session) {
    while session.pull().unwrap().is_some() {}
}

/// Two models that wait for the same gate.
fn gated_models() -> (Arc<Gate>, [Model; 2]) {
    let gate = Arc::new(Gate::default());
    let models = [fake::gated(gate.clone()), fake::gated(gate.clone())];
    (gate, models)
}

#[test]
fn priorities_hold_across_models() {
    let (gate, [one, other]) = gated_models();
    let engine = Engine::new(Some(1)).unwrap();
    let first = queue(&engine, &one, 1.0, 1024, Priority::Normal);
    gate.wait_for_passage();
    let sessions = [
        queue(&engine, &one, 2.0, 1024, Priority::Low),
        queue(&engine, &other, 3.0, 1024, Priority::Normal),
        queue(&engine, &one, 4.0, 1024, Priority::Normal),
        queue(&engine, &other, 5.0, 1024, Priority::High),
    ];
    gate.open();
    drain(first);
    sessions.into_iter().for_each(drain);
    assert_eq!(gate.passed(), [1.0, 5.0, 3.0, 4.0, 2.0]);
}

#[test]
fn sessions_of_different_models_take_turns() {
    let (gate, [one, other]) = gated_models();
    let engine = Engine::new(Some(1)).unwrap();
    let first = queue(&engine, &one, 1.0, 1024, Priority::Normal);
    gate.wait_for_passage();
    let long = queue(&engine, &one, 2.0, 190_000, Priority::Normal);
    let short = queue(&engine, &other, 3.0, 1024, Priority::Normal);
    gate.open();
    drain(first);
    drain(long);
    drain(short);
    assert_eq!(gate.passed(), [1.0, 2.0, 3.0, 2.0]);
}

#[test]
fn a_models_runs_are_prepared_once_and_dropped_with_it() {
    // Without threads, no worker keeps a reference to a model for a moment longer.
    let engine = Engine::inline();
    let (one, other) = (fake::integrator(480, 960), fake::integrator(160, 0));
    let audio = noise(1, 50_000);
    let runs = || engine.shared().runs.len();
    let expected = process(&engine, &one, "one", &audio);
    for _ in 0..3 {
        assert!(process(&engine, &one.clone(), "one", &audio) == expected, "a run was not reset");
        assert_eq!(runs(), 1);
    }
    process(&engine, &other, "other", &audio);
    assert_eq!(runs(), 2);
    // A different number of lanes needs a different run. One worker keeps one run per model.
    for channels in 2..5 {
        process(&engine, &one, "one", &noise(channels, 5000));
    }
    assert_eq!(runs(), 2);
    drop(one);
    process(&engine, &other, "other", &audio);
    assert_eq!(runs(), 1);
}

#[test]
fn a_model_that_is_used_on_two_engines_gives_the_same() {
    let (model, audio) = (fake::integrator(480, 960), noise(2, 100_000));
    let [one, other] = [1, 3].map(|workers| Engine::new(Some(workers)).unwrap());
    assert!(process(&one, &model, "a", &audio) == process(&other, &model, "a", &audio));
}

#[test]
fn without_threads_the_result_is_the_same() {
    let (inline, threaded) = (Engine::inline(), Engine::new(Some(3)).unwrap());
    let models = [
        fake::integrator(480, 960),
        fake::slow_integrator(100, 1440),
        fake::identity(16_000, 128, 384),
        fake::reversing(700),
    ];
    for model in models {
        for (channels, len) in [(1, 0), (1, 1), (2, 250_001), (5, 70_000)] {
            let audio = noise(channels, len);
            let expected = process(&threaded, &model, "session", &audio);
            assert!(process(&inline, &model, "session", &audio) == expected, "{model:?} {len}");
        }
    }
    assert_eq!(inline.workers(), 1);
    assert!(inline.tasks_by_worker()[0] > 0);
}

#[test]
fn without_threads_who_pulls_does_the_work() {
    let threads = fake::Threads::default();
    let (engine, model) = (Engine::inline(), fake::reversing_on(threads.clone()));
    process(&engine, &model, "here", &noise(1, 300_000));
    assert_eq!(*threads.lock().unwrap(), [thread::current().id()].into());
}

#[test]
fn without_threads_priorities_hold_too() {
    let (gate, [one, other]) = gated_models();
    gate.open();
    let engine = Engine::inline();
    let low = queue(&engine, &one, 1.0, 1024, Priority::Low);
    let long = queue(&engine, &one, 2.0, 150_000, Priority::Normal);
    let short = queue(&engine, &other, 3.0, 1024, Priority::Normal);
    assert!(gate.passed().is_empty());
    drain(low);
    assert_eq!(gate.passed(), [2.0, 3.0, 2.0, 1.0]);
    drain(short);
    drain(long);
}

#[test]
fn without_threads_a_poll_is_ready_when_it_returns() {
    let (engine, model) = (Engine::inline(), fake::integrator(480, 960));
    let mut context = Context::from_waker(Waker::noop());
    let mut sessions =
        [1.0, 2.0].map(|value| queue(&engine, &model, value, 40_000, Priority::Normal));
    let mut pulled = [0; 2];
    while pulled != [40_000; 2] {
        for (session, pulled) in sessions.iter_mut().zip(&mut pulled) {
            match session.poll_pull(&mut context) {
                Poll::Ready(Ok(Some(planes))) => *pulled += planes[0].len(),
                Poll::Ready(Ok(None)) => assert_eq!(*pulled, 40_000),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn without_threads_many_threads_may_pull_at_once() {
    let (engine, model) = (Engine::inline(), fake::slow_integrator(480, 1440));
    let done = Mutex::new(0);
    thread::scope(|scope| {
        for n in 0..8 {
            let (engine, model, done) = (&engine, &model, &done);
            scope.spawn(move || {
                let audio = noise(1 + n % 2, 200_000 + 777 * n);
                let enhanced = process(engine, model, &n.to_string(), &audio);
                for (enhanced, plane) in enhanced.planes().iter().zip(audio.planes()) {
                    assert!(*enhanced == fake::integrated_by(fake::SLOW_LEAK, plane), "{n}");
                }
                *done.lock().unwrap() += 1;
            });
        }
    });
    assert_eq!(*done.lock().unwrap(), 8);
}

#[test]
fn without_threads_a_failure_ends_its_session_and_no_other() {
    let (engine, model) = (Engine::inline(), fake::integrator(480, 960));
    let audio = noise(1, 100_000);
    for (sample, code) in [(fake::PANIC, "worker_panicked"), (fake::FAIL, "inference")] {
        let mut planes = audio.planes().to_vec();
        planes[0][70_000] = sample;
        let spoilt = Audio::new(RATE, planes).unwrap();
        let options = SessionOptions::default();
        let error = engine.process_audio(&model, "spoilt", &spoilt, options).unwrap_err();
        assert_eq!(error.code(), code);
        let expected = fake::integrated(&audio.planes()[0]);
        assert_eq!(process(&engine, &model, "whole", &audio).planes()[0], expected);
    }
    let cancel = CancelToken::new();
    let options = SessionOptions { cancel: cancel.clone(), ..SessionOptions::default() };
    let mut session = engine.open(&model, "cancelled", RATE, 1, options).unwrap();
    session.push(audio.planes()).unwrap();
    cancel.cancel();
    assert_eq!(session.pull().unwrap_err().code(), "cancelled");
    drop(engine);
}

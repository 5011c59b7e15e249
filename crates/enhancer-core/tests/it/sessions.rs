use std::sync::{Arc, Mutex};
use std::thread;

use enhancer_core::{AudioEnhancer, CancelToken, Priority, Session, SessionOptions};

use crate::support::{any_audio, any_floats, assert_same, passthrough};

const RATE: u32 = 48_000;

fn open(enhancer: &AudioEnhancer, id: &str, channels: u16) -> Session {
    enhancer.open(id, RATE, channels, SessionOptions::default()).unwrap()
}

/// Pushes in pieces of `chunk` samples and pulls as it must; gives what came.
fn stream(session: &mut Session, planes: &[Vec<f32>], chunk: usize) -> Vec<Vec<f32>> {
    let len = planes[0].len();
    let mut enhanced = vec![Vec::new(); planes.len()];
    let mut pushed = 0;
    loop {
        while pushed < len {
            let to = (pushed + chunk).min(len);
            let part: Vec<_> = planes.iter().map(|plane| &plane[pushed..to]).collect();
            match session.push(&part).unwrap() {
                0 => break,
                taken => pushed += taken,
            }
        }
        if pushed == len {
            session.finish().unwrap();
        }
        match session.pull().unwrap() {
            Some(planes) => enhanced.iter_mut().zip(planes).for_each(|(to, from)| to.extend(from)),
            None => return enhanced,
        }
    }
}

#[test]
fn fifty_interleaved_sessions_of_different_priorities_each_get_their_own() {
    let enhancer = passthrough(4);
    let priorities = [Priority::Low, Priority::Normal, Priority::High];
    thread::scope(|scope| {
        for n in 0..50usize {
            let enhancer = &enhancer;
            scope.spawn(move || {
                let id = format!("session {n}");
                let options = SessionOptions::default().with_priority(priorities[n % 3]);
                let planes = any_floats(1 + n % 3, 50_000 + 3_333 * n, n as u64);
                let mut session = enhancer.open(&id, RATE, planes.len() as u16, options).unwrap();
                let enhanced = stream(&mut session, &planes, 1_000 + 997 * n);
                assert_same(&enhanced, &planes, &id);
            });
        }
    });
}

#[test]
fn one_thread_may_drive_many_sessions() {
    let enhancer = passthrough(2);
    let audio: Vec<_> = (0..10).map(|n| any_floats(1, 400_000 + n, n as u64)).collect();
    let mut sessions: Vec<_> = (0..10).map(|n| open(&enhancer, &n.to_string(), 1)).collect();
    // All windows are filled before the first result is pulled.
    let taken: Vec<_> =
        sessions.iter_mut().zip(&audio).map(|(s, planes)| s.push(planes).unwrap()).collect();
    for ((session, planes), taken) in sessions.iter_mut().zip(&audio).zip(taken) {
        let mut enhanced = vec![Vec::new()];
        let mut pushed = taken;
        while let Some(pulled) = session.pull().unwrap() {
            enhanced[0].extend_from_slice(&pulled[0]);
            pushed += session.push(&[&planes[0][pushed..]]).unwrap();
        }
        session.finish().unwrap();
        while let Some(pulled) = session.pull().unwrap() {
            enhanced[0].extend_from_slice(&pulled[0]);
        }
        assert_eq!(pushed, planes[0].len());
        assert_same(&enhanced, planes, session.id());
    }
}

#[test]
fn an_id_is_free_again_when_its_session_is_gone() {
    let enhancer = passthrough(1);
    let first = open(&enhancer, "twice", 1);
    let error = enhancer.open("twice", RATE, 1, SessionOptions::default()).unwrap_err();
    assert_eq!(error.code(), "session_exists");
    assert!(error.to_string().contains("\"twice\""), "{error}");
    drop(first);
    open(&enhancer, "twice", 1);
}

#[test]
fn a_session_dropped_amid_its_work_leaves_nothing_behind() {
    let enhancer = passthrough(2);
    let audio = any_audio(1, 200_000, 3);
    for _ in 0..50 {
        let mut session = open(&enhancer, "again", 1);
        session.push(audio.planes()).unwrap();
        drop(session);
        // Late results of the session before must not turn up here.
        let short = any_audio(1, 5_000, 4);
        let enhanced = enhancer.process_audio("again", &short).unwrap();
        assert_same(enhanced.planes(), short.planes(), "the session after");
    }
}

#[test]
fn cancelling_ends_a_session_that_somebody_waits_for() {
    let enhancer = passthrough(1);
    let cancel = CancelToken::new();
    let options = SessionOptions::default().with_cancel(cancel.clone());
    let mut session = enhancer.open("cancelled", 48_000, 1, options).unwrap();
    let waiting = thread::spawn(move || {
        let block = vec![vec![0.0; 50_000]];
        loop {
            let result = session.push(&block).and_then(|_| session.pull());
            if let Err(error) = result {
                return (error, session.finish().unwrap_err());
            }
        }
    });
    cancel.cancel();
    let (first, second) = waiting.join().unwrap();
    assert_eq!(first.code(), "cancelled");
    assert_eq!(second.to_string(), "session \"cancelled\" was cancelled");
    // Others go on.
    let audio = any_audio(1, 10_000, 5);
    assert_same(
        enhancer.process_audio("other", &audio).unwrap().planes(),
        audio.planes(),
        "another session",
    );
}

#[test]
fn progress_is_told_with_every_pull_and_ends_complete() {
    let enhancer = passthrough(2);
    let reported = Arc::new(Mutex::new(Vec::new()));
    let options = SessionOptions::default().with_expected_len(Some(400_000)).with_on_progress({
        let reported = reported.clone();
        move |progress| reported.lock().unwrap().push(progress)
    });
    let mut session = enhancer.open("watched", RATE, 1, options).unwrap();
    stream(&mut session, &any_floats(1, 400_000, 6), 30_000);
    let reported = reported.lock().unwrap();
    assert!(reported.len() > 1, "progress was reported only once");
    assert!(reported.iter().all(|progress| progress.expected == Some(400_000)));
    assert!(reported.is_sorted_by_key(|progress| progress.enhanced));
    let last = reported.last().unwrap();
    assert_eq!((last.received, last.enhanced, last.expected), (400_000, 400_000, Some(400_000)));
}

#[test]
fn wrong_use_is_an_error_that_says_so() {
    let enhancer = passthrough(1);
    let refused = |channels| {
        let options = SessionOptions::default();
        enhancer.open("refused", RATE, channels, options).unwrap_err().to_string()
    };
    assert_eq!(refused(0), "the number of channels is 0, expected 1 to 65535");

    let mut session = open(&enhancer, "stereo", 2);
    let error = session.push(&[vec![0.0; 4]]).unwrap_err();
    assert_eq!(error.to_string(), "the number of channels is 1, expected 2");
    let error = session.push(&[vec![0.0; 4], vec![0.0; 5]]).unwrap_err();
    assert_eq!(error.code(), "invalid_value");
    session.finish().unwrap();
    session.finish().unwrap();
    assert_eq!(session.pull().unwrap(), None);
    let error = session.push(&[vec![0.0; 4], vec![0.0; 4]]).unwrap_err();
    assert_eq!(error.code(), "session_finished");

    let model = enhancer.model().clone();
    for workers in [0, 5000] {
        let error = AudioEnhancer::new(model.clone(), Some(workers)).unwrap_err();
        assert_eq!(error.code(), "invalid_value");
    }
}

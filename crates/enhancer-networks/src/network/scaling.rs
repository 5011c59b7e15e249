//! Estimates how much faster many workers would run the network of DeepFilterNet 3, on a machine
//! with fewer cores. The units of work of a step of a recording are measured one after the other,
//! and then scheduled as [`Waves`](super::waves::Waves) does. `make bench` prints the result.
//!
//! ```sh
//! cargo test --release -p enhancer-networks --lib -- --ignored --nocapture list_scheduling
//! ```

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::sequence::Sequence;
use super::stages::BLOCK;
use super::tests::committed;
use crate::panics::lock;

/// The number of hops that `enhancer-core` processes at once with several workers.
const HOPS_IN_STEP: usize = 128;
const WORKERS: [usize; 4] = [1, 2, 4, 8];
/// The number of measurements. The minimum of each unit counts, since another program may have run
/// at the same time.
const RUNS: usize = 50;

/// A unit of work. Units are in the order in which a single worker runs them.
struct Unit {
    block: usize,
    piece: usize,
    time: Duration,
}

/// The time until all units are done. A free worker takes the first unit that can run.
fn makespan(units: &[Unit], after: &[Vec<usize>], goes_on: &[bool], workers: usize) -> Duration {
    let mut done = vec![None; units.len()];
    let mut free = vec![Duration::ZERO; workers];
    let pieces = after.len();
    let at = |block: usize, piece: usize| block * pieces + piece;
    for _ in units {
        let ready = |n: usize, done: &[Option<Duration>]| {
            let Unit { block, piece, .. } = units[n];
            let before =
                goes_on[piece].then(|| block.checked_sub(1).map(|b| at(b, piece))).flatten();
            let needed = after[piece].iter().map(|&maker| at(block, maker)).chain(before);
            needed.map(|n| done[n]).try_fold(Duration::ZERO, |latest, end| Some(latest.max(end?)))
        };
        let (worker, now) = free.iter().copied().enumerate().min_by_key(|one| one.1).unwrap();
        let waiting = (0..units.len()).filter(|&n| done[n].is_none());
        let (n, start) = waiting
            .filter_map(|n| Some((n, ready(n, &done)?.max(now))))
            .min_by_key(|&(n, start)| (start, n))
            .unwrap();
        let end = start + units[n].time;
        (done[n], free[worker]) = (Some(end), end);
    }
    done.into_iter().flatten().max().unwrap()
}

#[test]
#[ignore = "it measures"]
#[allow(clippy::print_stdout, reason = "it is what it is for")]
fn list_scheduling() {
    let stages = committed("deepfilternet3", 0).stages().unwrap();
    let (after, goes_on): (Vec<_>, Vec<_>) =
        stages.pieces.iter().map(|piece| (piece.after.clone(), piece.states.is_some())).unzip();
    let sequence = Sequence::new(stages, 1, HOPS_IN_STEP).unwrap();
    let mut units: Vec<Unit> = Vec::new();
    for run in 0..RUNS {
        let times = Mutex::new(Vec::new());
        sequence
            .run_units(|piece, block, work| {
                let started = Instant::now();
                work()?;
                lock(&times).push((piece, block, started.elapsed()));
                Ok(())
            })
            .unwrap();
        for (n, (piece, block, time)) in std::mem::take(&mut *lock(&times)).into_iter().enumerate()
        {
            match run {
                0 => units.push(Unit { block, piece, time }),
                _ => units[n].time = units[n].time.min(time),
            }
        }
    }
    let alone = makespan(&units, &after, &goes_on, 1);
    println!("{HOPS_IN_STEP} hops in blocks of {BLOCK}, {} units", units.len());
    for workers in WORKERS {
        let ratio = alone.as_secs_f64() / makespan(&units, &after, &goes_on, workers).as_secs_f64();
        println!("{workers} workers: {ratio:.2}");
    }
}

#[test]
fn workers_do_not_wait_for_each_other_without_a_reason() {
    let unit = |block, piece| Unit { block, piece, time: Duration::from_secs(1) };
    let units: Vec<_> =
        (0..4).flat_map(|block| (0..2).map(move |piece| unit(block, piece))).collect();
    let seconds = |after: &[Vec<usize>], goes_on: &[bool], workers| {
        makespan(&units, after, goes_on, workers).as_secs()
    };
    // Nothing waits; the second piece waits for the first; each piece waits for its previous block.
    assert_eq!(seconds(&[vec![], vec![]], &[false, false], 4), 2);
    assert_eq!(seconds(&[vec![], vec![0]], &[false, false], 8), 2);
    assert_eq!(seconds(&[vec![], vec![0]], &[true, true], 8), 5);
    assert_eq!(seconds(&[vec![], vec![0]], &[true, true], 1), 8);
}

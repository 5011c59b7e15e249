//! Models for tests.
//!
//! The output of the *integrator* is known in closed form: it is a leaky integral, `y[n] = LEAK ·
//! y[n-1] + x[n]`, delayed by `delay` samples. It has the memory and the delay that real models
//! have. The *identity* has no memory and accepts any rate. The *reversing* model has no memory and
//! reverses each hop. The *gated* model returns its input when a test lets it.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::{FrontEnd, Model, ModelInfo, Step};
use crate::error::{ErrorKind, Result};

/// The part of an output sample that is kept in the next one.
pub(crate) const LEAK: f32 = 0.9;

/// The sample at which the model panics.
pub(crate) const PANIC: f32 = 1313.0;

/// The sample at which the model returns an error.
pub(crate) const FAIL: f32 = 404.0;

/// The same for the model that hardly forgets.
pub(crate) const SLOW_LEAK: f32 = 0.999_99;

/// The integrator, with hops of `hop` samples and a delay of `delay`.
pub(crate) fn integrator(hop: usize, delay: usize) -> Model {
    leaky(48_000, hop, delay, LEAK)
}

/// The integrator with a very long memory.
pub(crate) fn slow_integrator(hop: usize, delay: usize) -> Model {
    leaky(48_000, hop, delay, SLOW_LEAK)
}

/// A model with this sample rate whose output is its input, delayed by `delay` samples.
pub(crate) fn identity(sample_rate: u32, hop: usize, delay: usize) -> Model {
    leaky(sample_rate, hop, delay, 0.0)
}

fn leaky(sample_rate: u32, hop: usize, delay: usize, leak: f32) -> Model {
    let info = ModelInfo {
        name: "integrator".into(),
        licence: None,
        sample_rate: Some(sample_rate),
        hop,
        window: hop,
        lookahead: 0,
        delay,
        memory: true,
        post_filter: false,
    };
    Model::new(Integrator { info, leak })
}

/// The integrator's output for a whole signal, without the delay.
pub(crate) fn integrated(signal: &[f32]) -> Vec<f32> {
    integrated_by(LEAK, signal)
}

/// The same with this leak.
pub(crate) fn integrated_by(leak: f32, signal: &[f32]) -> Vec<f32> {
    signal
        .iter()
        .scan(0.0, |state, x| {
            *state = leak * *state + x;
            Some(*state)
        })
        .collect()
}

struct Integrator {
    info: ModelInfo,
    leak: f32,
}

impl FrontEnd for Integrator {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>> {
        let late = VecDeque::from(vec![0.0; self.info.delay]);
        let lane = Lane { leak: self.leak, state: 0.0, late };
        let hop = hops * self.info.hop;
        Ok(Box::new(Lanes { lanes: vec![lane.clone(); lanes], fresh: lane, hop }))
    }
}

#[derive(Clone)]
struct Lane {
    leak: f32,
    state: f32,
    late: VecDeque<f32>,
}

impl Lane {
    fn next(&mut self, x: f32) -> f32 {
        self.state = self.leak * self.state + x;
        self.late.push_back(self.state);
        self.late.pop_front().unwrap_or_default()
    }
}

struct Lanes {
    lanes: Vec<Lane>,
    fresh: Lane,
    hop: usize,
}

impl Step for Lanes {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        assert!(!input.contains(&PANIC), "the fake model panics");
        if input.contains(&FAIL) {
            return Err(ErrorKind::Inference { reason: "the fake model fails".into() }.into());
        }
        let step = |(lane, (input, output)): (&mut Lane, (&[f32], &mut [f32]))| {
            for (x, y) in input.iter().zip(output) {
                *y = lane.next(*x);
            }
        };
        // Splits the work between workers, as real models do.
        if rayon::current_thread_index().is_some() {
            let hops = input.par_chunks_exact(self.hop).zip(output.par_chunks_exact_mut(self.hop));
            self.lanes.par_iter_mut().zip(hops).for_each(step);
        } else {
            let hops = input.chunks_exact(self.hop).zip(output.chunks_exact_mut(self.hop));
            self.lanes.iter_mut().zip(hops).for_each(step);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.lanes.fill(self.fresh.clone());
    }
}

/// A model without memory that reverses each hop of `hop` samples.
pub(crate) fn reversing(hop: usize) -> Model {
    Model::new(Reversing::new(hop))
}

/// The reversing model's output for a whole signal, which silence follows.
pub(crate) fn reversed(signal: &[f32], hop: usize) -> Vec<f32> {
    let mut padded = signal.to_vec();
    padded.resize(signal.len().next_multiple_of(hop), 0.0);
    padded.chunks_mut(hop).for_each(<[f32]>::reverse);
    padded.truncate(signal.len());
    padded
}

struct Reversing {
    info: ModelInfo,
    threads: Option<Threads>,
}

impl Reversing {
    fn new(hop: usize) -> Reversing {
        let info = ModelInfo {
            name: "reversing".into(),
            licence: None,
            sample_rate: None,
            hop,
            window: hop,
            lookahead: 0,
            delay: 0,
            memory: false,
            post_filter: false,
        };
        Reversing { info, threads: None }
    }
}

impl FrontEnd for Reversing {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, _lanes: usize, _hops: usize) -> Result<Box<dyn Step>> {
        Ok(Box::new(Turns { hop: self.info.hop, threads: self.threads.clone() }))
    }
}

struct Turns {
    hop: usize,
    threads: Option<Threads>,
}

impl Step for Turns {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        if let Some(threads) = &self.threads {
            threads.lock().unwrap().insert(thread::current().id());
        }
        for (input, output) in input.chunks_exact(self.hop).zip(output.chunks_exact_mut(self.hop)) {
            output.copy_from_slice(input);
            output.reverse();
        }
        Ok(())
    }

    fn reset(&mut self) {}
}

/// The threads that a model ran on.
pub(crate) type Threads = Arc<Mutex<HashSet<ThreadId>>>;

/// The reversing model. It notes the threads that it runs on.
pub(crate) fn reversing_on(threads: Threads) -> Model {
    let mut model = Reversing { threads: Some(threads), ..Reversing::new(100) };
    model.info.name = "noting".into();
    Model::new(model)
}

/// Blocks the model that [`gated`] makes, and notes the samples that pass.
#[derive(Default)]
pub(crate) struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    passed: Mutex<Vec<f32>>,
}

impl Gate {
    /// Lets everything pass from now on.
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    /// Returns when a model waits at the gate.
    pub(crate) fn wait_for_passage(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.passed().is_empty() {
            assert!(Instant::now() < deadline, "nobody came");
            thread::yield_now();
        }
    }

    /// The samples that passed. Equal neighbours are noted once.
    pub(crate) fn passed(&self) -> Vec<f32> {
        self.passed.lock().unwrap().clone()
    }

    fn pass(&self, sample: f32) {
        let mut passed = self.passed.lock().unwrap();
        if passed.last() != Some(&sample) {
            passed.push(sample);
        }
        drop(passed);
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }
}

/// A model without memory that returns its input once its gate is open. Frames have 1024 samples.
pub(crate) fn gated(gate: Arc<Gate>) -> Model {
    let info = ModelInfo {
        name: "gated".into(),
        licence: None,
        sample_rate: None,
        hop: 1024,
        window: 1024,
        lookahead: 0,
        delay: 0,
        memory: false,
        post_filter: false,
    };
    Model::new(Gated { info, gate })
}

struct Gated {
    info: ModelInfo,
    gate: Arc<Gate>,
}

impl FrontEnd for Gated {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, _lanes: usize, _hops: usize) -> Result<Box<dyn Step>> {
        Ok(Box::new(Passage(self.gate.clone())))
    }
}

struct Passage(Arc<Gate>);

impl Step for Passage {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        self.0.pass(input[0]);
        output.copy_from_slice(input);
        Ok(())
    }

    fn reset(&mut self) {}
}

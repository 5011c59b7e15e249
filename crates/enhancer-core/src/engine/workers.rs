//! The workers and their shared state.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};

use enhancer_networks::panics::contain;

use super::bundle::Bundle;
use super::collector::{Collected, Collector};
use super::lock;
use super::pool::Pool;
use super::queue::UnprocessedQueue;
use super::runs::Runs;
use crate::audio::Planes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, Stream};

/// A task: a part of a session's work.
pub(super) struct Task {
    pub(super) session: Arc<Collected>,
    pub(super) model: Model,
    /// Its position among the session's tasks.
    pub(super) index: u64,
    pub(super) bundle: Bundle,
    pub(super) post_filter: bool,
    /// If the session's tasks run one after the other: passes on their stream.
    pub(super) relay: Option<Arc<Relay>>,
}

/// Holds the stream that a task leaves for the next one of its session.
pub(super) type Relay = Mutex<Option<Stream>>;

/// The state that sessions and workers share.
pub(super) struct Shared {
    pub(super) workers: usize,
    pub(super) collector: Collector,
    state: Mutex<State>,
    /// Notified when the last busy worker becomes idle.
    resting: Condvar,
    pub(super) runs: Runs,
    /// The number of tasks that each thread of the pool has done.
    done: Vec<AtomicU64>,
    pool: Pool,
}

struct State {
    unprocessed: UnprocessedQueue<Task>,
    /// Workers that are taking tasks now. The others cost nothing.
    busy: usize,
    /// Without threads: the tasks that wait until the working thread has finished its task.
    waiting: Vec<Waker>,
    shut_down: bool,
}

impl Shared {
    /// The state for at most this many workers of the pool. Default: all of them.
    pub(super) fn new(pool: Pool, workers: Option<usize>) -> Shared {
        let workers = workers.map_or(pool.threads(), |count| count.min(pool.threads()));
        Shared {
            workers,
            collector: Collector::default(),
            state: Mutex::new(State {
                unprocessed: UnprocessedQueue::new(),
                busy: 0,
                waiting: Vec::new(),
                shut_down: false,
            }),
            resting: Condvar::new(),
            runs: Runs::new(workers),
            done: (0..pool.threads()).map(|_| AtomicU64::new(0)).collect(),
            pool,
        }
    }

    /// Puts a task into the unprocessed queue and makes sure that a worker runs.
    pub(super) fn submit(self: &Arc<Self>, task: Task) -> Result<()> {
        let mut state = lock(&self.state);
        if state.shut_down {
            return Err(ErrorKind::ShutDown.into());
        }
        if task.session.stopped() {
            // The next pull reports the error.
            return Ok(());
        }
        state.unprocessed.push(task.session.priority, task.session.key, task);
        self.call_worker(&mut state);
        Ok(())
    }

    /// Starts one more worker, if there is work and an idle worker. Does nothing without threads.
    fn call_worker(self: &Arc<Self>, state: &mut State) {
        if !self.pool.is_inline() && state.busy < self.workers && state.unprocessed.is_ready() {
            state.busy += 1;
            let shared = self.clone();
            self.pool.spawn(move || shared.work());
        }
    }

    /// A worker: does the next task, then makes room for another worker.
    ///
    /// It does only one task: a thread that waits for others to finish their share of a task may
    /// start to work here, and must get back to its own task. So one task can delay another,
    /// whatever their priorities, but not more than one.
    fn work(self: &Arc<Self>) {
        if let Some(task) = self.next_task() {
            let (session, relayed) = (task.session.key, task.relay.is_some());
            self.process(task);
            if relayed {
                lock(&self.state).unprocessed.release(session);
            }
        }
        let mut state = lock(&self.state);
        state.busy -= 1;
        self.call_worker(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.resting.notify_all();
        wake(waiting);
    }

    /// Takes the next bundle of a session, or wakes `context` when it arrives. Without threads this
    /// does the work, including all tasks that come first.
    pub(super) fn poll(
        self: &Arc<Self>,
        session: &Collected,
        context: &mut Context<'_>,
    ) -> Poll<Result<Planes>> {
        loop {
            match session.poll(context) {
                Poll::Pending if self.work_here(context) => {}
                polled => return polled,
            }
        }
    }

    /// Without threads: does the next task, and returns whether there was one. While another thread
    /// does a task, it wakes `context` when that is done.
    fn work_here(self: &Arc<Self>, context: &Context<'_>) -> bool {
        if !self.pool.is_inline() {
            return false;
        }
        // Cloned while nothing is locked: cloning runs the owner's code.
        let waker = context.waker().clone();
        let mut state = lock(&self.state);
        if state.busy > 0 {
            state.waiting.push(waker);
            return false;
        }
        if !state.unprocessed.is_ready() {
            return false;
        }
        state.busy = 1;
        drop(state);
        self.work();
        true
    }

    fn next_task(&self) -> Option<Task> {
        let mut state = lock(&self.state);
        let task = state.unprocessed.pop()?;
        if task.relay.is_some() {
            state.unprocessed.hold(task.session.key);
        }
        Some(task)
    }

    /// Runs a task and passes its result to the collector. A failure, even a panic, ends only its
    /// session.
    fn process(&self, task: Task) {
        if task.session.stopped() {
            return;
        }
        let outcome = contain(|| self.run(&task));
        if let Some(done) = self.pool.current_thread().and_then(|thread| self.done.get(thread)) {
            done.fetch_add(1, Ordering::Relaxed);
        }
        match outcome {
            Ok(Ok(Some(enhanced))) => task.session.collect(task.index, enhanced),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => self.fail(&task.session, error),
            Err(message) => self.fail(&task.session, ErrorKind::WorkerPanicked { message }.into()),
        }
    }

    /// Ends a session with an error and drops its waiting tasks.
    pub(super) fn fail(&self, session: &Collected, error: Error) {
        // In this order, no task can be added after the removal.
        session.stop();
        lock(&self.state).unprocessed.remove(session.priority, session.key);
        session.fail(error);
    }

    /// Ends a session with the error `Cancelled`, unless it has already ended.
    pub(super) fn cancel(&self, session: &Collected) {
        self.fail(session, ErrorKind::Cancelled { id: session.id.clone() }.into());
    }

    fn run(&self, task: &Task) -> Result<Option<Planes>> {
        let handed_on = task.relay.as_ref().and_then(|relay| lock(relay).take());
        let mut stream = match handed_on {
            Some(stream) => stream,
            None => self.runs.take(&task.model, task.bundle.lanes(), task.bundle.hop())?,
        };
        stream.set_post_filter(task.post_filter)?;
        let enhanced = task.bundle.run(&mut stream, || task.session.stopped())?;
        match &task.relay {
            Some(relay) => *lock(relay) = Some(stream),
            None => self.runs.keep(&task.model, stream),
        }
        Ok(enhanced)
    }

    /// The number of waiting tasks.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).unprocessed.len()
    }

    /// The number of tasks that each thread of the pool has done.
    pub(super) fn done(&self) -> Vec<u64> {
        self.done.iter().map(|done| done.load(Ordering::Relaxed)).collect()
    }

    /// Ends all sessions and waits until all workers are gone.
    pub(super) fn shut_down(&self) {
        let mut state = lock(&self.state);
        state.shut_down = true;
        state.unprocessed.clear();
        drop(state);
        self.collector.fail_all(&ErrorKind::ShutDown.into());

        let mut state = lock(&self.state);
        while state.busy > 0 {
            state = self.resting.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        drop(state);
        self.pool.join();
    }
}

/// Wakes all of them. Waking runs the owner's code: a panic in it must not spread.
fn wake(waiting: Vec<Waker>) {
    for waker in waiting {
        let _ = contain(|| waker.wake());
    }
}

//! The workers, and what they share.

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

/// A piece of a session's work.
pub(super) struct Task {
    pub(super) session: Arc<Collected>,
    pub(super) model: Model,
    /// Its place among the session's tasks.
    pub(super) index: u64,
    pub(super) bundle: Bundle,
    pub(super) post_filter: bool,
    /// Of a session whose tasks run one after the other: where they hand on their
    /// stream.
    pub(super) relay: Option<Arc<Relay>>,
}

/// What a task leaves to the next one of its session.
pub(super) type Relay = Mutex<Option<Stream>>;

/// All that sessions and workers share.
pub(super) struct Shared {
    pub(super) workers: usize,
    pub(super) collector: Collector,
    state: Mutex<State>,
    /// Notified when the last busy worker rests.
    resting: Condvar,
    pub(super) runs: Runs,
    /// Tasks that each thread of the pool has done.
    done: Vec<AtomicU64>,
    pool: Pool,
}

struct State {
    unprocessed: UnprocessedQueue<Task>,
    /// Workers that take tasks now; the others cost nothing.
    busy: usize,
    /// Without threads: who waits until the one that works is done with its task.
    waiting: Vec<Waker>,
    shut_down: bool,
}

impl Shared {
    /// What at most so many workers of that pool share, by default all of them.
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

    /// Puts a task into the unprocessed queue and sees to it that somebody works.
    pub(super) fn submit(self: &Arc<Self>, task: Task) -> Result<()> {
        let mut state = lock(&self.state);
        if state.shut_down {
            return Err(ErrorKind::ShutDown.into());
        }
        if task.session.stopped() {
            // The next pull reports what ended it meanwhile.
            return Ok(());
        }
        state.unprocessed.push(task.session.priority, task.session.key, task);
        self.call_worker(&mut state);
        Ok(())
    }

    /// Has one more worker work, if there is something to do and one rests. Without
    /// threads there is none to call.
    fn call_worker(self: &Arc<Self>, state: &mut State) {
        if !self.pool.is_inline() && state.busy < self.workers && state.unprocessed.is_ready() {
            state.busy += 1;
            let shared = self.clone();
            self.pool.spawn(move || shared.work());
        }
    }

    /// A worker: does the task whose turn it is, then makes room for another one.
    ///
    /// One task at a time: a thread that waits for others to finish their share of
    /// a task may begin to work here, and must get back to its own. So a task can
    /// be held up by another one, whatever their priorities, but by no more.
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

    /// Takes the bundle that comes next for a session, or has `context` woken when it is
    /// there. Without threads this does the work: whatever tasks come before it too.
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

    /// Without threads: does the task whose turn it is, and says whether there was one.
    /// While somebody else does one, it has `context` woken once that is done.
    fn work_here(self: &Arc<Self>, context: &Context<'_>) -> bool {
        if !self.pool.is_inline() {
            return false;
        }
        // Cloned while nothing is locked: it is its owner's code.
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

    /// Runs a task and hands its result to the collector. Whatever happens in it
    /// ends its session at worst.
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

    /// Ends a session with an error and drops what waits of it.
    pub(super) fn fail(&self, session: &Collected, error: Error) {
        // In this order nothing can be queued behind the removal.
        session.stop();
        lock(&self.state).unprocessed.remove(session.priority, session.key);
        session.fail(error);
    }

    /// Ends a session with the error `Cancelled`; of one that has ended, nothing changes.
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

    /// How many tasks wait for a worker.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).unprocessed.len()
    }

    /// How many tasks each thread of the pool has done.
    pub(super) fn done(&self) -> Vec<u64> {
        self.done.iter().map(|done| done.load(Ordering::Relaxed)).collect()
    }

    /// Ends all sessions and returns when every worker has gone.
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

/// Wakes all of them. Wakers are their owners' code: a panic in it concerns nobody here.
fn wake(waiting: Vec<Waker>) {
    for waker in waiting {
        let _ = contain(|| waker.wake());
    }
}

//! Looking for hints now and then, instead of all the time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis_core::backend::{Backend, BackendConfig, WireFormatBackend};
use apalis_core::worker::context::WorkerContext;
use apalis_core::{delegate_codec, delegate_config};
use tokio::time::{Instant, Sleep, sleep_until};

/// How often a backend is polled in a turn before it rests: a look at the database takes
/// a few polls.
const POLLS: u32 = 16;

/// A backend that is polled a few times in each turn while it has nothing. apalis looks
/// for tasks at every poll, and looking wakes its worker: left alone it does nothing else.
#[derive(Debug)]
pub(super) struct Paced<B> {
    backend: B,
    turn: Duration,
    /// Of this turn.
    polls: u32,
    next_turn: Pin<Box<Sleep>>,
}

impl<B> Paced<B> {
    pub(super) fn new(backend: B, turn: Duration) -> Paced<B> {
        let next_turn = Box::pin(sleep_until(Instant::now() + turn));
        Paced { backend, turn, polls: 0, next_turn }
    }

    fn begin_turn(&mut self) {
        self.polls = 0;
        self.next_turn.as_mut().reset(Instant::now() + self.turn);
    }
}

impl<B: Backend> Backend for Paced<B> {
    type Task = B::Task;
    type Error = B::Error;

    fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Self::Error>> {
        self.backend.poll_ready(cx, worker)
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Self::Error>>> {
        // Polling the timer also has it wake the worker for the next turn.
        while self.next_turn.as_mut().poll(cx).is_ready() {
            self.begin_turn();
        }
        if self.polls == POLLS {
            return Poll::Pending;
        }
        self.polls += 1;
        let polled = self.backend.poll_next(cx, worker);
        if polled.is_ready() {
            // Where one was, more may be.
            self.polls = 0;
        }
        polled
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Self::Error>> {
        self.backend.poll_close(cx, worker)
    }
}

delegate_config!(Paced<B>, backend);
delegate_codec!(Paced<B>, backend);

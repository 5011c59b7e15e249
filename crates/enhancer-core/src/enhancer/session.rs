//! One stream of audio through the enhancer.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use serde::Serialize;

use super::Priority;
use super::collector::Collected;
use super::workers::{Shared, Task};
use crate::audio::{Planes, plane_len};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::segment::{Joiner, Segmenter};

/// The most channels of a session: as many as a WAV file can have.
const MAX_CHANNELS: usize = u16::MAX as usize;

/// How a session shall be treated.
#[derive(Default)]
pub struct SessionOptions {
    /// Which sessions it gives way to. Default: `Normal`.
    pub priority: Priority,
    /// Samples that will come in each channel, where that is known: short audio
    /// is then spread better over the workers, and progress has an end. More or
    /// fewer may come. Default: unknown.
    pub expected_len: Option<u64>,
    /// Called whenever enhanced audio was pulled, on the thread that pulled it.
    /// Default: nothing is called.
    pub on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("priority", &self.priority)
            .field("expected_len", &self.expected_len)
            .finish_non_exhaustive()
    }
}

/// How far a session is; all in samples of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Samples that were pushed.
    pub received: u64,
    /// Enhanced samples that were pulled.
    pub enhanced: u64,
    /// Samples that will have been enhanced at the end, where that is known.
    pub expected: Option<u64>,
}

/// One stream of audio through an [`AudioEnhancer`](crate::AudioEnhancer): push
/// samples, pull enhanced ones, in order and aligned to the input, until as many
/// came out as went in.
///
/// It holds a bounded window of audio. When that is full, [`push`](Self::push)
/// takes no more until something is pulled; a single thread that pushes what is
/// taken and then pulls never blocks for ever.
///
/// Dropping a session cancels what it has not pulled.
pub struct Session {
    shared: Arc<Shared>,
    collected: Arc<Collected>,
    segmenter: Segmenter,
    joiner: Joiner,
    channels: usize,
    finished: bool,
    /// Tasks that were submitted, and bundles that were pulled.
    submitted: u64,
    pulled: u64,
    /// Samples that were pulled.
    enhanced: u64,
    expected_len: Option<u64>,
    on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

impl Session {
    pub(super) fn open(
        shared: Arc<Shared>,
        id: &str,
        sample_rate: u32,
        channels: usize,
        options: SessionOptions,
    ) -> Result<Session> {
        if !(1..=MAX_CHANNELS).contains(&channels) {
            let expected = format!("1 to {MAX_CHANNELS}");
            return Err(Error::invalid("the number of channels", expected, channels));
        }
        if let Some(rate) = shared.model.sample_rate().filter(|&rate| rate != sample_rate) {
            let name = "the sample rate";
            return Err(Error::invalid(name, format!("{rate} Hz"), format!("{sample_rate} Hz")));
        }
        let plan = Plan::new(&shared.model, channels, options.expected_len, shared.workers);
        let collected = shared.collector.open(id, options.priority)?;
        Ok(Session {
            shared,
            collected,
            segmenter: Segmenter::new(plan, channels),
            joiner: Joiner::default(),
            channels,
            finished: false,
            submitted: 0,
            pulled: 0,
            enhanced: 0,
            expected_len: options.expected_len,
            on_progress: options.on_progress,
        })
    }

    /// The id it was opened with.
    pub fn id(&self) -> &str {
        &self.collected.id
    }

    /// Takes samples, `planes[channel]`, as many as the window has room for, and
    /// says how many of each channel it took: 0 if it is full. Never blocks.
    ///
    /// # Errors
    /// `InvalidValue` if the planes are not as many as the channels or differ in
    /// length, `SessionFinished` after [`finish`](Self::finish), or what ended
    /// the session: `Cancelled`, `ShutDown`, `Inference`, `WorkerPanicked`.
    pub fn push(&mut self, planes: &[impl AsRef<[f32]>]) -> Result<usize> {
        self.collected.check()?;
        if self.finished {
            return Err(ErrorKind::SessionFinished { id: self.id().into() }.into());
        }
        if planes.len() != self.channels {
            return Err(Error::invalid("the number of channels", self.channels, planes.len()));
        }
        let len = plane_len(planes)?;
        let mut taken = 0;
        loop {
            self.dispatch()?;
            let more = self.segmenter.room().min(len - taken);
            if more == 0 {
                return Ok(taken);
            }
            let part: Vec<_> = planes.iter().map(|p| &p.as_ref()[taken..taken + more]).collect();
            self.segmenter.push(&part);
            taken += more;
        }
    }

    /// Says that no samples will come any more: what is left is padded, enhanced
    /// and cut to the input's length. To do so twice changes nothing.
    ///
    /// # Errors
    /// What ended the session before.
    pub fn finish(&mut self) -> Result<()> {
        self.collected.check()?;
        self.finished = true;
        self.segmenter.finish();
        self.dispatch()
    }

    /// Waits for the next enhanced samples, `planes[channel]`, and takes them.
    /// `None` means that none are under way: after [`finish`](Self::finish) that
    /// all were pulled, before it that more have to be pushed.
    ///
    /// # Errors
    /// What ended the session: `Cancelled`, `ShutDown`, `Inference`,
    /// `WorkerPanicked`.
    pub fn pull(&mut self) -> Result<Option<Planes>> {
        pollster::block_on(self.pull_async())
    }

    /// [`pull`](Self::pull) for async code, whatever its runtime.
    ///
    /// # Errors
    /// Those of [`pull`](Self::pull).
    pub async fn pull_async(&mut self) -> Result<Option<Planes>> {
        poll_fn(|context| self.poll_pull(context)).await
    }

    /// [`pull`](Self::pull) as a poll: gives samples that are ready, or has
    /// `context` woken when there are some.
    ///
    /// # Errors
    /// Those of [`pull`](Self::pull).
    pub fn poll_pull(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Planes>>> {
        self.collected.check()?;
        if self.pulled == self.submitted {
            return Poll::Ready(Ok(None));
        }
        let Poll::Ready(bundle) = self.collected.poll(context)? else {
            return Poll::Pending;
        };
        self.pulled += 1;
        let planes = self.joiner.join(bundle);
        self.enhanced += planes[0].len() as u64;
        self.dispatch()?;
        let progress = self.progress();
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(progress);
        }
        Poll::Ready(Ok(Some(planes)))
    }

    /// Submits the bundles that are complete and fit the window.
    fn dispatch(&mut self) -> Result<()> {
        // Enough to keep every worker busy while one result is being pulled.
        let window = self.shared.workers as u64 + 2;
        while self.submitted - self.pulled < window {
            let Some(bundle) = self.segmenter.bundle() else {
                return Ok(());
            };
            let task = Task { session: self.collected.clone(), index: self.submitted, bundle };
            self.shared.submit(task)?;
            self.submitted += 1;
        }
        Ok(())
    }

    /// How far the session is.
    pub fn progress(&self) -> Progress {
        let received = self.segmenter.received();
        let expected = if self.finished { Some(received) } else { self.expected_len };
        Progress { received, enhanced: self.enhanced, expected }
    }

    /// Something that can cancel the session from elsewhere.
    pub fn canceller(&self) -> Canceller {
        Canceller { shared: Arc::downgrade(&self.shared), collected: self.collected.clone() }
    }

    /// Ends the session: from now on its methods fail with `Cancelled`, and the
    /// workers stop what they do for it within a step.
    pub fn cancel(&self) {
        self.canceller().cancel();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cancel();
        self.shared.collector.close(&self.collected.id);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}

/// Cancels a [`Session`] from another thread, or from a callback.
#[derive(Clone)]
pub struct Canceller {
    shared: Weak<Shared>,
    collected: Arc<Collected>,
}

impl Canceller {
    /// Ends the session with the error `Cancelled`; of a session that has ended,
    /// nothing changes.
    pub fn cancel(&self) {
        if let Some(shared) = self.shared.upgrade() {
            let id = self.collected.id.clone();
            shared.fail(&self.collected, ErrorKind::Cancelled { id }.into());
        }
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("session", &self.collected.id).finish()
    }
}

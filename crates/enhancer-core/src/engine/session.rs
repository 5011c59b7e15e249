//! One stream of audio through the engine.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::bundle::{Aligner, Cutter};
use super::collector::Collected;
use super::lock;
use super::options::{Progress, SessionOptions};
use super::plan::{Order, Plan};
use super::workers::{Relay, Shared, Task};
use crate::audio::{Planes, check_planes, plane_len};
use crate::cancel::CancelHook;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_not_zero;
use crate::model::Model;
use crate::signal::{Controls, SignalPath};

/// One stream of audio through a model on an [`Engine`](crate::Engine): push samples,
/// pull enhanced ones, in order and aligned to the input, until as many
/// came out as went in.
///
/// It holds a bounded window of audio. When that is full, [`push`](Self::push)
/// takes no more until something is pulled; a single thread that pushes what is
/// taken and then pulls never blocks for ever.
///
/// Dropping a session cancels what it has not pulled.
pub struct Session {
    _on_cancel: CancelHook,
    shared: Arc<Shared>,
    model: Model,
    collected: Arc<Collected>,
    path: SignalPath,
    cutter: Cutter,
    aligner: Aligner,
    /// Of a sequential plan, what carries the one stream from task to task.
    relay: Option<Arc<Relay>>,
    post_filter: bool,
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
        model: &Model,
        id: Option<&str>,
        sample_rate: u32,
        channels: u16,
        options: SessionOptions,
    ) -> Result<Session> {
        if channels == 0 {
            return Err(Error::invalid("the number of channels", "1 to 65535", channels));
        }
        check_not_zero(sample_rate, channels)?;
        let channels = usize::from(channels);
        let controls = &options.controls;
        check_controls(controls, model)?;
        let path = SignalPath::new(
            controls,
            sample_rate,
            model.sample_rate(),
            channels,
            options.with_input,
        )?;
        let plan = if controls.exact {
            Plan::sequential(model, channels, 1)
        } else {
            let len = options.expected_len.map(|len| path.model_len(len));
            Plan::new(model, channels, len, shared.workers)
        };
        let collected = shared.collector.open(id, options.priority)?;
        let (workers, cancelled) = (Arc::downgrade(&shared), collected.clone());
        let on_cancel = options.cancel.on_cancel(move || {
            if let Some(shared) = workers.upgrade() {
                shared.cancel(&cancelled);
            }
        });
        Ok(Session {
            _on_cancel: on_cancel,
            shared,
            model: model.clone(),
            collected,
            path,
            cutter: Cutter::new(plan, channels),
            aligner: Aligner::new(&plan),
            relay: matches!(plan.order, Order::Sequential { .. }).then(Arc::default),
            post_filter: options.controls.post_filter,
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
    /// Real models compute with the samples, so NaN becomes 0 and others are
    /// clamped to ±65 536, for all of the session. A model that works at any
    /// rate gets every bit as it is, if no control asks for arithmetic.
    ///
    /// # Errors
    /// `InvalidValue` if the planes are not as many as the channels or differ in
    /// length, `SessionFinished` after [`finish`](Self::finish), or what ended
    /// the session: `Cancelled`, `ShutDown`, `Inference`, `WorkerPanicked`, or
    /// `UnsupportedModel` or `CorruptModel` if the model cannot be prepared for so
    /// many channels. `Resampling` if the conversion to the model's rate fails.
    pub fn push(&mut self, planes: &[impl AsRef<[f32]>]) -> Result<usize> {
        self.collected.check()?;
        if self.finished {
            return Err(ErrorKind::SessionFinished { id: self.id().into() }.into());
        }
        check_planes(planes.len(), self.channels)?;
        let len = plane_len(planes)?;
        let mut taken = 0;
        loop {
            self.dispatch()?;
            let room = self.path.input_len(self.cutter.room() as u64);
            let more = usize::try_from(room).unwrap_or(usize::MAX).min(len - taken);
            if more == 0 {
                return Ok(taken);
            }
            let part: Vec<_> = planes.iter().map(|p| &p.as_ref()[taken..taken + more]).collect();
            let heard = self.path.condition(&part)?;
            self.cutter.push(&heard);
            taken += more;
        }
    }

    /// Says that no samples will come any more: what is left is padded, enhanced
    /// and cut to the input's length. To do so twice changes nothing.
    ///
    /// # Errors
    /// What ended the session before, or `Resampling`.
    pub fn finish(&mut self) -> Result<()> {
        self.collected.check()?;
        if !self.finished {
            self.finished = true;
            let rest = self.path.finish()?;
            self.cutter.push(&rest);
            self.cutter.finish();
        }
        self.dispatch()
    }

    /// Waits for the next enhanced samples, `planes[channel]`, and takes them.
    /// With [`with_input`](SessionOptions::with_input) the input's channels come first.
    /// `None` means that none are under way: after [`finish`](Self::finish) that
    /// all were pulled, before it that more have to be pushed.
    ///
    /// # Errors
    /// What ended the session, as [`push`](Self::push) tells it. `Resampling` if the
    /// conversion to the input's rate fails.
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
        while self.pulled < self.submitted {
            let Poll::Ready(bundle) = self.shared.poll(&self.collected, context)? else {
                return Poll::Pending;
            };
            self.pulled += 1;
            let planes = self.path.restore(self.aligner.align(bundle))?;
            self.dispatch()?;
            if !planes[0].is_empty() {
                return Poll::Ready(Ok(Some(self.hand_out(planes))));
            }
        }
        if self.finished {
            let rest = self.path.finish_restoring()?;
            if !rest[0].is_empty() {
                return Poll::Ready(Ok(Some(self.hand_out(rest))));
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Counts samples that are pulled, and tells of it.
    fn hand_out(&mut self, planes: Planes) -> Planes {
        self.enhanced += planes[0].len() as u64;
        let progress = self.progress();
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(progress);
        }
        planes
    }

    /// Submits the bundles that are complete and fit the window.
    fn dispatch(&mut self) -> Result<()> {
        // Enough to keep every worker busy while one result is being pulled; tasks
        // that hand on their stream run one at a time.
        let at_once = if self.relay.is_some() { 1 } else { self.shared.workers as u64 };
        let window = at_once + 2;
        while self.submitted - self.pulled < window {
            let Some(bundle) = self.cutter.bundle() else {
                return Ok(());
            };
            self.shared.submit(Task {
                session: self.collected.clone(),
                model: self.model.clone(),
                index: self.submitted,
                bundle,
                post_filter: self.post_filter,
                relay: self.relay.clone(),
            })?;
            self.submitted += 1;
        }
        Ok(())
    }

    /// How far the session is.
    pub fn progress(&self) -> Progress {
        let received = self.path.received();
        let expected = if self.finished { Some(received) } else { self.expected_len };
        Progress { received, enhanced: self.enhanced, expected }
    }

    /// By how much the loudness of what was pulled fell, in LU, if almost everything was
    /// removed.
    pub(crate) fn fall(&self) -> Option<f64> {
        self.path.fall()
    }

    /// Checks that nothing ended the session, finished or not.
    pub(crate) fn check(&self) -> Result<()> {
        self.collected.check()
    }

    /// Ends the session, as its [token](SessionOptions::cancel) does from elsewhere: from
    /// now on its methods fail with `Cancelled`, and the workers stop what they do for it
    /// after the step they are in. The token stays as it is.
    pub fn cancel(&self) {
        self.shared.cancel(&self.collected);
    }
}

/// Checks that all controls are within their ranges, and that the model has what they need.
///
/// # Errors
/// `InvalidValue`, naming the first that is not.
pub(crate) fn check_controls(controls: &Controls, model: &Model) -> Result<()> {
    controls.check()?;
    if controls.post_filter && !model.has_post_filter() {
        let expected = format!("off, since {} has none", model.name());
        return Err(Error::invalid("the post-filter", expected, "on"));
    }
    Ok(())
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cancel();
        if let Some(stream) = self.relay.as_ref().and_then(|relay| lock(relay).take()) {
            self.shared.runs.keep(&self.model, stream);
        }
        self.shared.collector.close(&self.collected);
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

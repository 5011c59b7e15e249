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

/// One stream of audio through a model on an [`Engine`](crate::Engine): push samples and pull
/// enhanced ones. The output is in order, aligned to the input and as long as the input.
///
/// A session holds a bounded window of audio. When the window is full, [`push`](Self::push) accepts
/// no samples until some are pulled. A single thread that pushes what is accepted and then pulls
/// never blocks for ever.
///
/// Dropping a session cancels the work that was not pulled.
pub struct Session {
    _on_cancel: CancelHook,
    shared: Arc<Shared>,
    model: Model,
    collected: Arc<Collected>,
    path: SignalPath,
    cutter: Cutter,
    aligner: Aligner,
    /// With a sequential plan, passes the stream from task to task.
    relay: Option<Arc<Relay>>,
    post_filter: bool,
    channels: usize,
    finished: bool,
    /// The numbers of submitted tasks and of pulled bundles.
    submitted: u64,
    pulled: u64,
    /// The number of pulled samples.
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

    /// The id of the session.
    pub fn id(&self) -> &str {
        &self.collected.id
    }

    /// Takes samples, `planes[channel]`, as many as the window has room for. Returns the number of
    /// samples per channel that it took: 0 if the window is full. Never blocks.
    ///
    /// For models with a fixed sample rate, as all real ones have, NaN becomes 0 and other samples
    /// are clamped to ±65 536. A model that works at any rate gets every bit unchanged, unless a
    /// control requires arithmetic.
    ///
    /// # Errors
    /// `InvalidValue` if the number of planes is not the number of channels or the planes differ in
    /// length; `SessionFinished` after [`finish`](Self::finish); the error that ended the session:
    /// `Cancelled`, `ShutDown`, `Inference`, `WorkerPanicked`, or `UnsupportedModel` or
    /// `CorruptModel` if the model cannot be prepared for this many channels; `Resampling` if the
    /// conversion to the model's rate fails.
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

    /// Ends the input. The remaining samples are padded, enhanced and cut to the input's length. A
    /// second call does nothing.
    ///
    /// # Errors
    /// The error that ended the session before, or `Resampling`.
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

    /// Waits for the next enhanced samples, `planes[channel]`, and takes them. With
    /// [`with_input`](SessionOptions::with_input), the input's channels come first. `None` means
    /// that no samples are being processed: after [`finish`](Self::finish), all were pulled; before
    /// it, more have to be pushed.
    ///
    /// # Errors
    /// The error that ended the session, as for [`push`](Self::push); `Resampling` if the
    /// conversion to the input's rate fails.
    pub fn pull(&mut self) -> Result<Option<Planes>> {
        pollster::block_on(self.pull_async())
    }

    /// [`pull`](Self::pull) for async code with any runtime.
    ///
    /// # Errors
    /// The errors of [`pull`](Self::pull).
    pub async fn pull_async(&mut self) -> Result<Option<Planes>> {
        poll_fn(|context| self.poll_pull(context)).await
    }

    /// [`pull`](Self::pull) as a poll: returns samples that are ready, or wakes `context` when
    /// there are some.
    ///
    /// # Errors
    /// The errors of [`pull`](Self::pull).
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

    /// Counts the pulled samples and reports the progress.
    fn hand_out(&mut self, planes: Planes) -> Planes {
        self.enhanced += planes[0].len() as u64;
        let progress = self.progress();
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(progress);
        }
        planes
    }

    /// Submits the complete bundles that fit the window.
    fn dispatch(&mut self) -> Result<()> {
        // Enough to keep every worker busy while a result is pulled. Tasks that pass on their
        // stream run one at a time.
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

    /// The progress of the session.
    pub fn progress(&self) -> Progress {
        let received = self.path.received();
        let expected = if self.finished { Some(received) } else { self.expected_len };
        Progress { received, enhanced: self.enhanced, expected }
    }

    /// By how much the pulled audio is quieter than the input, in LU, if almost everything was
    /// removed.
    pub(crate) fn fall(&self) -> Option<f64> {
        self.path.fall()
    }

    /// Returns the error that ended the session, if any.
    pub(crate) fn check(&self) -> Result<()> {
        self.collected.check()
    }

    /// Cancels the session, as its [token](SessionOptions::cancel) can do from elsewhere. From now
    /// on its methods fail with `Cancelled`, and workers stop after their current step. The token
    /// does not change.
    pub fn cancel(&self) {
        self.shared.cancel(&self.collected);
    }
}

/// Checks that all controls are within their ranges and that the model supports them.
///
/// # Errors
/// `InvalidValue`, which names the first invalid one.
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

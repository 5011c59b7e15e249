//! What is asked of a session, and what it tells.

use std::fmt;

use serde::Serialize;

use super::Priority;
use crate::cancel::CancelToken;
use crate::setters::setters;
use crate::signal::Controls;

/// How a session is treated.
#[derive(Default)]
#[non_exhaustive]
pub struct SessionOptions {
    /// Which sessions it gives way to. Default: `Normal`.
    pub priority: Priority,
    /// Samples that will come in each channel, where that is known: progress then
    /// has an end, and models without memory spread short audio better over the
    /// workers. More or fewer may come. Default: unknown.
    pub expected_len: Option<u64>,
    /// How its audio is treated. Default: the model does all it can.
    pub controls: Controls,
    /// Whether the input comes out too, aligned: the planes that are pulled are then
    /// twice as many, first the input's, where NaN became 0 and others were clamped to
    /// ±65 536, then the result's. Default: no.
    pub with_input: bool,
    /// Ends the session once it is cancelled, and wakes a thread or a task that waits
    /// in [`pull`](crate::Session::pull). Default: one that nobody cancels.
    pub cancel: CancelToken,
    /// Called whenever enhanced audio was pulled, on the thread that pulled it.
    /// Default: nothing is called.
    pub on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

setters!(SessionOptions {
    with_priority => priority: Priority,
    with_expected_len => expected_len: Option<u64>,
    with_controls => controls: Controls,
    with_cancel => cancel: CancelToken,
});

impl SessionOptions {
    /// Sets [`on_progress`](field@Self::on_progress).
    #[must_use]
    pub fn with_on_progress(mut self, on_progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOptions")
            .field("priority", &self.priority)
            .field("expected_len", &self.expected_len)
            .field("controls", &self.controls)
            .field("with_input", &self.with_input)
            .finish_non_exhaustive()
    }
}

/// How far a session is; all in samples of one channel, at the input's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// Samples that were pushed.
    pub received: u64,
    /// Enhanced samples that were pulled.
    pub enhanced: u64,
    /// Samples that will have been enhanced at the end, where that is known.
    pub expected: Option<u64>,
}

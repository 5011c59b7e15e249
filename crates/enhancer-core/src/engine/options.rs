//! The options and the progress of a session.

use std::fmt;

use serde::Serialize;

use super::Priority;
use crate::cancel::CancelToken;
use crate::setters::setters;
use crate::signal::Controls;

/// The options of a session.
#[derive(Default)]
#[non_exhaustive]
pub struct SessionOptions {
    /// The priority over other sessions. Default: `Normal`.
    pub priority: Priority,
    /// The number of samples per channel that will come, if known. Progress then has a total, and
    /// models without memory distribute short audio better over the workers. The actual number may
    /// differ. Default: unknown.
    pub expected_len: Option<u64>,
    /// How the audio is processed. Default: the model does all it can.
    pub controls: Controls,
    /// Whether to return the input too, aligned. There are then twice as many planes: first the
    /// input's, then the result's. In the input, NaN becomes 0 and other samples are clamped to ±65
    /// 536. Default: no.
    pub with_input: bool,
    /// Cancels the session, and wakes a thread or a task that waits in
    /// [`pull`](crate::Session::pull). Default: a token that is never cancelled.
    pub cancel: CancelToken,
    /// Called after each pull that returned enhanced audio, on the thread that pulled. Default:
    /// nothing is called.
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

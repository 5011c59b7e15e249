//! Runs models: workers, and the two queues between them.

mod audio_enhancer;
mod bundle;
mod collector;
mod live;
mod options;
pub(crate) mod plan;
mod pool;
mod priority;
mod queue;
mod runs;
mod session;
#[cfg(test)]
mod tests;
mod workers;

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::Model;

pub use audio_enhancer::AudioEnhancer;
use enhancer_networks::panics::lock;
pub use live::Live;
pub use options::{Progress, SessionOptions};
use pool::Pool;
pub use priority::Priority;
pub use session::Session;
pub(crate) use session::check_controls;
use workers::Shared;

/// The maximum number of workers.
const MAX_WORKERS: usize = 1024;

/// Runs models on the audio of many sessions at once, with a fixed number of workers.
///
/// An engine has no model: each session is opened with one. So one engine serves all models, and
/// priorities and turns apply across them.
///
/// A session's audio is cut into tasks that wait in the *unprocessed* queue. Workers take them by
/// priority, then in turns between sessions. They put the results into the *processed* queue, where
/// a collector sorts them by session and order. A session holds a window of its audio at a time,
/// never all of it.
///
/// Threads can share an engine. Dropping it ends all open sessions with the error `ShutDown` and
/// waits until its workers are gone.
///
/// On native targets, workers are the engine's own threads. In the browser they are the page's
/// rayon pool of web workers, which must be initialised first, and no method may be called from a
/// thread that must not block. [`Engine::inline`] works without threads.
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// Creates an engine with `workers` workers. Default: one for each processor.
    ///
    /// # Errors
    /// `InvalidValue` if `workers` is 0 or more than 1024, `Workers` if they cannot be
    /// started.
    pub fn new(workers: Option<usize>) -> Result<Engine> {
        if let Some(count) = workers.filter(|count| !(1..=MAX_WORKERS).contains(count)) {
            return Err(Error::invalid(
                "the number of workers",
                format!("1 to {MAX_WORKERS}"),
                count,
            ));
        }
        let shared = Shared::new(Pool::threaded(workers)?, workers);
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// Creates an engine without threads. The thread that pulls from a session does the work, also
    /// that of other sessions if their turn comes first. Results are bit for bit those of an engine
    /// with threads.
    ///
    /// It is for targets without threads, such as WebAssembly on a page that is not isolated.
    /// [`Session::poll_pull`] then returns when the work is done. It is pending only while another
    /// thread works.
    ///
    /// ```
    /// use enhancer_core::{Audio, Engine, Model, SessionOptions};
    /// # let model = std::fs::read("../../models/passthrough_model_lite.tflite").unwrap();
    /// let (engine, model) = (Engine::inline(), Model::from_tflite(&model)?);
    /// let audio = Audio::new(48_000, vec![vec![0.25; 3000]])?;
    /// let enhanced = engine.process_audio(&model, "example", &audio, SessionOptions::default())?;
    /// assert_eq!(enhanced, audio);
    /// # Ok::<(), enhancer_core::Error>(())
    /// ```
    pub fn inline() -> Engine {
        Engine { shared: Arc::new(Shared::new(Pool::Inline, None)) }
    }

    /// The number of workers; 1 without threads.
    pub fn workers(&self) -> usize {
        self.shared.workers
    }

    /// The number of tasks that each thread has done so far; a single number without threads. In
    /// the browser these are all threads of the page's pool.
    pub fn tasks_by_worker(&self) -> Vec<u64> {
        self.shared.done()
    }

    /// Opens a session that runs `model` on audio with this rate in Hz and this number of channels.
    /// If the model works at another rate, samples are converted to it and back.
    ///
    /// # Errors
    /// `SessionExists` if a session with this id is open; `InvalidValue` if the rate is 0, if it
    /// has to be converted and is above [`Limits::SAMPLE_RATE`](crate::Limits::SAMPLE_RATE), if
    /// there are no channels, or if a control is out of range or the model does not support it.
    pub fn open(
        &self,
        model: &Model,
        session_id: &str,
        sample_rate: u32,
        channels: u16,
        options: SessionOptions,
    ) -> Result<Session> {
        self.open_named(model, Some(session_id), sample_rate, channels, options)
    }

    /// [`open`](Self::open) with a generated id if none is given.
    pub(crate) fn open_named(
        &self,
        model: &Model,
        session_id: Option<&str>,
        sample_rate: u32,
        channels: u16,
        options: SessionOptions,
    ) -> Result<Session> {
        Session::open(self.shared.clone(), model, session_id, sample_rate, channels, options)
    }

    /// The state that sessions and workers share.
    #[cfg(test)]
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.shut_down();
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("workers", &self.shared.workers).finish_non_exhaustive()
    }
}

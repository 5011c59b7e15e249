//! The heart: sessions, workers, and the two queues between them.

mod collector;
mod options;
mod pool;
mod priority;
mod queue;
mod session;
#[cfg(test)]
mod tests;
mod workers;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::audio::Audio;
use crate::error::{Error, Result};
use crate::memory::{MemoryReader, MemoryWriter};
use crate::model::Model;
use crate::pipeline;
use workers::Shared;

pub use options::{Progress, SessionOptions};
pub use priority::Priority;
pub use session::Session;

/// Enhances the audio of many sessions at once by one model and a fixed number
/// of workers.
///
/// A session's audio is cut into tasks that wait in the *unprocessed* queue;
/// workers take them by priority, then in turns between sessions, and put what
/// they made into the *processed* queue, where a collector sorts it by session
/// and order. A session holds a window of its audio at a time, never the whole.
///
/// It can be shared by threads. Dropping it ends all open sessions with the
/// error `ShutDown` and returns when its workers are gone.
///
/// Workers are threads of its own on native targets. In the browser they are the
/// page's rayon pool of web workers, which must have been initialised, and no
/// method may be called from a thread that must not block.
pub struct AudioEnhancer {
    shared: Arc<Shared>,
}

impl AudioEnhancer {
    /// An enhancer with `workers` workers, by default one for each processor.
    ///
    /// # Errors
    /// `InvalidValue` if `workers` is 0 or more than 1024, `Workers` if they
    /// cannot be started.
    pub fn new(model: Model, workers: Option<usize>) -> Result<AudioEnhancer> {
        const MOST: usize = 1024;
        match workers {
            Some(count) if !(1..=MOST).contains(&count) => {
                Err(Error::invalid("the number of workers", format!("1 to {MOST}"), count))
            }
            _ => Ok(AudioEnhancer { shared: Arc::new(Shared::new(model, workers)?) }),
        }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.shared.model
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.shared.workers
    }

    /// How many tasks each of its threads has done since it was made: one number
    /// a thread. In the browser that is every thread of the page's pool.
    pub fn tasks_by_worker(&self) -> Vec<u64> {
        self.shared.done()
    }

    /// Opens a session for audio of that rate, in Hz, and number of channels. If
    /// the model works at another rate, samples are converted to it and back.
    ///
    /// # Errors
    /// `SessionExists` if a session of that id is open, `InvalidValue` if the
    /// rate is 0, or is not the model's and above 768 000 Hz, if there is no
    /// channel or more than 65 535, or if one of the controls is out of range.
    pub fn open(
        &self,
        session_id: &str,
        sample_rate: u32,
        channels: usize,
        options: SessionOptions,
    ) -> Result<Session> {
        Session::open(self.shared.clone(), session_id, sample_rate, channels, options)
    }

    /// Enhances audio that is in memory as a whole, and waits for it.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and of [`Session::pull`].
    pub fn process_audio(&self, session_id: &str, unprocessed_audio: &Audio) -> Result<Audio> {
        self.process_audio_with(session_id, unprocessed_audio, SessionOptions::default())
    }

    /// [`process_audio`](Self::process_audio) with options, of which the expected
    /// length is known.
    ///
    /// # Errors
    /// Those of [`process_audio`](Self::process_audio).
    pub fn process_audio_with(
        &self,
        session_id: &str,
        unprocessed_audio: &Audio,
        mut options: SessionOptions,
    ) -> Result<Audio> {
        options.expected_len = Some(unprocessed_audio.len() as u64);
        let (rate, channels) = (unprocessed_audio.sample_rate(), unprocessed_audio.channels());
        let mut session = self.open(session_id, rate, channels, options)?;
        let mut reader = MemoryReader::new(unprocessed_audio);
        let plane = || Vec::with_capacity(unprocessed_audio.len());
        let mut writer = MemoryWriter((0..channels).map(|_| plane()).collect());
        pipeline::enhance(&mut reader, &mut session, &mut writer)?;
        Audio::new(rate, writer.0)
    }
}

impl Drop for AudioEnhancer {
    fn drop(&mut self) {
        self.shared.shut_down();
    }
}

impl fmt::Debug for AudioEnhancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioEnhancer")
            .field("model", &self.shared.model)
            .field("workers", &self.shared.workers)
            .finish_non_exhaustive()
    }
}

/// Locks a mutex. None is held while foreign code runs, so that a poisoned one
/// still guards consistent data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

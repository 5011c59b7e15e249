//! An engine with one model.

use std::sync::Arc;

use super::{Engine, Session, SessionOptions};
use crate::audio::Audio;
use crate::error::Result;
use crate::model::Model;

/// Enhances the audio of many sessions at once with one model: an [`Engine`] and a [`Model`].
///
/// Threads can share it. If it holds the last reference to its engine, dropping it ends all open
/// sessions with the error `ShutDown` and waits until the engine's workers are gone.
#[derive(Clone, Debug)]
pub struct AudioEnhancer {
    engine: Arc<Engine>,
    model: Model,
}

impl AudioEnhancer {
    /// Creates an enhancer with its own engine, which has `workers` workers. Default: one for each
    /// processor.
    ///
    /// # Errors
    /// The errors of [`Engine::new`].
    pub fn new(model: Model, workers: Option<usize>) -> Result<AudioEnhancer> {
        Ok(AudioEnhancer::with_engine(Arc::new(Engine::new(workers)?), model))
    }

    /// Creates an enhancer that runs `model` on an engine that can be shared.
    pub fn with_engine(engine: Arc<Engine>, model: Model) -> AudioEnhancer {
        AudioEnhancer { engine, model }
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// See [`Engine::workers`].
    pub fn workers(&self) -> usize {
        self.engine.workers()
    }

    /// See [`Engine::tasks_by_worker`].
    pub fn tasks_by_worker(&self) -> Vec<u64> {
        self.engine.tasks_by_worker()
    }

    /// Opens a session with the model; see [`Engine::open`].
    ///
    /// # Errors
    /// The errors of [`Engine::open`].
    pub fn open(
        &self,
        session_id: &str,
        sample_rate: u32,
        channels: u16,
        options: SessionOptions,
    ) -> Result<Session> {
        self.engine.open(&self.model, session_id, sample_rate, channels, options)
    }

    /// Enhances audio that is completely in memory, and waits for the result.
    ///
    /// # Errors
    /// The errors of [`open`](Self::open) and of [`Session::pull`].
    pub fn process_audio(&self, session_id: &str, unprocessed_audio: &Audio) -> Result<Audio> {
        self.process_audio_with(session_id, unprocessed_audio, SessionOptions::default())
    }

    /// [`process_audio`](Self::process_audio) with options. It sets the expected length itself.
    ///
    /// # Errors
    /// The errors of [`process_audio`](Self::process_audio).
    pub fn process_audio_with(
        &self,
        session_id: &str,
        unprocessed_audio: &Audio,
        options: SessionOptions,
    ) -> Result<Audio> {
        self.engine.process_audio(&self.model, session_id, unprocessed_audio, options)
    }
}

#[cfg(test)]
mod tests;

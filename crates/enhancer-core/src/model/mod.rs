//! Models: networks that turn noisy samples into clean ones.
//!
//! A [`Model`] is immutable and shared. A [`Stream`] is the small mutable state of one run of a
//! model over a number of *lanes*: independent signals that are processed together in each step.

mod deepfilternet;
mod description;
mod dnsmos;
mod dtln;
mod folder;
mod fourier;
mod network;
mod spectral;
mod stft;
mod waveform;

#[cfg(test)]
pub(crate) mod fake;

use std::fmt;
use std::sync::{Arc, Weak};

use crate::error::{Error, Result};

pub use self::description::ModelDescription;
pub(crate) use self::dnsmos::WINDOW;
pub use self::dnsmos::{Dnsmos, Scores};

/// An enhancement model, ready to run. Cloning is cheap, and all clones share
/// the weights.
#[derive(Clone)]
pub struct Model(Arc<dyn FrontEnd>);

/// Turns hops of samples into a network's inputs, and its outputs into hops of samples. Each family
/// of models has one implementation.
pub(crate) trait FrontEnd: Send + Sync {
    fn info(&self) -> &ModelInfo;

    /// The initial state of a run over `lanes` lanes that takes `hops` hops per lane in a step.
    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>>;
}

/// The state of one run; see [`Stream`], which checks all sizes before each call.
pub(crate) trait Step: Send {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()>;

    fn reset(&mut self);

    /// Called only if [`ModelInfo::post_filter`] is true.
    fn set_post_filter(&mut self, _on: bool) {}
}

/// The properties of a model; see the methods of [`Model`].
#[derive(Clone, Debug)]
pub(crate) struct ModelInfo {
    pub(crate) name: String,
    pub(crate) licence: Option<String>,
    pub(crate) sample_rate: Option<u32>,
    pub(crate) hop: usize,
    pub(crate) window: usize,
    pub(crate) lookahead: usize,
    pub(crate) delay: usize,
    pub(crate) memory: bool,
    pub(crate) post_filter: bool,
}

impl Model {
    /// Loads a model from the bytes of a `.tflite` file for the *waveform* front-end: it takes
    /// consecutive frames of samples and returns frames of the same length. The file has one
    /// float32 input of shape `[1, N]` and one output of the same shape. N is the hop.
    ///
    /// # Errors
    /// `CorruptModel` if the bytes are not a model, `UnsupportedModel` if it has other inputs or
    /// outputs, or if the core was built without the feature `tflite`. `LimitExceeded` if N is above 65 536 or if its tensors are larger than any model
    /// for speech needs.
    pub fn from_tflite(bytes: &[u8]) -> Result<Model> {
        Ok(Model(Arc::new(waveform::Waveform::from_tflite(bytes)?)))
    }

    /// A bare `.tflite` file in compiled form, which [`from_tflite`](Self::from_tflite) reads too.
    ///
    /// # Errors
    /// Those of [`from_tflite`](Self::from_tflite). `UnsupportedModel` if an operator has no kernel, or if the
    /// file is compiled already.
    #[cfg(feature = "tflite")]
    pub fn compile_tflite(bytes: &[u8]) -> Result<Vec<u8>> {
        waveform::Waveform::from_tflite(bytes)?.compiled()
    }

    /// Loads a model from its folder: the description, and the bytes of its files in the order of
    /// [`ModelDescription::files`].
    ///
    /// # Errors
    /// `InvalidValue` if the number of files is wrong, `ModelFileDiffers` if a file does not match
    /// the description, `CorruptModel`, `UnsupportedModel` or `LimitExceeded` if a file cannot be
    /// read.
    pub fn from_folder(description: ModelDescription, files: &[impl AsRef<[u8]>]) -> Result<Model> {
        folder::load(description, files)
    }

    #[cfg(test)]
    pub(crate) fn new(front_end: impl FrontEnd + 'static) -> Model {
        Model(Arc::new(front_end))
    }

    /// The model's name. A bare `.tflite` file has none; this is then the name of its front-end.
    pub fn name(&self) -> &str {
        &self.0.info().name
    }

    /// The licence of its weights as an SPDX expression, if the files state it.
    pub fn licence(&self) -> Option<&str> {
        self.0.info().licence.as_deref()
    }

    /// The sample rate in Hz at which the model works, or `None` if it accepts any rate.
    pub fn sample_rate(&self) -> Option<u32> {
        self.0.info().sample_rate
    }

    /// The number of samples per lane that a step takes and returns.
    pub fn hop(&self) -> usize {
        self.0.info().hop
    }

    /// The number of samples that a step computes an output sample from; at least the hop.
    pub fn window(&self) -> usize {
        self.0.info().window
    }

    /// The number of hops that the model looks ahead.
    pub fn lookahead(&self) -> usize {
        self.0.info().lookahead
    }

    /// The number of samples by which the output of [`Stream::step`] lags behind its input.
    /// Sessions remove this delay.
    pub fn delay(&self) -> usize {
        self.0.info().delay
    }

    /// Whether the output of a step depends on the steps before it.
    pub(crate) fn has_memory(&self) -> bool {
        self.0.info().memory
    }

    /// Whether the model has a [post-filter](Stream::set_post_filter).
    pub fn has_post_filter(&self) -> bool {
        self.0.info().post_filter
    }

    /// A reference that does not keep the weights in memory.
    pub(crate) fn downgrade(&self) -> WeakModel {
        WeakModel(Arc::downgrade(&self.0))
    }

    /// Creates a new run over `lanes` lanes.
    ///
    /// # Errors
    /// `InvalidValue` if `lanes` is 0; `UnsupportedModel`, `CorruptModel` or `Inference` if the
    /// runtime cannot prepare the model for this many lanes.
    pub fn stream(&self, lanes: usize) -> Result<Stream> {
        self.sequence(lanes, 1)
    }

    /// Creates a new run over `lanes` lanes that takes `hops` hops per lane in a step. Its
    /// [`Stream::hop`] is that many times the model's.
    pub(crate) fn sequence(&self, lanes: usize, hops: usize) -> Result<Stream> {
        if lanes == 0 {
            return Err(Error::invalid("the number of lanes", "at least 1", 0));
        }
        let (step, hop) = (self.0.stream(lanes, hops)?, self.hop() * hops);
        Ok(Stream { step, lanes, hop, has_post_filter: self.has_post_filter() })
    }
}

/// Whether workers share work that has this many parts. Only a worker shares: other threads must not wait
/// for workers.
fn is_shared(parts: usize) -> bool {
    parts > 1 && rayon::current_thread_index().is_some() && rayon::current_num_threads() > 1
}

/// A reference to a [`Model`] that may be gone.
pub(crate) struct WeakModel(Weak<dyn FrontEnd>);

impl WeakModel {
    /// Whether it refers to that model or a clone of it.
    pub(crate) fn is(&self, model: &Model) -> bool {
        Weak::ptr_eq(&self.0, &Arc::downgrade(&model.0))
    }

    /// Whether the model and all its clones are gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// The bytes of a `.tflite` file as the runtime receives them: with its operators rewritten, for
/// this many lanes. It is for tests that compare runtimes operator by operator, and not part of the
/// public interface.
///
/// # Errors
/// `CorruptModel` or `UnsupportedModel`, as when a model is loaded.
#[cfg(feature = "tflite")]
#[doc(hidden)]
pub fn rewritten_tflite(bytes: &[u8], lanes: usize) -> Result<Vec<u8>> {
    Ok(enhancer_networks::rewritten(bytes, lanes)?.into_owned())
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.info(), f)
    }
}

/// One run of a [`Model`] over some lanes, for real-time use. Sessions are built on it.
pub struct Stream {
    step: Box<dyn Step>,
    lanes: usize,
    hop: usize,
    has_post_filter: bool,
}

impl Stream {
    /// The number of lanes that are processed together.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The number of samples per lane that a step takes.
    pub(crate) fn hop(&self) -> usize {
        self.hop
    }

    /// Takes one hop per lane and returns one per lane: `input` and `output` are `[lanes, hop]`,
    /// one lane after the other. The output lags by [`Model::delay`] samples.
    ///
    /// # Errors
    /// `InvalidValue` if the length of a slice is not `lanes × hop`; `Inference` if the model
    /// fails. After that, the stream must be [reset](Self::reset).
    pub fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        let expected = self.lanes * self.hop;
        for (name, actual) in [
            ("the length of a step's input", input.len()),
            ("the length of a step's output", output.len()),
        ] {
            if actual != expected {
                let expected = format!("{expected} samples, {} lanes of {}", self.lanes, self.hop);
                return Err(Error::invalid(name, expected, actual));
            }
        }
        self.step.step(input, output)
    }

    /// Switches the post-filter on or off. It further attenuates what is still more noise than
    /// speech. It is off at first.
    ///
    /// # Errors
    /// `InvalidValue` if it is switched on and the model has none.
    pub fn set_post_filter(&mut self, on: bool) -> Result<()> {
        if on && !self.has_post_filter {
            return Err(Error::invalid("the post-filter", "off, since the model has none", "on"));
        }
        self.step.set_post_filter(on);
        Ok(())
    }

    /// Resets this stream to its initial state.
    pub fn reset(&mut self) {
        self.step.reset();
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("lanes", &self.lanes).field("hop", &self.hop).finish()
    }
}

//! Enhancing a whole recording, from a source to a sink.

mod bounded;
pub(crate) mod finishing;
pub(crate) mod memory;
mod name;
mod opened;
mod options;
pub(crate) mod pipeline;
mod result;
mod summary;
mod take;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Cursor, Read, Seek, Write};

use crate::audio::AudioFormat;
use crate::cancel::CancelToken;
use crate::engine::{Engine, Progress, SessionOptions};
use crate::error::Result;
use crate::model::{Dnsmos, Model};
use crate::read::AudioReader;
use crate::score::{Comparison, Meter, TappedReader, TappedWriter, compare_async};
use bounded::{Bounded, Reach};

pub use name::{enhanced_name, is_enhanced_name, split_extension};
use opened::Opened;
pub use opened::result_format;
pub use options::{EnhanceOptions, RawFormat};
use pipeline::enhance_finished_async;
pub use pipeline::{enhance, enhance_async};
pub use result::ResultFile;
pub use summary::Summary;
pub use take::{Take, render_async};

/// Enhances one recording: reads it from a source, runs a model on it, and writes the result to a
/// sink. The result of a video in MP4, MOV, Matroska or WebM is the video, unless
/// [`audio_only`](EnhanceOptions::audio_only) or another container is requested.
///
/// The steps always have the same order, so all callers get the same error for the same mistake:
/// the job checks the options, opens the source, checks that the result can be written, opens a
/// session, writes the header of the result, enhances block by block, levels and normalises the
/// loudness if that is requested, and completes the result. Memory is bounded however long the
/// recording is.
///
/// ```
/// use std::io::Cursor;
/// use enhancer_core::{Engine, EnhanceOptions, Job, Model, RawFormat, SampleFormat};
///
/// # let model = std::fs::read("../../models/passthrough_model_lite.tflite").unwrap();
/// let (engine, model) = (Engine::new(Some(2))?, Model::from_tflite(&model)?);
/// let mut options = EnhanceOptions::default();
/// let sample_format = SampleFormat::S16le;
/// options.raw = Some(RawFormat::new(sample_format, 48_000, 1));
///
/// let (noisy, mut clean) = (Cursor::new(vec![1; 3000]), Cursor::new(Vec::new()));
/// let done = Job::new(&model, noisy, &mut clean)
///     .options(options)
///     .on_progress(|progress| println!("{} samples", progress.enhanced))
///     .run(&engine)?;
/// assert_eq!(done.summary.samples, 1500);
/// // This model returns its input.
/// assert_eq!(clean.into_inner(), [1; 3000]);
/// # Ok::<(), enhancer_core::Error>(())
/// ```
#[must_use = "a job does nothing before it is run"]
pub struct Job<'a, R, W> {
    model: &'a Model,
    source: R,
    sink: W,
    options: EnhanceOptions,
    session_id: Option<String>,
    cancel: CancelToken,
    on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
    /// The network that rates before and after, and the number of windows.
    rating: Option<(&'a Dnsmos, usize)>,
    temporary: Temporary<'a>,
}

/// Creates a temporary file.
type Temporary<'a> = Box<dyn FnOnce() -> io::Result<Box<dyn ReadWriteSeek>> + Send + 'a>;

trait ReadWriteSeek: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> ReadWriteSeek for T {}

/// What a job did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Enhanced {
    /// What was enhanced.
    pub summary: Summary,
    /// The format of the result.
    pub format: AudioFormat,
    /// The measures before and after, if the job [scores](Job::score) the recording.
    pub comparison: Option<Comparison>,
}

impl<'a, R, W> Job<'a, R, W>
where
    R: Read + Seek + Send + 'a,
    W: Write + Seek + Send + 'a,
{
    /// Creates a job with default options. The source is read from its start. The sink is written
    /// from position 0 and holds a complete file only after success.
    pub fn new(model: &'a Model, source: R, sink: W) -> Self {
        Job {
            model,
            source,
            sink,
            options: EnhanceOptions::default(),
            session_id: None,
            cancel: CancelToken::new(),
            on_progress: None,
            rating: None,
            temporary: Box::new(|| Ok(Box::new(Cursor::new(Vec::new())))),
        }
    }

    /// Sets the options.
    pub fn options(mut self, options: EnhanceOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the id of the job's session. It must be unique among the open sessions of the engine
    /// and appears in errors. Default: an unused one.
    pub fn session_id(mut self, id: impl Into<String>) -> Self {
        self.session_id = Some(id.into());
        self
    }

    /// Sets the token that cancels the job. It then fails with `Cancelled` or `ReadCancelled`, both
    /// with the code `cancelled`. Default: a token that is never cancelled.
    pub fn cancel(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets a function that is called whenever audio was enhanced, on the thread that runs the job.
    /// Default: nothing is called.
    pub fn on_progress(mut self, on_progress: impl FnMut(Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Measures the recording before and after, each with up to this many windows; see
    /// [`Meter::new`]. That may take longer than enhancing. Default: nothing is measured.
    pub fn score(mut self, dnsmos: &'a Dnsmos, windows: usize) -> Self {
        self.rating = Some((dnsmos, windows));
        self
    }

    /// Sets the function that creates the temporary file. Only levelling and a loudness need one.
    /// It holds the whole result, with 4 bytes per sample. Default: memory.
    pub fn temporary<T: Read + Write + Seek + Send + 'static>(
        mut self,
        temporary: impl FnOnce() -> io::Result<T> + Send + 'a,
    ) -> Self {
        self.temporary =
            Box::new(move || -> io::Result<Box<dyn ReadWriteSeek>> { Ok(Box::new(temporary()?)) });
        self
    }

    /// Runs the job until it ends.
    ///
    /// # Errors
    /// The errors of [`EnhanceOptions::check`], [`open`](crate::open), [`create`](crate::create),
    /// [`Engine::open`] and [`enhance`](crate::enhance), in this order; `LimitExceeded` if the
    /// result is too large, before it is made if the size is known then; `Write` if the temporary
    /// file cannot be created or is full; those of [`Meter::new`] if the recording is scored. After
    /// an error, the file in the sink is not complete.
    pub fn run(self, engine: &Engine) -> Result<Enhanced> {
        pollster::block_on(self.run_async(engine, async || {}))
    }

    /// [`run`](Self::run) for async code with any runtime. As long as enhanced audio is ready, the
    /// job does not yield by itself. So it awaits `pause` after each block, which must let other
    /// tasks of the thread run.
    ///
    /// # Errors
    /// The errors of [`run`](Self::run).
    pub async fn run_async(self, engine: &Engine, pause: impl AsyncFnMut()) -> Result<Enhanced> {
        let Job { model, source, sink, options, session_id, cancel, on_progress, .. } = self;
        let (rating, temporary) = (self.rating, self.temporary);
        options.check(model)?;
        let Opened { mut reader, format, found } = Opened::new(source, &options, &cancel)?;
        options.limits.check_result(reader.len().unwrap_or(0), &format)?;
        if options.level || options.loudness.is_some() {
            options.limits.check_temporary(reader.len().unwrap_or(0), format.channels)?;
        }
        let meter = || {
            let meter = |(dnsmos, windows)| Meter::new(&format, dnsmos, windows);
            rating.map(meter).transpose()
        };
        let (before, after) = (meter()?, meter()?);
        let session_options = SessionOptions {
            priority: options.priority,
            expected_len: reader.len(),
            controls: options.controls(),
            with_input: false,
            cancel: cancel.clone(),
            on_progress,
        };
        let (rate, channels) = (format.sample_rate, format.channels);
        let id = session_id.as_deref();
        let mut session = engine.open_named(model, id, rate, channels, session_options)?;
        let (limits, reach) = (options.limits, Reach::default());
        let bounded = Bounded::new(sink, &limits, reach.clone());
        let mut file = ResultFile::create(found, bounded, &format, &reader)?;
        let mut writer = TappedWriter { writer: &mut file, meter: after };
        let mut tapped = TappedReader { reader: &mut reader, meter: before };
        let finishing = options.finishing();
        let temporary =
            || -> io::Result<_> { Ok(Bounded::new(temporary()?, &limits, reach.clone())) };
        let work = enhance_finished_async(
            &mut tapped,
            &mut session,
            &mut writer,
            finishing,
            temporary,
            pause,
        );
        let mut summary = reach.explain(work.await, &limits)?;
        let comparison = match (tapped.meter, writer.meter) {
            (Some(before), Some(after)) => {
                Some(compare_async(before, after, &cancel, async || {}).await?)
            }
            _ => None,
        };
        file.report(&mut summary, reader.tags());
        Ok(Enhanced { summary, format, comparison })
    }
}

impl<R, W> fmt::Debug for Job<'_, R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("model", &self.model.name())
            .field("options", &self.options)
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

//! Enhances a file into another file.

use std::fs::File;
use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use enhancer_core::{
    AudioFormat, CancelToken, Comparison, Dnsmos, Enhanced, Job, Limits, Meter, Model, Progress,
    Summary,
};
use metrics::histogram;
use tokio::task::spawn_blocking;

use super::{Engine, Options, Score, Warning};
use crate::problem::{Problem, Result};
use crate::spool::Spool;

/// Where a result goes.
pub(crate) trait Sink: Write + Seek + Send {}

impl<T: Write + Seek + Send> Sink for T {}

/// A recording to enhance.
pub(crate) struct Task {
    /// The recording, at its start.
    pub(crate) source: File,
    /// Where the result goes, empty at first. Its content is complete only after success.
    pub(crate) sink: Box<dyn Sink>,
    /// For temporary files.
    pub(crate) spool: Spool,
    pub(crate) options: Options,
    /// A name that no other running enhancement has.
    pub(crate) session_id: String,
    /// Called for every enhanced piece, from another thread.
    pub(crate) on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

/// The outcome of an enhancement.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) summary: Summary,
    /// How the result is stored.
    pub(crate) format: AudioFormat,
    /// The model's name.
    pub(crate) model: String,
    /// The time from opening the source until the result is on disk and rated.
    pub(crate) elapsed: Duration,
    /// The scores before and after, if it was rated.
    comparison: Option<Comparison>,
}

impl Done {
    /// What the user should know about the recording.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.summary.warnings.iter().map(Warning::from).collect()
    }

    /// How listeners would rate the recording before and after, if the request asked for it.
    pub(crate) fn score(&self) -> Option<Box<Score>> {
        self.comparison.as_ref().map(|comparison| Box::new(Score::from(comparison)))
    }
}

/// Enhances a file. Dropping the future cancels the work, in far less than a second. The `permit`
/// is dropped when the working thread ends, which may be later than the future: cancelled work
/// still takes a processor.
///
/// # Errors
/// 422 for an unknown model, or for options that do not fit the audio, 415 for a file
/// that has no audio, 500 if reading, writing or the model fails.
pub(crate) async fn enhance(
    engine: &Engine,
    task: Task,
    permit: impl Send + 'static,
) -> Result<Done> {
    let wrong = |detail| Problem::field("model", detail);
    let name = engine.name(task.options.model.as_deref()).map_err(wrong)?.to_owned();
    let model = engine.model(&name).await?;
    let dnsmos = if task.options.score { Some(engine.dnsmos().await?) } else { None };
    let cancel = CancelToken::new();
    let _cancelled_on_drop = CancelOnDrop(cancel.clone());
    let source_bytes = task.source.metadata().map_err(Problem::internal)?.len();
    let (core, limits) = (engine.core().clone(), engine.limits(source_bytes));
    let started = Instant::now();
    let work = move || {
        let _permit = permit;
        run(&core, &model, dnsmos.as_ref(), task, limits, cancel)
    };
    let Enhanced { summary, format, comparison, .. } =
        spawn_blocking(work).await.map_err(Problem::internal)??;
    let elapsed = started.elapsed();
    engine.count_audio(summary.duration_seconds);
    if summary.duration_seconds > 0.0 {
        let factor = elapsed.as_secs_f64() / summary.duration_seconds;
        histogram!("enhancer_real_time_factor").record(factor);
    }
    Ok(Done { summary, format, model: name, elapsed, comparison })
}

/// Cancels on drop, when the caller no longer waits for the result.
struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn run(
    engine: &enhancer_core::Engine,
    model: &Model,
    dnsmos: Option<&Dnsmos>,
    task: Task,
    limits: Limits,
    cancel: CancelToken,
) -> enhancer_core::Result<Enhanced> {
    let Task { source, sink, spool, options, session_id, on_progress } = task;
    let mut options = options.enhance;
    options.limits = limits;
    let mut job = Job::new(model, source, sink)
        .options(options)
        .session_id(session_id)
        .cancel(cancel)
        .temporary(move || spool.file());
    if let Some(on_progress) = on_progress {
        job = job.on_progress(on_progress);
    }
    if let Some(dnsmos) = dnsmos {
        job = job.score(dnsmos, Meter::WINDOWS);
    }
    job.run(engine)
}

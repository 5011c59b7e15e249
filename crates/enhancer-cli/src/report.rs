//! What the user sees: progress and summaries for people, JSON for scripts.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use enhancer_core::{Progress, Summary};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::jobs::Job;

/// What became of a source that was enhanced.
pub(crate) struct Enhanced<'a> {
    /// The model's name.
    pub(crate) model: &'a str,
    pub(crate) summary: Summary,
    /// From opening the source to having the result on disk.
    pub(crate) elapsed: Duration,
}

/// A bar on a terminal, nothing elsewhere.
pub(crate) fn progress_bar(source: &Path) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} % {eta:>4} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(source.display().to_string());
    bar
}

/// Moves a bar with the progress of a job.
pub(crate) fn follow(bar: ProgressBar) -> impl FnMut(Progress) + Send + 'static {
    move |progress| {
        if let Some(expected) = progress.expected {
            bar.set_length(expected);
        }
        bar.set_position(progress.enhanced);
    }
}

/// Tells what became of one source: as a line of JSON on standard output, or
/// for people on standard error, where success is silent unless the source was damaged
/// or a video, or a terminal is there to read it.
pub(crate) fn tell(job: &Job, outcome: &Result<Enhanced<'_>, Failure>, as_json: bool) {
    match outcome {
        Ok(enhanced) if as_json => print_json(success(job, enhanced)),
        Ok(enhanced) => tell_success(job, enhanced),
        Err(failure) if as_json => print_json(json!({
            "status": "error",
            "source": job.source.to_string_lossy(),
            "destination": job.destination.to_string_lossy(),
            "error": failure.to_json(),
        })),
        Err(failure) => tell_failure(failure, false),
    }
}

/// Tells a failure that is not about one source.
pub(crate) fn tell_failure(failure: &Failure, as_json: bool) {
    if as_json {
        print_json(json!({ "status": "error", "error": failure.to_json() }));
    } else {
        let _ = writeln!(io::stderr(), "error: {failure}");
    }
}

fn success(job: &Job, enhanced: &Enhanced<'_>) -> Value {
    let Enhanced { model, summary, elapsed } = enhanced;
    let elapsed = elapsed.as_secs_f64();
    json!({
        "status": "success",
        "source": job.source.to_string_lossy(),
        "destination": job.destination.to_string_lossy(),
        "model": model,
        "samples": summary.samples,
        "channels": summary.channels,
        "sampleRate": summary.sample_rate,
        "durationSeconds": summary.duration_seconds,
        "elapsedSeconds": elapsed,
        // Of no audio at all there is none, and JSON says null.
        "realTimeFactor": elapsed / summary.duration_seconds,
        "video": summary.video,
        "damage": summary.damage,
    })
}

fn tell_success(job: &Job, enhanced: &Enhanced<'_>) {
    let mut stderr = io::stderr();
    if let Some(damage) = &enhanced.summary.damage {
        let _ = writeln!(stderr, "warning: {} is {damage}", job.source.display());
    }
    if enhanced.summary.video {
        let what = "is a video; the result is its audio";
        let _ = writeln!(stderr, "note: {} {what}", job.source.display());
    }
    if !stderr.is_terminal() {
        return;
    }
    let _ = writeln!(
        stderr,
        "{} → {}: {:.1} s of audio in {:.2} s",
        job.source.display(),
        job.destination.display(),
        enhanced.summary.duration_seconds,
        enhanced.elapsed.as_secs_f64(),
    );
}

/// A line on standard output; that nobody reads it is no failure.
pub(crate) fn print_json(value: Value) {
    let _ = writeln!(io::stdout(), "{value}");
}

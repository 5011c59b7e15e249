//! What the user sees: progress and summaries for people, JSON for scripts.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use enhancer_core::{Progress, Summary, Warning, WarningCode};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::jobs::Job;

/// The outcome of a source that was enhanced.
pub(crate) struct Enhanced<'a> {
    /// The model's name.
    pub(crate) model: &'a str,
    pub(crate) summary: Summary,
    /// From opening the source to having the result on disk.
    pub(crate) elapsed: Duration,
}

/// A progress bar on a terminal, and nothing elsewhere.
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

/// Reports the outcome of one source: as a line of JSON on standard output, or as text
/// on standard error. Text reports success only if there are warnings, or if
/// standard error is a terminal.
pub(crate) fn print_outcome(job: &Job, outcome: &Result<Enhanced<'_>, Failure>, as_json: bool) {
    match outcome {
        Ok(enhanced) if as_json => print_json(success(job, enhanced)),
        Ok(enhanced) => print_success(job, enhanced),
        Err(failure) if as_json => print_json(json!({
            "status": "error",
            "source": job.source.to_string_lossy(),
            "destination": job.destination.to_string_lossy(),
            "error": failure.to_json(),
        })),
        Err(failure) => print_failure(failure, false),
    }
}

/// Reports a failure that does not concern one source.
pub(crate) fn print_failure(failure: &Failure, as_json: bool) {
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
        // NaN for a source without audio, which becomes null in JSON.
        "realTimeFactor": elapsed / summary.duration_seconds,
        "video": summary.video,
        "damage": summary.damage,
        "loudness": summary.loudness,
        "warnings": summary.warnings,
    })
}

fn print_success(job: &Job, enhanced: &Enhanced<'_>) {
    let mut stderr = io::stderr();
    for Warning { code, text } in &enhanced.summary.warnings {
        // A video is what it is: nothing went wrong.
        let kind = if *code == WarningCode::Video { "note" } else { "warning" };
        let _ = writeln!(stderr, "{kind}: {}: {text}", job.source.display());
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

/// Prints a line on standard output. A closed standard output is not a failure.
pub(crate) fn print_json(value: Value) {
    let _ = writeln!(io::stdout(), "{value}");
}

//! What the user sees: progress and summaries for people, JSON for scripts.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use enhancer_core::{Comparison, Damage, Progress, Summary, Warning, WarningCode};
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use crate::args::MessageArgs;
use crate::failure::{Failure, Side};
use crate::jobs::Job;
use crate::score;

/// The outcome of a source.
pub(crate) enum Done<'a> {
    Enhanced(Box<Enhanced<'a>>),
    /// Skipped, because its result exists.
    Skipped,
}

/// The outcome of a source that was enhanced.
pub(crate) struct Enhanced<'a> {
    /// The model's name.
    pub(crate) model: &'a str,
    pub(crate) summary: Summary,
    /// The scores before and after, if requested.
    pub(crate) comparison: Option<Comparison>,
    /// The time from opening the source until the result is on disk.
    pub(crate) elapsed: Duration,
}

/// Reports the outcome of each source, and at the end how many there were of each kind.
pub(crate) struct Report<'a> {
    messages: &'a MessageArgs,
    enhanced: usize,
    skipped: usize,
    failed: usize,
    first_failure: Option<Side>,
    has_unsupported: bool,
}

impl Report<'_> {
    pub(crate) fn new(messages: &MessageArgs) -> Report<'_> {
        Report {
            messages,
            enhanced: 0,
            skipped: 0,
            failed: 0,
            first_failure: None,
            has_unsupported: false,
        }
    }

    /// Reports the outcome of one source: as a line of JSON on standard output, or as text
    /// on standard error.
    pub(crate) fn outcome(&mut self, job: &Job, outcome: &Result<Done<'_>, Failure>) {
        match outcome {
            Ok(Done::Enhanced(_)) => self.enhanced += 1,
            Ok(Done::Skipped) => self.skipped += 1,
            Err(failure) => {
                self.failed += 1;
                self.first_failure = self.first_failure.or(Some(failure.side));
                self.has_unsupported |= failure.is_unsupported_audio();
            }
        }
        match outcome {
            _ if self.messages.json => print_json(json_outcome(job, outcome)),
            Ok(Done::Enhanced(enhanced)) => print_success(job, enhanced, self.messages.quiet),
            Ok(Done::Skipped) => {}
            Err(failure) => print_failure(failure, false),
        }
    }

    /// Prints the summary of all sources, for people.
    pub(crate) fn finish(self) -> ExitCode {
        if !self.messages.json && !self.messages.quiet {
            self.print_summary();
        }
        self.first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
    }

    fn print_summary(&self) {
        let mut stderr = io::stderr();
        if self.has_unsupported {
            let _ = writeln!(stderr, "note: `enhancer formats` lists the supported formats");
        }
        if self.enhanced + self.skipped + self.failed == 1 && self.skipped == 0 {
            return;
        }
        let mut summary = format!("{} enhanced", self.enhanced);
        for (count, what) in [(self.skipped, "skipped"), (self.failed, "failed")] {
            if count > 0 {
                summary += &format!(", {count} {what}");
            }
        }
        let _ = writeln!(stderr, "{summary}");
    }
}

/// A progress bar on a terminal, and nothing elsewhere.
pub(crate) fn progress_bar(job: &Job, messages: &MessageArgs) -> ProgressBar {
    if messages.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %{left}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.with_key("left", write_time_left));
    bar.set_message(job.source_name());
    bar
}

/// The remaining time in whole seconds, as soon as there is an estimate.
fn write_time_left(state: &ProgressState, line: &mut dyn fmt::Write) {
    if state.pos() > 0 && state.eta().as_secs() > 0 {
        let _ = write!(line, " {:#} left", HumanDuration(state.eta()));
    }
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

/// Reports a failure.
pub(crate) fn print_failure(failure: &Failure, as_json: bool) {
    if as_json {
        print_json(json!({ "state": "failed", "error": failure.to_json() }));
    } else {
        let _ = writeln!(io::stderr(), "error: {}", failure.brief());
    }
}

/// Suggests what to do, after an error.
pub(crate) fn print_tip(tip: &str) {
    let _ = writeln!(io::stderr(), "\ntip: {tip}");
}

fn json_outcome(job: &Job, outcome: &Result<Done<'_>, Failure>) -> Value {
    let mut line = match outcome {
        Ok(Done::Enhanced(enhanced)) => success(enhanced),
        Ok(Done::Skipped) => json!({ "state": "skipped" }),
        Err(failure) => json!({ "state": "failed", "error": failure.to_json() }),
    };
    line["source"] = job.source.to_string_lossy().into();
    line["destination"] = job.destination.to_string_lossy().into();
    line
}

fn success(enhanced: &Enhanced<'_>) -> Value {
    let Enhanced { model, summary, comparison, elapsed } = enhanced;
    let elapsed = elapsed.as_secs_f64();
    let mut line = json!({
        "state": "succeeded",
        "model": model,
        "samples": summary.samples,
        "channels": summary.channels,
        "sample_rate": summary.sample_rate,
        "duration_seconds": summary.duration_seconds,
        "elapsed_seconds": elapsed,
        // For a source without audio this is NaN, which becomes null in JSON.
        "real_time_factor": elapsed / summary.duration_seconds,
        "video": summary.video,
        "track": summary.track,
        "damage": summary.damage.as_ref().map(damage),
        "loudness": summary.loudness,
        "warnings": summary.warnings,
    });
    if let Some(comparison) = comparison {
        line["before"] = score::to_json(&comparison.before);
        line["after"] = score::to_json(&comparison.after);
        line["findings"] = json!(comparison.findings());
    }
    line
}

fn damage(damage: &Damage) -> Value {
    let Damage { at_seconds, reason, places, .. } = damage;
    json!({ "at_seconds": at_seconds, "reason": reason, "places": places })
}

/// Always prints warnings and notes. Prints success only on a terminal.
fn print_success(job: &Job, enhanced: &Enhanced<'_>, quiet: bool) {
    let mut stderr = io::stderr();
    for Warning { code, text, .. } in &enhanced.summary.warnings {
        // A video as source is not a problem.
        let is_note = *code == WarningCode::Video;
        if !is_note || !quiet {
            let kind = if is_note { "note" } else { "warning" };
            let _ = writeln!(stderr, "{kind}: {}: {text}", job.source_name());
        }
    }
    if let Some(comparison) = enhanced.comparison.as_ref().filter(|_| !quiet) {
        let text = score::comparison(&job.source_name(), comparison);
        let _ = stderr.write_all(text.as_bytes());
    }
    if quiet || !stderr.is_terminal() {
        return;
    }
    let _ = writeln!(
        stderr,
        "{} → {}: {:.1} s of audio in {:.2} s",
        job.source_name(),
        job.destination_name(),
        enhanced.summary.duration_seconds,
        enhanced.elapsed.as_secs_f64(),
    );
}

/// Prints a line on standard output.
pub(crate) fn print_json(value: Value) {
    print(format!("{value}\n").as_bytes());
}

/// Prints text on standard output. A closed standard output is not a failure.
pub(crate) fn print(text: &[u8]) -> ExitCode {
    let _ = io::stdout().write_all(text);
    ExitCode::SUCCESS
}

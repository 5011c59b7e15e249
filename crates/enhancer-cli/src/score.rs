//! `enhancer score`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use enhancer_core::{
    Comparison, Dnsmos, Measures, Meter, OpenOptions, Summary, Warning, WarningCode,
};
use serde_json::{Value, json};

use crate::failure::{Failure, Side};
use crate::interrupt::Interrupt;
use crate::limits::LimitArgs;
use crate::source::ReadArgs;
use crate::{report, source, streams};

/// Shown below the help.
const AFTER_HELP: &str = "\
Examples:
  enhancer score talk.wav talk.enhanced.wav
  enhancer score --json *.wav | jq .overall

SIGNAL, BACKGROUND and OVERALL are from 1 (bad) to 5 (excellent): how listeners would rate the \
speech, the noise behind it, and the whole, as DNSMOS P.835 predicts. They mean nothing if a \
recording has little speech. LOUDNESS is in LUFS (EBU R 128), PEAK in dBTP, SPEECH the part that \
is speech.

Exit codes: 0 all files were measured; 1 other failure; 2 wrong usage; 3 a file could not be read; \
130 interrupted. With more than one file, the code is that of the first failure.";

#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The recordings to measure, audio or video; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Rate at most N windows of 9 s, evenly spaced; each takes up to half a second
    #[arg(
        long,
        value_name = "N",
        default_value_t = Meter::WINDOWS as u64,
        value_parser = clap::value_parser!(u64).range(1..=Meter::MOST_WINDOWS as u64)
    )]
    windows: u64,

    /// Print one line of JSON for each file
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reading: ReadArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

/// The measurements of a file.
struct Scored {
    measures: Measures,
    warnings: Vec<Warning>,
}

/// Measures every file. If one fails, the others are still measured.
pub(crate) fn run(args: &Args) -> ExitCode {
    let prepared = load().and_then(|dnsmos| Ok((dnsmos, Interrupt::install()?)));
    let (dnsmos, interrupt) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            report::print_failure(&failure, args.json);
            return failure.side.into();
        }
    };
    let mut first_failure = None;
    let mut titles = Some(TITLES);
    for file in &args.files {
        let scored = score(args, &dnsmos, &interrupt, file);
        if let Err(failure) = &scored {
            first_failure = first_failure.or(Some(failure.side));
        }
        match &scored {
            _ if args.json => report::print_json(line(file, &scored)),
            Ok(scored) => print(file, scored, titles.take()),
            Err(failure) => report::print_failure(failure, false),
        }
        if interrupt.token().is_cancelled() {
            return Side::Interrupted.into();
        }
    }
    first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
}

/// Loads the network that rates recordings.
pub(crate) fn load() -> Result<Dnsmos, Failure> {
    let context = "cannot load the built-in model dnsmos";
    enhancer_models::load_dnsmos()
        .map_err(|error| Failure::of_core(Side::Model, error, context.into()))
}

fn score(
    args: &Args,
    dnsmos: &Dnsmos,
    interrupt: &Interrupt,
    file: &Path,
) -> Result<Scored, Failure> {
    // An interrupt during the reading of a pipe ends the program at once.
    let source = source::open(file, args.limits.max_pipe_bytes)?;
    let _in_job = interrupt.begin_job();
    let options = OpenOptions::default()
        .with_raw(args.reading.raw_format(file).map(Into::into))
        .with_limits(args.limits.limits())
        .with_strict(args.reading.strict)
        .with_track(args.reading.track)
        .with_cancel(interrupt.token());
    let failed = |error| {
        let context = format!("cannot measure {}", streams::source_name(file));
        Failure::of_core(Side::Source, error, context)
    };
    let mut reader = enhancer_core::open(source, &options).map_err(failed)?;
    let windows = args.windows as usize;
    let measured = enhancer_core::measure(&mut *reader, dnsmos, windows, &options.cancel);
    let measures = measured.map_err(failed)?;
    let mut warnings = Summary::new(0, &*reader).warnings;
    // Only the audio is measured, so there is no need to warn that the source is a video.
    warnings.retain(|warning| warning.code != WarningCode::Video);
    Ok(Scored { measures, warnings })
}

const TITLES: &str =
    "SIGNAL  BACKGROUND  OVERALL    LOUDNESS        PEAK  SPEECH    LENGTH  FILE\n";

/// The measurements, for scripts.
pub(crate) fn to_json(measures: &Measures) -> Value {
    let scores = measures.scores;
    json!({
        "signal": scores.map(|scores| scores.signal),
        "background": scores.map(|scores| scores.background),
        "overall": scores.map(|scores| scores.overall),
        "windows": measures.windows,
        "loudness": measures.loudness,
        "true_peak": measures.true_peak,
        "speech_share": measures.speech_share,
        "duration_seconds": measures.duration_seconds,
    })
}

/// Lines of text with the scores of a recording before and after, and the notes on them.
pub(crate) fn comparison(name: &str, comparison: &Comparison) -> String {
    let Comparison { before, after, .. } = comparison;
    let mut lines = format!("        {TITLES}");
    for (when, measures) in [("before", before), ("after", after)] {
        lines += &format!("{when:<8}{}", row(name, measures));
    }
    for finding in comparison.findings() {
        lines += &format!("note: {name}: {}\n", finding.text);
    }
    lines
}

/// Prints a row of the table on standard output, with `titles` above the first, and warnings on
/// standard error.
fn print(file: &Path, scored: &Scored, titles: Option<&str>) {
    let Scored { measures, warnings } = scored;
    let name = streams::source_name(file);
    for Warning { text, .. } in warnings {
        // If standard error is closed, there is no other place for the message.
        let _ = writeln!(io::stderr(), "warning: {name}: {text}");
    }
    let row = row(&name, measures);
    report::print(format!("{}{row}", titles.unwrap_or_default()).as_bytes());
}

/// A row of the table.
fn row(name: &str, measures: &Measures) -> String {
    let number = |value: Option<f64>, digits: usize, unit: &str| match value {
        Some(value) => format!("{value:.digits$}{unit}"),
        None => "-".into(),
    };
    let score = |value: Option<f64>| number(value, 2, "");
    let scores = measures.scores;
    format!(
        "{:>6}  {:>10}  {:>7}  {:>10}  {:>10}  {:>6}  {:>8}  {name}\n",
        score(scores.map(|scores| scores.signal)),
        score(scores.map(|scores| scores.background)),
        score(scores.map(|scores| scores.overall)),
        number(measures.loudness, 1, " LUFS"),
        number(measures.true_peak, 1, " dBTP"),
        number(Some(100.0 * measures.speech_share), 0, " %"),
        number(Some(measures.duration_seconds), 1, " s"),
    )
}

/// A line of JSON, for scripts.
fn line(file: &Path, scored: &Result<Scored, Failure>) -> Value {
    let mut line = match scored {
        Ok(Scored { measures, warnings }) => {
            let mut line = to_json(measures);
            line["state"] = "succeeded".into();
            line["warnings"] = json!(warnings);
            line
        }
        Err(failure) => json!({ "state": "failed", "error": failure.to_json() }),
    };
    line["source"] = file.to_string_lossy().into();
    line
}

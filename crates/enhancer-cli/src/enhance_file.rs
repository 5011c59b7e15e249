//! `enhancer enhance-file`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, anyhow};
use enhancer_core::{Engine, EnhanceOptions, SampleFormat};
use enhancer_models::NamedModel;

use crate::controls::ControlArgs;
use crate::failure::{Failure, Side};
use crate::interrupt::Interrupt;
use crate::jobs::{self, Job};
use crate::output::Output;
use crate::report::{self, Enhanced};
use crate::source::{self, SourceArgs};

/// Shown below the help.
pub(crate) const AFTER_HELP: &str = "\
Examples:
  enhancer enhance-file --source-file talk.m4a --destination-file clean.wav
  enhancer enhance-file --source-file *.mp3 --out-dir clean --loudness -16

Exit codes: 0 all files were enhanced; 1 other failure; 2 wrong usage; 3 a source could not be \
read; 4 a destination could not be written; 5 the model could not be used; 130 interrupted. With \
more than one source, the code is that of the first failure.";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recording to enhance, audio or video; more than one with --out-dir
    #[arg(long, value_name = "IN", num_args = 1.., required = true)]
    source_file: Vec<PathBuf>,

    /// File to write the result to; its extension selects the format: .wav, .flac or .raw
    #[arg(
        long,
        value_name = "OUT",
        conflicts_with = "out_dir",
        required_unless_present = "out_dir"
    )]
    destination_file: Option<PathBuf>,

    /// Folder for the results, created if missing. Results are named
    /// NAME.enhanced.EXTENSION; .wav, .flac and .raw sources keep their extension, all
    /// others become .wav
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,

    /// Sample format of the results; .flac supports s16le and s24le [default: as in the
    /// source, but at most s24le in .flac]
    #[arg(long, value_name = "s16le|s24le|s32le|f32le")]
    destination_format: Option<SampleFormat>,

    /// A built-in model (`enhancer models` lists them), a folder with a model.json, or a
    /// .tflite file; write ./NAME for a folder with the name of a built-in model
    #[arg(
        long,
        value_name = "NAME|FOLDER|FILE.tflite",
        visible_alias = "model-path",
        default_value = enhancer_models::DEFAULT
    )]
    model: PathBuf,

    /// Number of threads that run the model [default: one for each processor]
    #[arg(long, value_name = "N")]
    num_workers: Option<usize>,

    /// Samples in a frame; must equal the model's hop size [default: the model's hop size]
    #[arg(long, value_name = "N")]
    frame_length: Option<usize>,

    /// Overwrite existing results
    #[arg(long)]
    force: bool,

    /// Print one line of JSON for each source
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    raw: SourceArgs,

    #[command(flatten)]
    controls: ControlArgs,
}

/// Enhances every source. If one fails, the others are still enhanced.
pub(crate) fn run(args: &Args) -> ExitCode {
    match Batch::prepare(args) {
        Ok(batch) => batch.run(),
        Err(failure) => {
            report::print_failure(&failure, args.json);
            failure.side.into()
        }
    }
}

/// All sources, and the enhancer they share.
struct Batch<'a> {
    args: &'a Args,
    jobs: Vec<Job>,
    /// The same for all of them, but for what depends on a file's name.
    options: EnhanceOptions,
    model: NamedModel,
    engine: Engine,
    interrupt: Interrupt,
}

impl Batch<'_> {
    /// Rejects everything that can be rejected before the first file is touched.
    fn prepare(args: &Args) -> Result<Batch<'_>, Failure> {
        let destination = args.destination_file.as_deref();
        let jobs = jobs::plan(&args.source_file, destination, args.out_dir.as_deref())?;
        let mut options = EnhanceOptions::default();
        args.raw.apply_to(&mut options);
        args.controls.apply_to(&mut options);
        options.sample_format = args.destination_format;
        options
            .controls()
            .check()
            .map_err(|error| Failure::of_core(Side::Usage, error, "invalid option".into()))?;
        let model = enhancer_models::load(&args.model).map_err(Failure::of_model)?;
        let NamedModel { name, model: loaded } = &model;
        if let Some(length) = args.frame_length.filter(|&length| length != loaded.hop()) {
            let hop = loaded.hop();
            let message =
                format!("--frame-length is {length}, but the hop size of {name} is {hop} samples");
            return Err(misfit(message));
        }
        if options.post_filter && !loaded.has_post_filter() {
            return Err(misfit(format!("--post-filter: the model {name} has no post-filter")));
        }
        let engine = Engine::new(args.num_workers).map_err(|error| {
            Failure::of_core(Side::Usage, error, "cannot start the workers".into())
        })?;
        let interrupt = Interrupt::install()?;
        if let Some(folder) = &args.out_dir {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create the folder {}", folder.display()))
                .map_err(|error| Failure::new(Side::Destination, "destination", error))?;
        }
        Ok(Batch { args, jobs, options, model, engine, interrupt })
    }

    fn run(&self) -> ExitCode {
        let mut first_failure = None;
        for job in &self.jobs {
            let outcome = self.enhance(job);
            let side = outcome.as_ref().err().map(|failure| failure.side);
            report::print_outcome(job, &outcome, self.args.json);
            first_failure = first_failure.or(side);
            if self.interrupt.token().is_cancelled() {
                return Side::Interrupted.into();
            }
        }
        first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
    }

    /// Enhances one source, and returns its length and the time taken.
    fn enhance(&self, job: &Job) -> Result<Enhanced<'_>, Failure> {
        let started = Instant::now();
        let _in_job = self.interrupt.begin_job();
        let mut options = self.options.clone();
        options.raw = self.args.raw.raw_format(&job.source);
        options.container = job.container()?;
        let source = source::open(&job.source)?;
        let output = Output::begin(&job.destination, self.args.force)?;
        let bar = report::progress_bar(&job.source);
        let done = enhancer_core::Job::new(&self.model.model, source, output.file())
            .options(options)
            .session_id(job.source.to_string_lossy())
            .cancel(self.interrupt.token())
            .temporary(tempfile::tempfile)
            .on_progress(report::follow(bar.clone()))
            .run(&self.engine);
        bar.finish_and_clear();
        let summary = done.map_err(|error| failure(job, error))?.summary;
        output.finish()?;
        Ok(Enhanced { model: &self.model.name, summary, elapsed: started.elapsed() })
    }
}

/// The failure for an option that does not suit the model.
fn misfit(message: String) -> Failure {
    Failure::new(Side::Usage, "invalid_value", anyhow!(message))
}

/// The failure for an error of the core, with the name of the file it concerns.
fn failure(job: &Job, error: enhancer_core::Error) -> Failure {
    let (side, what, file) = match error.code() {
        "write" | "unwritable_audio" => (Side::Destination, "write", &job.destination),
        "read" | "unsupported_audio" | "corrupt_audio" | "limit_exceeded" | "invalid_value" => {
            (Side::Source, "read", &job.source)
        }
        _ => (Side::Source, "enhance", &job.source),
    };
    Failure::of_core(side, error, format!("cannot {what} {}", file.display()))
}

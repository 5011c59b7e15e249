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

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recording to enhance: WAV, or raw samples; several with --out-dir
    #[arg(long, value_name = "IN", num_args = 1.., required = true)]
    source_file: Vec<PathBuf>,

    /// Where the result goes; its extension, .wav, .flac or .raw, says in what form
    #[arg(
        long,
        value_name = "OUT",
        conflicts_with = "out_dir",
        required_unless_present = "out_dir"
    )]
    destination_file: Option<PathBuf>,

    /// Folder for the results, made if missing; each is named NAME.enhanced.EXTENSION,
    /// with the extension of a .wav, .flac or .raw source and .wav for others
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,

    /// How samples are stored in the results; .flac takes s16le and s24le [default: as
    /// in the source; in .flac s24le for what has more]
    #[arg(long, value_name = "s16le|s24le|s32le|f32le")]
    destination_format: Option<SampleFormat>,

    /// A built-in model (`enhancer models` lists them), a folder with a model.json,
    /// or a single waveform model; ./NAME is a folder of that name
    #[arg(
        long,
        value_name = "NAME|FOLDER|FILE.tflite",
        visible_alias = "model-path",
        default_value = enhancer_models::DEFAULT
    )]
    model: PathBuf,

    /// Workers that run the model [default: one for each processor]
    #[arg(long, value_name = "N")]
    num_workers: Option<usize>,

    /// Samples of a frame; must be the model's own hop [default: the model's own]
    #[arg(long, value_name = "N")]
    frame_length: Option<usize>,

    #[command(flatten)]
    raw: SourceArgs,

    /// Overwrite results that exist already
    #[arg(long)]
    force: bool,

    /// Print a line of JSON for each source
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    controls: ControlArgs,
}

/// Enhances every source; one that fails does not keep the others from it.
pub(crate) fn run(args: &Args) -> ExitCode {
    match Batch::prepare(args) {
        Ok(batch) => batch.run(),
        Err(failure) => {
            report::tell_failure(&failure, args.json);
            failure.side.into()
        }
    }
}

/// All sources and what enhances them.
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
    /// Refuses all that can be refused before the first file is touched.
    fn prepare(args: &Args) -> Result<Batch<'_>, Failure> {
        let cannot_start = |error| Failure::of_core(Side::Usage, error, "cannot start".into());
        let destination = args.destination_file.as_deref();
        let jobs = jobs::plan(&args.source_file, destination, args.out_dir.as_deref())?;
        let mut options = EnhanceOptions::default();
        args.raw.apply_to(&mut options);
        args.controls.apply_to(&mut options);
        options.sample_format = args.destination_format;
        options.controls().check().map_err(cannot_start)?;
        let model = enhancer_models::load(&args.model).map_err(Failure::of_model)?;
        let NamedModel { name, model: loaded } = &model;
        if let Some(length) = args.frame_length.filter(|&length| length != loaded.hop()) {
            let hop = loaded.hop();
            let message = format!("--frame-length is {length}, the hop of {name} is {hop} samples");
            return Err(misfit(message));
        }
        if options.post_filter && !loaded.has_post_filter() {
            return Err(misfit(format!("--post-filter: the model {name} has none")));
        }
        let engine = Engine::new(args.num_workers).map_err(cannot_start)?;
        let interrupt = Interrupt::install()?;
        if let Some(folder) = &args.out_dir {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))
                .map_err(|error| Failure::new(Side::Destination, "destination", error))?;
        }
        Ok(Batch { args, jobs, options, model, engine, interrupt })
    }

    fn run(&self) -> ExitCode {
        let mut first_failure = None;
        for job in &self.jobs {
            let outcome = self.enhance(job);
            let side = outcome.as_ref().err().map(|failure| failure.side);
            report::tell(job, &outcome, self.args.json);
            first_failure = first_failure.or(side);
            if self.interrupt.token().is_cancelled() {
                return Side::Interrupted.into();
            }
        }
        first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
    }

    /// Enhances one source and says how much of it there was and how long it took.
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

/// An option that does not fit the model.
fn misfit(message: String) -> Failure {
    Failure::new(Side::Usage, "invalid_value", anyhow!(message))
}

/// What the core reports of a job, told of the file it concerns.
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

//! `enhancer enhance-file`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, anyhow};
use enhancer_core::{
    AudioEnhancer, AudioReader, AudioWriter, Controls, SampleFormat, SessionOptions, Summary,
    create, enhance_levelled,
};
use enhancer_models::NamedModel;

use crate::controls::ControlArgs;
use crate::failure::{Failure, Side};
use crate::interrupt::{self, Interrupt};
use crate::jobs::{self, Job};
use crate::output::Output;
use crate::report::{self, Enhanced};
use crate::source::SourceArgs;

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
    controls: Controls,
    /// The model's name.
    model: String,
    enhancer: AudioEnhancer,
    interrupt: Interrupt,
}

impl Batch<'_> {
    /// Rejects everything that can be rejected before the first file is touched.
    fn prepare(args: &Args) -> Result<Batch<'_>, Failure> {
        let destination = args.destination_file.as_deref();
        let jobs = jobs::plan(&args.source_file, destination, args.out_dir.as_deref())?;
        let controls = args.controls.controls()?;
        let NamedModel { name, model } =
            enhancer_models::load(&args.model).map_err(Failure::of_model)?;
        if let Some(length) = args.frame_length.filter(|&length| length != model.hop()) {
            let hop = model.hop();
            let message =
                format!("--frame-length is {length}, but the hop size of {name} is {hop} samples");
            return Err(misfit(message));
        }
        if controls.post_filter && !model.has_post_filter() {
            return Err(misfit(format!("--post-filter: the model {name} has no post-filter")));
        }
        let enhancer = AudioEnhancer::new(model, args.num_workers).map_err(|error| {
            Failure::of_core(Side::Usage, error, "cannot start the workers".into())
        })?;
        let interrupt = Interrupt::install()?;
        if let Some(folder) = &args.out_dir {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create the folder {}", folder.display()))
                .map_err(|error| Failure::new(Side::Destination, "destination", error))?;
        }
        Ok(Batch { args, jobs, controls, model: name, enhancer, interrupt })
    }

    fn run(&self) -> ExitCode {
        let mut first_failure = None;
        for job in &self.jobs {
            let outcome = self.enhance(job);
            let side = outcome.as_ref().err().map(|failure| failure.side);
            report::print_outcome(job, &outcome, self.args.json);
            first_failure = first_failure.or(side);
            if self.interrupt.interrupted() {
                return Side::Interrupted.into();
            }
        }
        first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
    }

    /// Enhances one source, and returns its length and the time taken.
    fn enhance(&self, job: &Job) -> Result<Enhanced<'_>, Failure> {
        let started = Instant::now();
        let interruptible = self.interrupt.begin_job();
        let mut reader = self.args.raw.open(&job.source, interruptible.cancel())?;
        let format = *reader.format();
        let output = Output::begin(&job.destination, self.args.force)?;
        let mut target = job.target(format)?;
        target.sample_format = self.args.destination_format.unwrap_or(target.sample_format);
        let summary = create(output.file(), &target, reader.tags())
            .and_then(|mut writer| self.stream(job, &mut *reader, &mut *writer, &interruptible))
            .map_err(|error| failure(job, error))?;
        output.finish()?;
        Ok(Enhanced { model: &self.model, summary, elapsed: started.elapsed() })
    }

    /// Passes all audio from the reader to the writer, with a progress bar.
    fn stream(
        &self,
        job: &Job,
        reader: &mut dyn AudioReader,
        writer: &mut dyn AudioWriter,
        interruptible: &interrupt::Job<'_>,
    ) -> enhancer_core::Result<Summary> {
        let bar = report::progress_bar(&job.source, reader.len());
        let options = SessionOptions {
            expected_len: reader.len(),
            controls: self.controls,
            on_progress: Some(Box::new({
                let bar = bar.clone();
                move |progress| bar.set_position(progress.enhanced)
            })),
            ..SessionOptions::default()
        };
        let (id, format) = (job.source.to_string_lossy(), *reader.format());
        let channels = format.channels.into();
        let mut session = self.enhancer.open(&id, format.sample_rate, channels, options)?;
        interruptible.watch(session.canceller());
        let (loudness, temporary) = (self.args.controls.loudness, tempfile::tempfile);
        let summary = enhance_levelled(reader, &mut session, writer, loudness, temporary);
        bar.finish_and_clear();
        summary
    }
}

/// The failure for an option that does not suit the model.
fn misfit(message: String) -> Failure {
    Failure::new(Side::Usage, "invalid_value", anyhow!(message))
}

/// The failure for an error of the core, with the name of the file it concerns.
fn failure(job: &Job, error: enhancer_core::Error) -> Failure {
    match error.code() {
        "write" | "unwritable_audio" => {
            let context = format!("cannot write {}", job.destination.display());
            Failure::of_core(Side::Destination, error, context)
        }
        _ => {
            let context = format!("cannot enhance {}", job.source.display());
            Failure::of_core(Side::Source, error, context)
        }
    }
}

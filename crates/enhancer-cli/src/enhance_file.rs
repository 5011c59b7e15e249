//! `enhancer enhance-file`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use enhancer_core::{
    AudioEnhancer, AudioFormat, AudioReader, AudioWriter, Limits, Model, SampleFormat,
    SessionOptions, Summary, create, enhance, open,
};

use crate::failure::{Failure, Side};
use crate::interrupt::{self, Interrupt};
use crate::jobs::{self, Job};
use crate::output::Output;
use crate::report;

/// The model that is used if none is named.
const DEFAULT_MODEL: &[u8] = include_bytes!("../../../models/passthrough_model_lite.tflite");

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recording to enhance: WAV, or raw samples; several with --out-dir
    #[arg(long, value_name = "IN", num_args = 1.., required = true)]
    source_file: Vec<PathBuf>,

    /// Where the result goes; its extension, .wav or .raw, says in what form
    #[arg(
        long,
        value_name = "OUT",
        conflicts_with = "out_dir",
        required_unless_present = "out_dir"
    )]
    destination_file: Option<PathBuf>,

    /// Folder for the results, each named NAME.enhanced.EXTENSION; made if missing
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,

    /// A waveform model [default: the built-in passthrough model, which returns its input]
    #[arg(long, value_name = "FILE.tflite")]
    model_path: Option<PathBuf>,

    /// Workers that run the model [default: one for each processor]
    #[arg(long, value_name = "N")]
    num_workers: Option<usize>,

    /// Samples of a frame; must be the model's own [default: the model's own]
    #[arg(long, value_name = "N")]
    frame_length: Option<usize>,

    /// How raw samples are stored; makes every source raw, whatever its extension
    /// [default for .raw files: f32le]
    #[arg(long, value_name = "f32le|s16le|s24le|s32le")]
    source_format: Option<SampleFormat>,

    /// Sample rate of raw sources in Hz
    #[arg(long, value_name = "HZ", default_value_t = 48_000)]
    source_sample_rate: u32,

    /// Channels of raw sources
    #[arg(long, value_name = "N", default_value_t = 1)]
    source_channels: u16,

    /// Overwrite results that exist already
    #[arg(long)]
    force: bool,

    /// Print a line of JSON for each source
    #[arg(long)]
    json: bool,
}

/// Enhances every source; one that fails does not keep the others from it.
pub(crate) fn run(args: &Args) -> ExitCode {
    match prepare(args) {
        Ok((jobs, enhancer, interrupt)) => run_all(args, &jobs, &enhancer, &interrupt),
        Err(failure) => {
            report::tell_failure(&failure, args.json);
            failure.side.into()
        }
    }
}

/// Everything that can be refused before the first file is touched.
fn prepare(args: &Args) -> Result<(Vec<Job>, AudioEnhancer, Interrupt), Failure> {
    let destination = args.destination_file.as_deref();
    let jobs = jobs::plan(&args.source_file, destination, args.out_dir.as_deref())?;
    let enhancer = enhancer(args)?;
    let interrupt = Interrupt::install()?;
    if let Some(folder) = &args.out_dir {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))
            .map_err(|error| Failure::new(Side::Destination, "destination", error))?;
    }
    Ok((jobs, enhancer, interrupt))
}

fn run_all(args: &Args, jobs: &[Job], enhancer: &AudioEnhancer, interrupt: &Interrupt) -> ExitCode {
    let mut first_failure = None;
    for job in jobs {
        let outcome = enhance_one(args, enhancer, job, interrupt);
        let side = outcome.as_ref().err().map(|failure| failure.side);
        report::tell(job, &outcome, args.json);
        first_failure = first_failure.or(side);
        if interrupt.interrupted() {
            return Side::Interrupted.into();
        }
    }
    first_failure.map_or(ExitCode::SUCCESS, ExitCode::from)
}

/// The enhancer that the arguments ask for.
fn enhancer(args: &Args) -> Result<AudioEnhancer, Failure> {
    let model = load_model(args.model_path.as_deref())?;
    if let Some(length) = args.frame_length.filter(|&length| length != model.hop()) {
        let error = anyhow!(
            "--frame-length is {length}, the model's frames are {} samples long",
            model.hop()
        );
        return Err(Failure::new(Side::Usage, "invalid_value", error));
    }
    AudioEnhancer::new(model, args.num_workers)
        .map_err(|error| Failure::of_core(Side::Usage, error, "cannot start".into()))
}

fn load_model(path: Option<&Path>) -> Result<Model, Failure> {
    let Some(path) = path else {
        return Model::from_tflite(DEFAULT_MODEL)
            .map_err(|error| Failure::of_core(Side::Model, error, "the built-in model".into()));
    };
    let what = || format!("cannot use the model {}", path.display());
    let bytes = fs::read(path)
        .with_context(what)
        .map_err(|error| Failure::new(Side::Model, "read", error))?;
    Model::from_tflite(&bytes).map_err(|error| Failure::of_core(Side::Model, error, what()))
}

/// Enhances one source and says how much of it there was and how long it took.
fn enhance_one(
    args: &Args,
    enhancer: &AudioEnhancer,
    job: &Job,
    interrupt: &Interrupt,
) -> Result<(Summary, Duration), Failure> {
    let started = Instant::now();
    let interruptible = interrupt.begin_job();
    let mut reader = open_source(args, &job.source)?;
    let format = *reader.format();
    let output = Output::begin(&job.destination, args.force)?;
    let target = AudioFormat { container: job.container(format.container)?, ..format };
    let summary = create(output.file(), &target)
        .and_then(|mut writer| stream(enhancer, job, &mut *reader, &mut *writer, &interruptible))
        .map_err(|error| failure(job, error))?;
    output.finish()?;
    Ok((summary, started.elapsed()))
}

/// Passes all audio from the reader to the writer, under the user's eyes.
fn stream(
    enhancer: &AudioEnhancer,
    job: &Job,
    reader: &mut dyn AudioReader,
    writer: &mut dyn AudioWriter,
    interruptible: &interrupt::Job<'_>,
) -> enhancer_core::Result<Summary> {
    let bar = report::progress_bar(&job.source, reader.len());
    let options = SessionOptions {
        expected_len: reader.len(),
        on_progress: Some(Box::new({
            let bar = bar.clone();
            move |progress| bar.set_position(progress.enhanced)
        })),
        ..SessionOptions::default()
    };
    let (id, format) = (job.source.to_string_lossy(), *reader.format());
    let mut session = enhancer.open(&id, format.sample_rate, format.channels.into(), options)?;
    interruptible.watch(session.canceller());
    let summary = enhance(reader, &mut session, writer);
    bar.finish_and_clear();
    summary
}

/// What the core reports of a job, told of the file it concerns.
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

fn open_source(args: &Args, source: &Path) -> Result<Box<dyn AudioReader>, Failure> {
    let what = || format!("cannot read {}", source.display());
    let cannot = |error| Failure::new(Side::Source, "read", error);
    // Opening a pipe would wait for somebody to write into it, and neither pipes
    // nor devices can be read twice.
    let found = fs::metadata(source).with_context(what).map_err(cannot)?;
    if !found.is_file() {
        return Err(cannot(anyhow!("it is no regular file").context(what())));
    }
    let file = File::open(source).with_context(what).map_err(cannot)?;
    // It is the user's own file: as many channels as it has.
    let limits = Limits { channels: u16::MAX, ..Limits::default() };
    open(file, raw_format(args, source), &limits)
        .map_err(|error| Failure::of_core(Side::Source, error, what()))
}

/// How the samples of a raw source are stored; `None` for other sources.
fn raw_format(args: &Args, source: &Path) -> Option<AudioFormat> {
    let by_name = jobs::has_extension(source, "raw").then_some(SampleFormat::F32le);
    let sample_format = args.source_format.or(by_name)?;
    Some(AudioFormat::raw(sample_format, args.source_sample_rate, args.source_channels))
}

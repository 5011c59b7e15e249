//! `enhancer enhance-file`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use enhancer_core::{
    AudioEnhancer, AudioFormat, AudioReader, Canceller, Limits, Model, SampleFormat,
    SessionOptions, Summary, create, enhance, open,
};

use crate::failure::{Failure, Side};
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
    let prepared =
        jobs::plan(&args.source_file, args.destination_file.as_deref(), args.out_dir.as_deref());
    match prepared.and_then(|jobs| Ok((jobs, enhancer(args)?, Interrupt::install()?))) {
        Ok((jobs, enhancer, interrupt)) => run_all(args, &jobs, &enhancer, &interrupt),
        Err(failure) => {
            report::tell_failure(&failure, args.json);
            failure.side.into()
        }
    }
}

fn run_all(args: &Args, jobs: &[Job], enhancer: &AudioEnhancer, interrupt: &Interrupt) -> ExitCode {
    let mut first_failure = None;
    for job in jobs {
        let outcome = enhance_one(args, enhancer, job, interrupt);
        let side = outcome.as_ref().err().map(|failure| failure.side);
        report::tell(job, &outcome, args.json);
        first_failure = first_failure.or(side);
        if side == Some(Side::Interrupted) {
            break;
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
        .map_err(|error| Failure::of_core(Side::Usage, error, "--num-workers".into()))
}

fn load_model(path: Option<&Path>) -> Result<Model, Failure> {
    let Some(path) = path else {
        return Model::from_tflite(DEFAULT_MODEL)
            .map_err(|error| Failure::of_core(Side::Model, error, "the built-in model".into()));
    };
    let what = || format!("cannot use the model {}", path.display());
    let bytes = fs::read(path)
        .with_context(what)
        .map_err(|error| Failure::new(Side::Model, "io", error))?;
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
    let on_source = |error| {
        Failure::of_core(Side::Source, error, format!("cannot enhance {}", job.source.display()))
    };
    let on_destination = |error| {
        Failure::of_core(
            Side::Destination,
            error,
            format!("cannot write {}", job.destination.display()),
        )
    };
    let mut reader = open_source(args, &job.source)?;
    let format = *reader.format();
    let output = Output::begin(&job.destination, args.force)?;
    let target = AudioFormat { container: job.container(format.container)?, ..format };
    let mut writer = create(output.file(), &target).map_err(on_destination)?;

    let bar = report::progress_bar(&job.source, reader.len());
    let options = SessionOptions {
        expected_len: reader.len(),
        on_progress: Some(Box::new({
            let bar = bar.clone();
            move |progress| bar.set_position(progress.enhanced)
        })),
        ..SessionOptions::default()
    };
    let id = job.source.to_string_lossy();
    let mut session = enhancer
        .open(&id, format.sample_rate, format.channels.into(), options)
        .map_err(on_source)?;
    interrupt.watch(session.canceller());
    let summary = enhance(&mut *reader, &mut session, &mut *writer);
    bar.finish_and_clear();
    let summary = summary.map_err(on_source)?;
    drop(writer);
    output.finish()?;
    Ok((summary, started.elapsed()))
}

fn open_source(args: &Args, source: &Path) -> Result<Box<dyn AudioReader>, Failure> {
    let what = || format!("cannot read {}", source.display());
    let file = File::open(source)
        .and_then(|file| match file.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        })
        .with_context(what)
        .map_err(|error| Failure::new(Side::Source, "io", error))?;
    open(file, raw_format(args, source), &Limits::default())
        .map_err(|error| Failure::of_core(Side::Source, error, what()))
}

/// How the samples of a raw source are stored; `None` for other sources.
fn raw_format(args: &Args, source: &Path) -> Option<AudioFormat> {
    let by_name = jobs::has_extension(source, "raw").then_some(SampleFormat::F32le);
    let sample_format = args.source_format.or(by_name)?;
    Some(AudioFormat::raw(sample_format, args.source_sample_rate, args.source_channels))
}

/// Cancels the session that is under way when the user interrupts the program,
/// so that it can tidy up.
struct Interrupt(Arc<Mutex<Watched>>);

#[derive(Default)]
struct Watched {
    interrupted: bool,
    session: Option<Canceller>,
}

impl Interrupt {
    fn install() -> Result<Interrupt, Failure> {
        let watched = Arc::new(Mutex::new(Watched::default()));
        let handled = watched.clone();
        let handler = move || {
            let mut watched = handled.lock().unwrap_or_else(PoisonError::into_inner);
            watched.interrupted = true;
            if let Some(session) = &watched.session {
                session.cancel();
            }
        };
        ctrlc::set_handler(handler)
            .context("cannot handle interrupts")
            .map_err(|error| Failure::new(Side::Other, "interrupts", error))?;
        Ok(Interrupt(watched))
    }

    /// From now on that session is the one to cancel.
    fn watch(&self, session: Canceller) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.interrupted {
            session.cancel();
        }
        watched.session = Some(session);
    }
}

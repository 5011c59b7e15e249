//! Enhancing the sources that the user names.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::anyhow;
use enhancer_core::{Dnsmos, Engine, EnhanceOptions, ErrorCode, Meter, Output as Wanted};
use enhancer_models::NamedModel;

use crate::args::{Args, ModelArgs};
use crate::container;
use crate::failure::{Code, Failure, Side};
use crate::folder::{self, Found};
use crate::interrupt::Interrupt;
use crate::jobs::{self, Job};
use crate::output::Output;
use crate::report::{self, Done, Enhanced, Report};
use crate::{instructions, score, source};

/// Enhances every source. If one fails, the others are still enhanced.
pub(crate) fn run(args: &Args) -> ExitCode {
    match Batch::prepare(args) {
        Ok(batch) => batch.run(),
        Err(failure) => {
            report::print_failure(&failure, args.messages.json);
            failure.side.into()
        }
    }
}

/// All sources, and the enhancer they share.
struct Batch<'a> {
    args: &'a Args,
    jobs: Vec<Job>,
    /// The options of every source, apart from those that depend on a file's name.
    options: EnhanceOptions,
    model: NamedModel,
    engine: Engine,
    /// Rates the recordings, if scores were requested.
    dnsmos: Option<Dnsmos>,
    interrupt: Interrupt,
}

impl Batch<'_> {
    /// Finds all errors that can be found before the first file is touched.
    fn prepare(args: &Args) -> Result<Batch<'_>, Failure> {
        instructions::choose()?;
        let options = options(args)?;
        let jobs = plan(args, &options)?;
        let model = load_model(&args.model, &options)?;
        let engine = Engine::new(args.model.num_workers).map_err(|error| {
            Failure::of_core(Side::Usage, error, "cannot start the workers".into())
        })?;
        let dnsmos = args.messages.score.then(score::load).transpose()?;
        let interrupt = Interrupt::install()?;
        Ok(Batch { args, jobs, options, model, engine, dnsmos, interrupt })
    }

    fn run(&self) -> ExitCode {
        let mut report = Report::new(&self.args.messages);
        for job in &self.jobs {
            report.outcome(job, &self.enhance(job));
            if self.interrupt.token().is_cancelled() {
                return Side::Interrupted.into();
            }
        }
        report.finish()
    }

    /// Enhances one source.
    fn enhance(&self, job: &Job) -> Result<Done<'_>, Failure> {
        if self.args.destination.skip_existing && job.destination_exists() {
            return Ok(Done::Skipped);
        }
        let started = Instant::now();
        let mut options = self.options.clone();
        options.raw = self.args.source.reading.raw_format(&job.source);
        options.container = job.container(self.args.destination.to)?;
        // An interrupt during the reading of a pipe ends the program at once.
        let source = source::open(&job.source, self.args.limits.max_pipe_bytes)?;
        let in_job = self.interrupt.begin_job();
        let output = Output::begin(job, self.args.destination.force)?;
        let bar = report::progress_bar(job, &self.args.messages);
        let work = enhancer_core::Job::new(&self.model.model, source, output.file())
            .options(options)
            .session_id(job.source.to_string_lossy())
            .cancel(self.interrupt.token())
            .temporary(tempfile::tempfile)
            .on_progress(report::follow(bar.clone()));
        let work = match &self.dnsmos {
            Some(dnsmos) => work.score(dnsmos, Meter::WINDOWS),
            None => work,
        };
        let done = work.run(&self.engine);
        bar.finish_and_clear();
        let done = done.map_err(|error| failure(job, error))?;
        if job.is_to_standard_output() {
            // The same applies while the reader of standard output waits.
            drop(in_job);
        }
        output.finish()?;
        Ok(Done::Enhanced(Box::new(Enhanced {
            model: &self.model.name,
            summary: done.summary,
            comparison: done.comparison,
            elapsed: started.elapsed(),
        })))
    }
}

/// The sources, and where their results go.
fn plan(args: &Args, options: &EnhanceOptions) -> Result<Vec<Job>, Failure> {
    let sources = if args.source.recursive {
        folder::expand(args.sources())?
    } else {
        args.sources().map(Found::given).collect()
    };
    let target = args.destination.target(args.source.recursive || sources.len() > 1);
    let usual = |source: &Path| match args.destination.to {
        Some(container) => container.into(),
        None => container::usual(source, &args.source.reading, options),
    };
    let jobs = jobs::plan(sources, target, &usual)?;
    for job in &jobs {
        job.container(args.destination.to)?;
    }
    if jobs.iter().any(Job::is_to_standard_output) {
        check_standard_output(args.messages.json)?;
    }
    Ok(jobs)
}

/// If a result goes to standard output, nothing else may.
fn check_standard_output(json: bool) -> Result<(), Failure> {
    let message = match (json, io::stdout().is_terminal()) {
        (true, _) => "--json and a result cannot both go to standard output; use -o OUT",
        (_, true) => "standard output is a terminal; use -o OUT, or redirect it",
        _ => return Ok(()),
    };
    Err(Failure::new(Side::Usage, Code::Usage, anyhow!(message)))
}

/// The options that are the same for every source.
fn options(args: &Args) -> Result<EnhanceOptions, Failure> {
    let mut options = EnhanceOptions::default();
    options.strict = args.source.reading.strict;
    options.track = args.source.reading.track;
    options.limits = args.limits.limits();
    options.audio_only = args.destination.audio_only;
    options.keep_pcm = args.destination.keep_pcm;
    options.sample_format = args.destination.destination_format;
    options.bitrate = args.destination.bitrate;
    args.controls.apply_to(&mut options);
    options
        .controls()
        .check()
        .map_err(|error| Failure::of_core(Side::Usage, error, "invalid option".into()))?;
    if args.messages.score && options.output == Wanted::Removed {
        let message =
            "--score compares a recording with the enhanced one; leave out --output removed";
        return Err(Failure::new(Side::Usage, Code::Usage, anyhow!(message)));
    }
    Ok(options)
}

/// Loads the model, if the options suit it.
fn load_model(args: &ModelArgs, options: &EnhanceOptions) -> Result<NamedModel, Failure> {
    let model = enhancer_models::load(&args.model).map_err(Failure::of_model)?;
    let NamedModel { name, model: loaded, .. } = &model;
    let hop = loaded.hop();
    if let Some(length) = args.frame_length.filter(|&length| length != hop) {
        let message =
            format!("--frame-length is {length}, but the hop size of {name} is {hop} samples");
        return Err(misfit(message));
    }
    if options.post_filter && !loaded.has_post_filter() {
        return Err(misfit(format!("--post-filter: the model {name} has no post-filter")));
    }
    Ok(model)
}

/// The failure for an option that does not suit the model.
fn misfit(message: String) -> Failure {
    Failure::new(Side::Usage, ErrorCode::InvalidValue, anyhow!(message))
}

/// The failure for an error of the core, with the name of the file it concerns.
fn failure(job: &Job, error: enhancer_core::Error) -> Failure {
    let (side, what, file) = match error.code() {
        ErrorCode::Write | ErrorCode::UnwritableAudio => {
            (Side::Destination, "write", job.destination_name())
        }
        ErrorCode::Read
        | ErrorCode::UnsupportedAudio
        | ErrorCode::CorruptAudio
        | ErrorCode::LimitExceeded
        | ErrorCode::InvalidValue => (Side::Source, "read", job.source_name()),
        _ => (Side::Source, "enhance", job.source_name()),
    };
    Failure::of_core(side, error, format!("cannot {what} {file}"))
}

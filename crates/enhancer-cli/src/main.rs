//! `enhancer`: removes noise from recordings, on the command line.

mod controls;
mod enhance_file;
mod failure;
mod interrupt;
mod jobs;
mod limits;
mod list_models;
mod output;
mod report;
mod source;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Side};

/// Removes noise from recordings of speech.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enhances audio files.
    #[command(after_help = failure::EXIT_CODES)]
    EnhanceFile(enhance_file::Args),
    /// Lists the built-in models.
    Models(list_models::Args),
    /// Serves the same enhancement as a REST API.
    Serve(enhancer_server::ServeSettings),
    /// Works off the jobs of servers that share a database.
    Worker(enhancer_server::WorkerSettings),
}

fn main() -> ExitCode {
    silence_contained_panics();
    match Cli::parse().command {
        Command::EnhanceFile(args) => enhance_file::run(&args),
        Command::Models(args) => list_models::run(&args),
        Command::Serve(settings) => told(enhancer_server::serve(&settings)),
        Command::Worker(settings) => told(enhancer_server::work(&settings)),
    }
}

/// Tells a failure on standard error.
fn told(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::tell_failure(&Failure::new(Side::Usage, "settings", error), false);
            Side::Usage.into()
        }
    }
}

/// A panic that the core turns into an error is told by that error alone.
fn silence_contained_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !enhancer_core::panics_are_contained() {
            usual(panic);
        }
    }));
}

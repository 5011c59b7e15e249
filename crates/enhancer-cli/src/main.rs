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
#[command(name = "enhancer", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enhances audio files.
    #[command(after_help = enhance_file::AFTER_HELP)]
    EnhanceFile(enhance_file::Args),
    /// Lists the built-in models.
    Models(list_models::Args),
    /// Runs the REST server, which can also serve the web page.
    Serve(enhancer_server::ServeSettings),
    /// Runs queued jobs from a shared database.
    Worker(enhancer_server::WorkerSettings),
}

fn main() -> ExitCode {
    silence_contained_panics();
    match Cli::parse().command {
        Command::EnhanceFile(args) => enhance_file::run(&args),
        Command::Models(args) => list_models::run(&args),
        Command::Serve(settings) => exit_code(enhancer_server::serve(&settings)),
        Command::Worker(settings) => exit_code(enhancer_server::work(&settings)),
    }
}

/// Reports a failure on standard error.
fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::print_failure(&Failure::new(Side::Usage, "settings", error), false);
            Side::Usage.into()
        }
    }
}

/// Does not print panics that the core turns into errors: the error reports them.
fn silence_contained_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !enhancer_core::panics_are_contained() {
            usual(panic);
        }
    }));
}

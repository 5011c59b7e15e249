//! `enhancer`: removes noise from recordings, on the command line.

mod enhance_file;
mod failure;
mod jobs;
mod output;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Removes noise from recordings of speech.
#[derive(Parser)]
#[command(version, about, after_help = failure::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enhances audio files.
    EnhanceFile(enhance_file::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::EnhanceFile(args) => enhance_file::run(&args),
    }
}

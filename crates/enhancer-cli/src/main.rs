//! `enhancer`: removes noise from recordings, on the command line.

mod args;
mod batch;
mod commands;
mod container;
mod controls;
mod failure;
mod folder;
mod formats;
mod generate;
mod instructions;
mod interrupt;
mod jobs;
mod limits;
mod list_models;
mod output;
mod report;
mod score;
mod server;
mod source;
mod streams;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    silence_contained_panics();
    commands::run()
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

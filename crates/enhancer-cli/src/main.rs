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

use crate::failure::{Failure, Side};

fn main() -> ExitCode {
    silence_contained_panics();
    match instructions() {
        Ok(()) => commands::run(),
        Err(error) => {
            report::print_failure(&Failure::new(Side::Usage, "usage", error), false);
            Side::Usage.into()
        }
    }
}

/// Leaves out the instructions of newer machines if the environment says so, to measure what an older
/// one would need (`make bench`).
fn instructions() -> anyhow::Result<()> {
    const VARIABLE: &str = "ENHANCER_INSTRUCTIONS";
    let Ok(name) = std::env::var(VARIABLE) else { return Ok(()) };
    enhancer_core::use_instructions(&name).map_err(|names| {
        let names = names.join(", ");
        anyhow::anyhow!("{VARIABLE} is `{name}`; expected one that this machine has: {names}")
    })
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

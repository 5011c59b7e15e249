//! Errors of the arguments, in plain words.

use std::error::Error;
use std::io::{self, Write};
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::error::{ContextKind, ErrorKind};

use crate::report;

/// Options of other programs, each with the option of ours that does the same.
const OF_OTHERS: [(&str, &str); 5] = [
    ("--strength", "-a DB limits how much noise is removed, such as -a 12"),
    ("--format", "--to KIND chooses the kind of the results"),
    ("--output", "-o OUT|DIR says where the results go"),
    ("--overwrite", "-y overwrites existing results"),
    ("--threads", "--num-workers N sets the number of threads"),
];

/// Prints an error of the arguments with tips, or the requested help. `of_command`: the arguments
/// are those of a command, which has other options.
pub(crate) fn print(error: &mut clap::Error, of_command: bool) {
    let is_unknown = error.kind() == ErrorKind::UnknownArgument && !of_command;
    let tip = is_unknown.then(|| tip(&context(error, ContextKind::InvalidArg))).flatten();
    if tip.is_some() {
        // Clap's own tips name a similar option of ours, or say how to pass the word as a value.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Suggested);
    }
    // If standard error is closed, there is no other place for the message.
    let _ = match number_expected(error) {
        Some(message) => {
            writeln!(io::stderr(), "error: {message}\n\nFor more information, try '--help'.")
        }
        None => error.print(),
    };
    if let Some(tip) = tip {
        report::print_tip(tip);
    }
}

/// The message for a value that is not a number or is out of range. The standard library's messages
/// mention digits and literals.
fn number_expected(error: &clap::Error) -> Option<String> {
    let source = error.source()?;
    let value = context(error, ContextKind::InvalidValue);
    let expected = match source.downcast_ref().map(ParseIntError::kind) {
        Some(IntErrorKind::PosOverflow) => "a smaller number",
        Some(IntErrorKind::NegOverflow) => "a larger number",
        Some(IntErrorKind::Zero) => "1 or more",
        Some(_) if value.starts_with('-') => "a whole number, not below 0",
        Some(_) if has_unit(&value) => "a whole number without a unit",
        Some(_) => "a whole number",
        None => {
            source.downcast_ref::<ParseFloatError>()?;
            match has_unit(&value) {
                true => "a number without a unit",
                false if value.contains(',') => "a number with a decimal point",
                false => "a number",
            }
        }
    };
    let option = context(error, ContextKind::InvalidArg);
    Some(format!("invalid value '{value}' for '{option}': expected {expected}"))
}

/// Whether letters follow a number.
fn has_unit(value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    unit.len() < value.len()
        && unit.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '%')
}

/// What to write instead of an unknown option.
fn tip(unknown: &str) -> Option<&'static str> {
    if unknown.starts_with('-') && !unknown.starts_with("--") {
        return Some("a file whose name begins with - needs its folder, such as ./-talk.wav");
    }
    OF_OTHERS.iter().find(|(name, _)| *name == unknown).map(|(_, tip)| *tip)
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

//! What is wrong with the arguments, in words for people.

use std::error::Error;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::report;

/// Options that other programs have, with ours.
const OF_OTHERS: [(&str, &str); 5] = [
    ("--strength", "-a DB limits how much noise is removed, such as -a 12"),
    ("--format", "--to KIND chooses the kind of the results"),
    ("--output", "-o OUT|DIR says where the results go"),
    ("--overwrite", "-y overwrites existing results"),
    ("--threads", "--num-workers N sets the number of threads"),
];

/// Prints an error of the arguments with tips, or the help that they ask for.
pub(crate) fn print(error: &mut clap::Error) {
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let tip = is_unknown.then(|| tip(&context(error, ContextKind::InvalidArg))).flatten();
    if tip.is_some() {
        // An option of ours that is merely spelt alike.
        error.insert(ContextKind::SuggestedArg, ContextValue::None);
    }
    match number_expected(error) {
        Some(message) => eprintln!("error: {message}\n\nFor more information, try '--help'."),
        // Nothing is left to try if standard error is closed.
        None => drop(error.print()),
    }
    if let Some(tip) = tip {
        report::print_tip(tip);
    }
}

/// The message for a value that is not a number, or not one of the size that is expected. The
/// standard library's own speaks of digits and literals.
fn number_expected(error: &clap::Error) -> Option<String> {
    let source = error.source()?;
    let expected = match source.downcast_ref().map(ParseIntError::kind) {
        Some(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => "a smaller number",
        Some(_) => "a whole number without a unit",
        None => source.downcast_ref::<ParseFloatError>().map(|_| "a number without a unit")?,
    };
    let option = context(error, ContextKind::InvalidArg);
    let value = context(error, ContextKind::InvalidValue);
    Some(format!("invalid value '{value}' for '{option}': expected {expected}"))
}

/// What to write in the place of an option that there is not.
fn tip(unknown: &str) -> Option<&'static str> {
    if !unknown.starts_with("--") {
        return Some("a file whose name begins with - needs its folder, such as ./-talk.wav");
    }
    OF_OTHERS.iter().find(|(name, _)| *name == unknown).map(|(_, tip)| *tip)
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

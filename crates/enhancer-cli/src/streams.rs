//! Standard input and output, and other pipes.

use std::fs::{self, Metadata};
use std::path::Path;

/// Whether a source is standard input.
pub(crate) fn is_standard_input(source: &Path) -> bool {
    source == Path::new("-") || source == Path::new("/dev/stdin")
}

/// Whether a destination is standard output.
pub(crate) fn is_standard_output(destination: &Path) -> bool {
    destination == Path::new("-") || destination == Path::new("/dev/stdout")
}

/// Whether a source is standard input or another pipe, such as `<(command)`. A result cannot be
/// written beside a pipe.
pub(crate) fn is_stream(source: &Path) -> bool {
    is_standard_input(source) || fs::metadata(source).is_ok_and(|found| is_pipe(&found))
}

/// Whether this is a pipe.
#[cfg(unix)]
pub(crate) fn is_pipe(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_fifo()
}

/// Whether this is a pipe.
#[cfg(not(unix))]
pub(crate) fn is_pipe(_: &Metadata) -> bool {
    false
}

/// A source, for messages.
pub(crate) fn source_name(source: &Path) -> String {
    name(source, is_standard_input(source), "standard input")
}

/// A destination, for messages.
pub(crate) fn destination_name(destination: &Path) -> String {
    name(destination, is_standard_output(destination), "standard output")
}

fn name(path: &Path, is_standard: bool, standard: &str) -> String {
    if is_standard { standard.into() } else { path.display().to_string() }
}

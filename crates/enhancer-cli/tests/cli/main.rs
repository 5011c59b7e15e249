//! The binary, as scripts and people use it.

mod support;

// Which files are read and written, and when nothing is.
mod files;
// Which kind of file a result is.
mod kinds;
// Without a command: short options, pipes, folders.
mod short;
// Built-in models, folders, single files; refused ones.
mod models;
// Each control, and values that do not fit.
mod controls;
// The table of options that all front ends share.
mod contract;
// How good recordings are, and whether they got better.
mod score;
// The warnings about a result.
mod warnings;
// The references that the browser's tests compare with.
mod reference;
// Wrong arguments, exit codes, output for scripts.
mod usage;
// Pipes, links, permissions, signals, terminals.
#[cfg(unix)]
mod unix;

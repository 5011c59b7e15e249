//! The binary, as scripts and people use it.

mod support;

// Which files are read and written, and when none is.
mod files;
// Which kind of file a result is.
mod kinds;
// Without a command: short options, pipes, folders.
mod short;
// Built-in models, folders, single files; refused ones.
mod models;
// Each control, and values that do not fit.
mod controls;
// The same options as everywhere.
mod contract;
// How good recordings are, and whether they got better.
mod score;
// What is said of a result that is not as it should be.
mod warnings;
// What the browser's tests compare with.
mod reference;
// Wrong arguments, exit codes, what scripts receive.
mod usage;
// Pipes, links, permissions, signals, terminals.
#[cfg(unix)]
mod unix;

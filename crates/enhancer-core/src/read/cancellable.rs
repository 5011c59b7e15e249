//! A source that fails once reading is cancelled. Everything that reads the file reads from it, so
//! all of it ends then, however long it would take.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use crate::cancel::CancelToken;

/// A source with the token that cancels reading it.
#[derive(Debug)]
pub(crate) struct Cancellable<R> {
    inner: R,
    cancel: CancelToken,
}

/// Marks the error of a cancelled source. No other error contains it.
#[derive(Debug)]
struct WasCancelled;

impl fmt::Display for WasCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading was cancelled")
    }
}

impl std::error::Error for WasCancelled {}

/// Whether an error means that reading was cancelled.
pub(crate) fn was_cancelled(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<WasCancelled>())
}

impl<R> Cancellable<R> {
    pub(crate) fn new(inner: R, cancel: CancelToken) -> Cancellable<R> {
        Cancellable { inner, cancel }
    }

    fn check(&self) -> io::Result<()> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(WasCancelled));
        }
        Ok(())
    }
}

impl<R: Read> Read for Cancellable<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.read(bytes)
    }
}

impl<R: Seek> Seek for Cancellable<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.check()?;
        self.inner.seek(to)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.inner.stream_position()
    }
}

//! A source that fails once its reading was cancelled. Every walk through a file and
//! every demuxer reads from it, so each of them ends then, however long it would go on.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use crate::cancel::CancelToken;

/// A source with what cancels reading it.
#[derive(Debug)]
pub(crate) struct Cancellable<R> {
    inner: R,
    cancel: CancelToken,
}

/// What the source's error holds then, which no other error does.
#[derive(Debug)]
struct WasCancelled;

impl fmt::Display for WasCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading was cancelled")
    }
}

impl std::error::Error for WasCancelled {}

/// Whether an error says that reading was cancelled.
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

//! A source that fails once reading is cancelled. Everything that reads the file reads from it, so
//! all of it ends then, however long it would take.

use std::io::{self, Read, Seek, SeekFrom};

use crate::cancel::{CancelToken, WasCancelled};

/// A source with the token that cancels reading it.
#[derive(Debug)]
pub(crate) struct Cancellable<R> {
    inner: R,
    cancel: CancelToken,
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

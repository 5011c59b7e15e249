//! A source that fails once its reading was cancelled. Every walk through a file and
//! every demuxer reads from it, so each of them ends then, however long it would go on.

use std::io::{self, Read, Seek, SeekFrom};

use crate::cancel::{CancelToken, WasCancelled};

/// A source with what cancels reading it.
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

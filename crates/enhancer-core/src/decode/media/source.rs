//! A source as symphonia reads it, with a bound on what may be read at a time.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::io::MediaSource;

/// Bytes that may still be read before the next packet is there. What a demuxer
/// holds in memory it has read, so this bounds its memory too.
#[derive(Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn new(bytes: u64) -> Allowance {
        Allowance(Arc::new(AtomicU64::new(bytes)))
    }

    /// Allows so many bytes from here on.
    pub(super) fn renew(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Whether reading was refused.
    pub(super) fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Takes `bytes` away, or all that is left.
    fn spend(&self, bytes: u64) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(bytes))
        });
    }
}

/// The source of a demuxer, which only one thread at a time uses.
pub(super) struct Source<R> {
    /// symphonia wants to share it between threads, as no reader can be; nothing
    /// ever waits for the lock.
    inner: Mutex<R>,
    len: u64,
    allowance: Allowance,
}

impl<R> Source<R> {
    /// `inner` has `len` bytes and stands at its start.
    pub(super) fn new(inner: R, len: u64, allowance: Allowance) -> Source<R> {
        Source { inner: Mutex::new(inner), len, allowance }
    }

    fn inner(&mut self) -> &mut R {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.allowance.is_spent() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let read = loop {
            match self.inner().read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome?,
            }
        };
        self.allowance.spend(read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner().seek(to)
    }
}

impl<R: Read + Seek + Send> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

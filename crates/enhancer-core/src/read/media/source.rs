//! A source for symphonia, with a limit on how much may be read at a time.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symphonia::core::io::MediaSource;

/// The state that a source inside a demuxer shares with the user of the demuxer.
#[derive(Clone)]
pub(super) struct Allowance(Arc<Agreed>);

struct Agreed {
    /// The number of bytes that may still be read before the next packet is ready. A demuxer only
    /// holds what it has read, so this also limits its memory.
    bytes: AtomicU64,
    /// Whether the source itself failed, so that an error is not the demuxer's own.
    failed: AtomicBool,
}

impl Allowance {
    pub(super) fn new(bytes: u64) -> Allowance {
        let (bytes, failed) = (AtomicU64::new(bytes), AtomicBool::new(false));
        Allowance(Arc::new(Agreed { bytes, failed }))
    }

    /// Allows this many bytes from now on.
    pub(super) fn renew(&self, bytes: u64) {
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether reading was refused.
    pub(super) fn is_spent(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) == 0
    }

    /// Whether the source itself failed.
    pub(super) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Subtracts `bytes`, or all that is left.
    fn spend(&self, bytes: u64) {
        // Only one thread at a time has the source.
        let left = self.0.bytes.load(Ordering::Relaxed);
        self.0.bytes.store(left.saturating_sub(bytes), Ordering::Relaxed);
    }

    fn note<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        self.0.failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
        outcome
    }
}

/// The source of a demuxer. Only one clone is used at a time.
pub(super) struct Source<R> {
    /// symphonia requires a source that threads can share, which a reader cannot be, and drops it
    /// if it cannot read it. Nothing ever waits for the lock.
    inner: Arc<Mutex<R>>,
    /// Bytes before this offset are hidden.
    start: u64,
    /// The number of visible bytes from there on.
    len: u64,
    allowance: Allowance,
    is_seekable: bool,
    /// Bytes that are read instead of the actual ones.
    overlays: Arc<[Overlay]>,
}

/// An offset, and bytes.
pub(super) type Overlay = (u64, Vec<u8>);

impl<R: Read + Seek> Source<R> {
    /// The `len` bytes of `inner` from the offset `start` on.
    ///
    /// # Errors
    /// If the source fails.
    pub(super) fn new(inner: R, start: u64, len: u64, allowance: Allowance) -> io::Result<Self> {
        let inner = Arc::new(Mutex::new(inner));
        let overlays = Arc::default();
        let mut source = Source { inner, start, len, allowance, is_seekable: true, overlays };
        source.rewind()?;
        Ok(source)
    }

    /// The same source, to be used before this one.
    pub(super) fn share(&self) -> Source<R> {
        let (inner, allowance) = (self.inner.clone(), self.allowance.clone());
        Source { inner, allowance, overlays: self.overlays.clone(), ..*self }
    }

    /// The source from its start again, without seeking. Demuxers then do not look at the end of a
    /// file first, which may be missing.
    ///
    /// # Errors
    /// If the source fails.
    pub(super) fn forwards(mut self) -> io::Result<Source<R>> {
        self.rewind()?;
        self.is_seekable = false;
        Ok(self)
    }

    /// The source with these overlays.
    pub(super) fn with(self, overlays: &[Overlay]) -> Source<R> {
        Source { overlays: overlays.into(), ..self }
    }

    /// Applies the overlays to bytes that were read at the offset `at`.
    fn cover(&self, at: u64, bytes: &mut [u8]) {
        let end = at.saturating_add(bytes.len() as u64);
        for (from, overlay) in self.overlays.iter() {
            let to = from.saturating_add(overlay.len() as u64);
            let (first, last) = (at.max(*from), end.min(to));
            if first < last {
                let covered = &overlay[(first - from) as usize..(last - from) as usize];
                bytes[(first - at) as usize..(last - at) as usize].copy_from_slice(covered);
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, R> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Read + Seek> Read for Source<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.allowance.is_spent() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let at = self.stream_position()?;
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let len = bytes.len().min(left);
        let read = loop {
            match self.inner().read(&mut bytes[..len]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break self.allowance.note(outcome)?,
            }
        };
        self.cover(at, &mut bytes[..read]);
        self.allowance.spend(read as u64);
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // Seeking before the start is a mistake of the demuxer, not a failure of the source.
        let outside = || io::Error::from(io::ErrorKind::InvalidInput);
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => {
                let at = self.inner().stream_position()?;
                at.saturating_sub(self.start).checked_add_signed(by)
            }
            SeekFrom::End(by) => {
                // The file may have been found to end earlier, where another one begins.
                let end = self.inner().seek(SeekFrom::End(0))?.saturating_sub(self.start);
                end.min(self.len).checked_add_signed(by)
            }
        };
        let at = to.and_then(|to| to.checked_add(self.start)).ok_or_else(outside)?;
        Ok(self.inner().seek(SeekFrom::Start(at))? - self.start)
    }
}

impl<R: Read + Seek + Send> MediaSource for Source<R> {
    fn is_seekable(&self) -> bool {
        self.is_seekable
    }

    fn byte_len(&self) -> Option<u64> {
        // Demuxers refuse lengths beyond this, such as the rest of a cut file.
        self.is_seekable.then_some(self.len)
    }
}

//! A source that limits how much is read, and a sink that limits how many bytes are written.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::audio::{AudioFormat, Planes};
use crate::error::Result;
use crate::limits::Limits;
use crate::read::{AudioReader, forward_source};
use crate::warning::Warning;

/// The end of everything that was written so far, including the write that failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach(Arc<AtomicU64>);

impl Reach {
    /// The outcome of a job. If the sink would have become too large, that is the reason of the
    /// failure, whatever error a writer made of it.
    pub(crate) fn explain<T>(&self, outcome: Result<T>, limits: &Limits) -> Result<T> {
        limits.check_result_bytes(self.0.load(Ordering::Relaxed)).and(outcome)
    }
}

/// A sink that fails beyond a limit.
pub(crate) struct Bounded<W> {
    sink: W,
    position: u64,
    most: u64,
    reach: Reach,
}

impl<W> Bounded<W> {
    /// `sink` must be at its start.
    pub(crate) fn new(sink: W, limits: &Limits, reach: Reach) -> Bounded<W> {
        Bounded { sink, position: 0, most: limits.result_bytes.unwrap_or(u64::MAX), reach }
    }
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.position.saturating_add(bytes.len() as u64);
        self.reach.0.fetch_max(end, Ordering::Relaxed);
        if end > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.sink.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl<W: Seek> Seek for Bounded<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.sink.seek(to)?;
        Ok(self.position)
    }
}

impl<W: io::Read> io::Read for Bounded<W> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.sink.read(bytes)?;
        self.position += read as u64;
        Ok(read)
    }
}

/// A reader that fails when enhancing what was read exceeds the limit on the work, whatever length
/// the source declares.
pub(crate) struct Metered<'a> {
    reader: Box<dyn AudioReader + 'a>,
    limits: Limits,
    /// Samples per channel so far.
    read: u64,
}

impl<'a> Metered<'a> {
    /// # Errors
    /// `LimitExceeded` if the source declares more.
    pub(crate) fn new(reader: Box<dyn AudioReader + 'a>, limits: Limits) -> Result<Metered<'a>> {
        let metered = Metered { reader, limits, read: 0 };
        metered.check(metered.len().unwrap_or(0))?;
        Ok(metered)
    }

    fn check(&self, samples: u64) -> Result<()> {
        let AudioFormat { sample_rate, channels, .. } = *self.format();
        self.limits.check_work(samples, sample_rate, channels)
    }
}

impl AudioReader for Metered<'_> {
    forward_source!(reader);

    fn notes(&self) -> &[Warning] {
        self.reader.notes()
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        let came = self.reader.read(planes, max)?;
        self.read += came as u64;
        self.check(self.read)?;
        Ok(came)
    }
}

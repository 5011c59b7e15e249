//! A source that several readers share, each with its own position.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One of the readers.
pub(crate) struct Shared<R> {
    /// They take turns, so nothing ever waits for the lock.
    inner: Arc<Mutex<Inner<R>>>,
    position: u64,
}

struct Inner<R> {
    source: R,
    /// The position of the source, if known.
    position: Option<u64>,
}

impl<R> Shared<R> {
    /// The first reader, at the start.
    pub(crate) fn new(source: R) -> Shared<R> {
        Shared { inner: Arc::new(Mutex::new(Inner { source, position: None })), position: 0 }
    }

    /// Another reader, at the start.
    pub(crate) fn share(&self) -> Shared<R> {
        Shared { inner: self.inner.clone(), position: 0 }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<R>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Read + Seek> Read for Shared<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.inner();
        // After an error the position is unknown.
        if inner.position.take() != Some(self.position) {
            inner.source.seek(SeekFrom::Start(self.position))?;
        }
        let read = inner.source.read(bytes)?;
        let position = self.position.saturating_add(read as u64);
        inner.position = Some(position);
        drop(inner);
        self.position = position;
        Ok(read)
    }
}

impl<R: Seek> Seek for Shared<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Current(by) => {
                let position = self.position.checked_add_signed(by);
                SeekFrom::Start(position.ok_or(io::ErrorKind::InvalidInput)?)
            }
            to => to,
        };
        // At once, so that an invalid position is an error of this call.
        let mut inner = self.inner();
        inner.position = None;
        let position = inner.source.seek(to)?;
        inner.position = Some(position);
        drop(inner);
        self.position = position;
        Ok(position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn each_reads_at_its_own_position() {
        let mut first = Shared::new(Cursor::new((0..100).collect::<Vec<u8>>()));
        let mut second = first.share();
        let mut bytes = [0; 4];
        let mut read = |shared: &mut Shared<_>| {
            shared.read_exact(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(read(&mut first), [0, 1, 2, 3]);
        assert_eq!(second.seek(SeekFrom::End(-4)).unwrap(), 96);
        assert_eq!(read(&mut first), [4, 5, 6, 7]);
        assert_eq!(read(&mut second), [96, 97, 98, 99]);
        assert_eq!(first.seek(SeekFrom::Current(-2)).unwrap(), 6);
        assert_eq!(read(&mut first), [6, 7, 8, 9]);
        assert!(first.seek(SeekFrom::Current(-100)).is_err());
        assert_eq!(first.stream_position().unwrap(), 10);
    }
}

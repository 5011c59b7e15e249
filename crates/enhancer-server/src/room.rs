//! The space that uploads, results and the audio of jobs take on the server's disk. The total is
//! limited, and a part of the disk stays free.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::gauge;

use crate::settings::StorageSettings;

/// How many bytes a file may grow before the free space of the disk is checked again.
const LOOK: u64 = 16 << 20;

/// The space of all files. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Rooms(Arc<All>);

#[derive(Debug)]
struct All {
    folder: PathBuf,
    most: u64,
    reserve: u64,
    used: AtomicU64,
}

/// The space that one file takes, given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<One>);

#[derive(Debug)]
struct One {
    all: Rooms,
    bytes: AtomicU64,
}

impl Rooms {
    /// The space in a folder.
    pub(crate) fn new(folder: &Path, settings: &StorageSettings) -> Rooms {
        Rooms(Arc::new(All {
            folder: folder.to_owned(),
            most: settings.max_storage.unwrap_or(u64::MAX),
            reserve: settings.min_free,
            used: AtomicU64::default(),
        }))
    }

    /// The space of a new file.
    pub(crate) fn room(&self) -> Room {
        Room(Arc::new(One { all: self.clone(), bytes: AtomicU64::default() }))
    }

    /// Checks that enough of the disk is free. It does not check whether clients have used up their
    /// space: they can still fetch and delete results.
    ///
    /// # Errors
    /// `StorageFull`.
    pub(crate) fn check_disk(&self) -> io::Result<()> {
        self.check_free(0)
    }

    /// How many bytes all files take.
    pub(crate) fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// How many more bytes they may take.
    pub(crate) fn left(&self) -> u64 {
        self.0.most.saturating_sub(self.used())
    }

    /// Updates the metric of the used space.
    pub(crate) fn observe(&self) {
        gauge!("enhancer_storage_bytes").set(self.used() as f64);
    }

    /// Counts files that are kept.
    pub(crate) fn keep(&self, bytes: u64) {
        self.0.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts files that are no longer kept.
    pub(crate) fn release(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        let _previous = self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn check_free(&self, more: u64) -> io::Result<()> {
        let found = rustix::fs::statvfs(&self.0.folder)?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < self.0.reserve.saturating_add(more) { Err(full()) } else { Ok(()) }
    }
}

impl Room {
    /// Takes more space.
    ///
    /// # Errors
    /// `StorageFull` if that is more than all files may take, or if too little of the disk
    /// would stay free.
    pub(crate) fn grow(&self, bytes: u64) -> io::Result<()> {
        let One { all, bytes: taken } = &*self.0;
        let before = taken.load(Ordering::Relaxed);
        if before == 0 || before / LOOK != (before + bytes) / LOOK {
            all.check_free(bytes)?;
        }
        let All { most, used, .. } = &*all.0;
        let grown = |used: u64| used.checked_add(bytes).filter(|used| used <= most);
        used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).map_err(|_| full())?;
        taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Lets the file keep its space until it is [released](Rooms::release).
    pub(crate) fn keep(self) {
        self.0.bytes.store(0, Ordering::Relaxed);
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.all.release(self.bytes.load(Ordering::Relaxed));
    }
}

fn full() -> io::Error {
    let reason = "the space for uploads and results is used up (--max-storage, --min-free)";
    io::Error::new(ErrorKind::StorageFull, reason)
}

/// A file whose space counts, written by one writer.
#[derive(Debug)]
pub(crate) struct CountedFile {
    pub(crate) file: File,
    pub(crate) room: Room,
    position: u64,
    len: u64,
}

impl CountedFile {
    /// `file` is empty.
    pub(crate) fn new(file: File, room: Room) -> CountedFile {
        CountedFile { file, room, position: 0, len: 0 }
    }
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.position + bytes.len() as u64;
        self.room.grow(end.saturating_sub(self.len))?;
        self.len = self.len.max(end);
        let written = self.file.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for CountedFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(bytes)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for CountedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(max_storage: Option<u64>, min_free: u64) -> Rooms {
        let data_root = PathBuf::new();
        Rooms::new(&std::env::temp_dir(), &StorageSettings { data_root, max_storage, min_free })
    }

    #[test]
    fn files_take_space_and_give_it_back() {
        let rooms = rooms(Some(100), 0);
        let mut one = CountedFile::new(tempfile::tempfile().unwrap(), rooms.room());
        one.write_all(&[1; 60]).unwrap();
        // Overwriting takes no more space.
        one.rewind().unwrap();
        one.write_all(&[2; 60]).unwrap();
        let other = rooms.room();
        assert_eq!(other.grow(41).unwrap_err().kind(), ErrorKind::StorageFull);
        other.grow(40).unwrap();
        assert_eq!(rooms.used(), 100);
        // The disk itself has room.
        rooms.check_disk().unwrap();
        drop(one);
        assert_eq!(rooms.used(), 40);
        other.keep();
        assert!(rooms.room().grow(61).is_err());
        rooms.release(40);
        rooms.room().grow(100).unwrap();
    }

    #[test]
    fn some_of_the_disk_stays_free() {
        let rooms = rooms(None, u64::MAX);
        assert_eq!(rooms.check_disk().unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(rooms.room().grow(1).unwrap_err().kind(), ErrorKind::StorageFull);
    }
}

//! A file that is first written and then read.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use super::{BlobSink, BlobSource, blobs_are_readable};

/// A temporary file. It is written sequentially. The first seek ends the writing, and the file can
/// then be read from any position.
pub(crate) enum Scratch {
    Written(BlobSink),
    Read(BlobSource),
    /// For hosts where a file cannot be read back.
    Memory(Cursor<Vec<u8>>),
}

impl Scratch {
    /// An empty file.
    pub(crate) fn new() -> Scratch {
        if blobs_are_readable() {
            Scratch::Written(BlobSink::new())
        } else {
            Scratch::Memory(Cursor::default())
        }
    }

    /// Ends the writing.
    fn turn(&mut self) -> io::Result<()> {
        if let Scratch::Written(sink) = self {
            let whole = std::mem::replace(sink, BlobSink::new()).into_blob("")?;
            *self = Scratch::Read(BlobSource::open(whole)?);
        }
        Ok(())
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Scratch::Written(sink) => sink.write(bytes),
            Scratch::Memory(memory) => memory.write(bytes),
            Scratch::Read(_) => Err(io::Error::other("a temporary file is already being read")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Scratch {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.turn()?;
        match self {
            Scratch::Written(sink) => sink.seek(to),
            Scratch::Read(source) => source.seek(to),
            Scratch::Memory(memory) => memory.seek(to),
        }
    }
}

impl Read for Scratch {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.turn()?;
        match self {
            Scratch::Written(_) => Err(io::Error::other("a temporary file is missing")),
            Scratch::Read(source) => source.read(bytes),
            Scratch::Memory(memory) => memory.read(bytes),
        }
    }
}

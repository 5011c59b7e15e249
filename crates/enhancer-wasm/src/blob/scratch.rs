//! What is written first and read then.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use super::{BlobSink, BlobSource};

/// A temporary file that the browser keeps: written in one go, and read from anywhere
/// once it was sought in, which ends the writing.
pub(crate) enum Scratch {
    Written(BlobSink),
    Read(BufReader<BlobSource>),
}

impl Scratch {
    /// An empty file.
    pub(crate) fn new() -> Scratch {
        Scratch::Written(BlobSink::new())
    }

    fn source(&mut self) -> io::Result<&mut BufReader<BlobSource>> {
        if let Scratch::Written(sink) = self {
            let whole = std::mem::replace(sink, BlobSink::new()).into_blob("")?;
            *self = Scratch::Read(BlobSource::open(whole)?);
        }
        match self {
            Scratch::Read(source) => Ok(source),
            Scratch::Written(_) => Err(io::Error::other("a temporary file is missing")),
        }
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Scratch::Written(sink) => sink.write(bytes),
            Scratch::Read(_) => Err(io::Error::other("a temporary file is already being read")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Scratch {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source()?.seek(to)
    }
}

impl Read for Scratch {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.source()?.read(bytes)
    }
}

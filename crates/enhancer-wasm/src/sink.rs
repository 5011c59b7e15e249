//! Where results go: a file of the browser's private file system that the caller opened, or a Blob.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use js_sys::Uint8Array;
use send_wrapper::SendWrapper;
use web_sys::{Blob, FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

use crate::blob::{BlobSink, before_start, io_error, sought};

/// The number of bytes that are written to a file at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A sink for a whole result.
pub(crate) enum Sink {
    Blob(BlobSink),
    File(BufWriter<AccessFile>),
}

impl Sink {
    /// Creates an empty file. It replaces the content of the handle's file.
    pub(crate) fn new(handle: Option<FileSystemSyncAccessHandle>) -> io::Result<Sink> {
        Ok(match handle {
            Some(handle) => {
                Sink::File(BufWriter::with_capacity(CHUNK_BYTES, AccessFile::begin(handle)?))
            }
            None => Sink::Blob(BlobSink::new()),
        })
    }

    /// Makes sure that the whole result is there, and returns it if it is a Blob. A file that is
    /// dropped without this is empty.
    pub(crate) fn finish(self, media_type: &str) -> io::Result<Option<Blob>> {
        match self {
            Sink::Blob(sink) => sink.into_blob(media_type).map(Some),
            Sink::File(file) => {
                file.into_inner().map_err(|error| error.into_error())?.finish()?;
                Ok(None)
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Blob(sink) => sink.write(bytes),
            Sink::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Blob(sink) => sink.flush(),
            Sink::File(file) => file.flush(),
        }
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Sink::Blob(sink) => sink.seek(to),
            Sink::File(file) => file.seek(to),
        }
    }
}

/// A file that the caller opens and closes. It stays on the thread that opened it.
pub(crate) struct AccessFile {
    handle: SendWrapper<FileSystemSyncAccessHandle>,
    position: u64,
    len: u64,
    finished: bool,
}

impl AccessFile {
    fn begin(handle: FileSystemSyncAccessHandle) -> io::Result<AccessFile> {
        handle.truncate_with_f64(0.0).map_err(io_error)?;
        let handle = SendWrapper::new(handle);
        Ok(AccessFile { handle, position: 0, len: 0, finished: false })
    }

    fn finish(mut self) -> io::Result<()> {
        self.handle.flush().map_err(io_error)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for AccessFile {
    fn drop(&mut self) {
        if !self.finished {
            // A part must not look like a whole result. If the file was closed meanwhile, the
            // caller knows that.
            let _ = self.handle.truncate_with_f64(0.0);
        }
    }
}

impl Write for AccessFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = FileSystemReadWriteOptions::new();
        at.set_at_f64(self.position as f64);
        // Copies out of the wasm memory, which is shared, because browsers do not write from shared
        // memory.
        let copy = Uint8Array::from(bytes);
        let written =
            self.handle.write_with_buffer_source_and_options(&copy, &at).map_err(io_error)?;
        self.position += written as u64;
        self.len = self.len.max(self.position);
        Ok(written as usize)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for AccessFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = sought(to, self.position, self.len).ok_or_else(before_start)?;
        Ok(self.position)
    }
}

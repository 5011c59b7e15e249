//! A Blob as a sink.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::mem;

use js_sys::{Array, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;
use web_sys::Blob;

use super::{BlobSource, blobs_are_readable, io_error, join, sought};

/// The number of bytes at the start of the file that stay in memory until the end, because writers
/// return to fill in the header.
pub(super) const HEAD_BYTES: usize = 1 << 20;

/// The number of bytes after that which are passed to the browser at a time.
pub(super) const CHUNK_BYTES: usize = 1 << 20;

/// The number of parts that are joined to one.
pub(super) const PARTS_IN_PART: u32 = 64;

/// Collects a file for the browser. Only its head can be changed, and data can be appended. The
/// browser holds everything between. It stays on the thread that made it.
pub(crate) struct BlobSink {
    head: Vec<u8>,
    pub(super) parts: SendWrapper<Parts>,
    /// Bytes after the parts that are not a complete chunk yet.
    tail: Vec<u8>,
    len: u64,
    position: u64,
}

impl BlobSink {
    /// An empty file.
    pub(crate) fn new() -> BlobSink {
        let parts = SendWrapper::new(Parts::default());
        BlobSink { head: Vec::new(), parts, tail: Vec::new(), len: 0, position: 0 }
    }

    /// Returns the whole file, after checking that it is readable: a browser without free space
    /// still creates Blobs, but fails when they are read. Other hosts hold the bytes in memory.
    pub(crate) fn into_blob(self, mime_type: &str) -> io::Result<Blob> {
        let blob = self.join(mime_type).map_err(io_error)?;
        if !blobs_are_readable() {
            return Ok(blob);
        }
        let mut source = BlobSource::open(blob.clone())?;
        source.seek(SeekFrom::Start(self.len.saturating_sub(1)))?;
        source.read_to_end(&mut Vec::new())?;
        Ok(blob)
    }

    fn join(&self, mime_type: &str) -> Result<Blob, JsValue> {
        let all = Array::of1(&copy(&self.head));
        for part in self.parts.in_order() {
            all.push(&part);
        }
        all.push(&copy(&self.tail));
        join(&all, mime_type)
    }

    fn write_head(&mut self, bytes: &[u8]) {
        let at = self.position as usize;
        let over = bytes.len().min(self.head.len() - at);
        self.head[at..at + over].copy_from_slice(&bytes[..over]);
        self.head.extend_from_slice(&bytes[over..]);
    }

    fn write_tail(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() == CHUNK_BYTES {
            let chunk = join(&Array::of1(&copy(&self.tail)), "");
            self.tail.clear();
            chunk.and_then(|chunk| self.parts.push(chunk)).map_err(io_error)?;
        }
        Ok(())
    }
}

impl Write for BlobSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = self.position;
        let taken = if at < HEAD_BYTES as u64 {
            let taken = bytes.len().min(HEAD_BYTES - at as usize);
            self.write_head(&bytes[..taken]);
            taken
        } else if at == self.len {
            let taken = bytes.len().min(CHUNK_BYTES - self.tail.len());
            self.write_tail(&bytes[..taken])?;
            taken
        } else {
            return Err(out_of_reach(SeekFrom::Start(at)));
        };
        self.position += taken as u64;
        self.len = self.len.max(self.position);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for BlobSink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = sought(to, self.position, self.len);
        let in_reach = |at: &u64| *at <= self.head.len() as u64 || *at == self.len;
        self.position = position.filter(in_reach).ok_or_else(|| out_of_reach(to))?;
        Ok(self.position)
    }
}

fn out_of_reach(to: SeekFrom) -> io::Error {
    let message = format!(
        "{to:?} is out of reach: a result in the browser can be changed in its first \
         {HEAD_BYTES} bytes and goes on at its end"
    );
    io::Error::new(ErrorKind::InvalidInput, message)
}

/// Copies bytes out of the wasm memory. That memory is shared, and a Blob cannot be made from it.
fn copy(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

/// The parts of a file in order. They are joined repeatedly, so that a long file has a few parts
/// instead of thousands. A part of one level consists of [`PARTS_IN_PART`] parts of the level
/// below.
#[derive(Default)]
pub(super) struct Parts(Vec<Array>);

impl Parts {
    pub(super) fn push(&mut self, mut part: Blob) -> Result<(), JsValue> {
        for level in &mut self.0 {
            level.push(&part);
            if level.length() < PARTS_IN_PART {
                return Ok(());
            }
            part = join(&mem::take(level), "")?;
        }
        self.0.push(Array::of1(&part));
        Ok(())
    }

    fn in_order(&self) -> impl Iterator<Item = JsValue> {
        self.0.iter().rev().flat_map(Array::iter)
    }
}

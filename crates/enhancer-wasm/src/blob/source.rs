//! A Blob as a source.

use std::io::{self, Read, Seek, SeekFrom};

use enhancer_core::{ErrorCode, ErrorKind};
use js_sys::{Array, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, FileReaderSync};

use super::{before_start, io_error, join, sought};
use crate::error::{js_error, to_js};

/// The number of bytes that are read at a time. Each read is a request to another process of the
/// browser.
const BLOCK_BYTES: usize = 512 << 10;

/// Converts the file that JavaScript passed to a Blob: it may be a Blob, or bytes.
pub(crate) fn to_blob(source: JsValue) -> Result<Blob, JsValue> {
    let bytes: Uint8Array = match source.dyn_into::<Blob>() {
        Ok(blob) => return Ok(blob),
        Err(source) => source.dyn_into().map_err(|_| {
            js_error(ErrorCode::InvalidValue, "the source is neither a Blob nor a Uint8Array")
        })?,
    };
    // Browsers cannot make a Blob from shared memory, only from a copy.
    join(&Array::of1(&bytes), "")
        .or_else(|_| join(&Array::of1(&Uint8Array::new(&bytes)), ""))
        .map_err(|thrown| to_js(&ErrorKind::Read { source: io_error(thrown) }.into()))
}

/// Reads a Blob block by block. That requires a worker, because only there reading can block. It
/// stays on the thread that made it.
///
/// It keeps the last block, while `BufReader` drops its buffer at each seek: examining a file means
/// seeking from header to header.
pub(crate) struct BlobSource {
    blob: SendWrapper<Blob>,
    reader: SendWrapper<FileReaderSync>,
    len: u64,
    position: u64,
    /// The last block, and its position.
    block: Vec<u8>,
    start: u64,
    /// The number of bytes that came from the browser.
    #[cfg(test)]
    pub(super) fetched: u64,
}

impl BlobSource {
    pub(crate) fn open(blob: Blob) -> io::Result<BlobSource> {
        Ok(BlobSource {
            len: blob.size() as u64,
            reader: SendWrapper::new(FileReaderSync::new().map_err(io_error)?),
            blob: SendWrapper::new(blob),
            position: 0,
            block: Vec::new(),
            start: 0,
            #[cfg(test)]
            fetched: 0,
        })
    }

    /// Fetches the block at the position.
    fn fetch(&mut self) -> io::Result<()> {
        let (at, len) = (self.position, (self.len - self.position).min(BLOCK_BYTES as u64));
        self.block.clear();
        let slice = self.slice(at, at + len).map_err(io_error)?;
        if u64::from(slice.length()) != len {
            let came = slice.length();
            let message = format!("at byte {at} the browser returned {came} bytes, expected {len}");
            // Not an unexpected end, because decoders would treat that as a file that was cut off.
            return Err(io::Error::other(message));
        }
        self.block.resize(len as usize, 0);
        slice.copy_to(&mut self.block);
        self.start = at;
        #[cfg(test)]
        {
            self.fetched += len;
        }
        Ok(())
    }

    fn slice(&self, from: u64, to: u64) -> Result<Uint8Array, JsValue> {
        let slice = self.blob.slice_with_f64_and_f64(from as f64, to as f64)?;
        let bytes = self.reader.read_as_array_buffer(&slice)?;
        Ok(Uint8Array::new(&bytes))
    }

    /// The part of the block from the position on.
    fn held(&self) -> &[u8] {
        let at = self.position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.block.get(at..)).unwrap_or_default()
    }
}

impl Read for BlobSource {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() || self.position >= self.len {
            return Ok(0);
        }
        if self.held().is_empty() {
            self.fetch()?;
        }
        let held = self.held();
        let len = held.len().min(bytes.len());
        bytes[..len].copy_from_slice(&held[..len]);
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for BlobSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = sought(to, self.position, self.len).ok_or_else(before_start)?;
        Ok(self.position)
    }
}

//! A Blob as a source of bytes.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use enhancer_core::{ErrorCode, ErrorKind};
use js_sys::{Array, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, FileReaderSync};

use super::{before_start, io_error, join, sought};
use crate::error::{js_error, to_js};

/// Bytes that are read at once. Each time asks another process of the browser.
const BLOCK_BYTES: usize = 512 << 10;

/// The file that JavaScript handed over: a Blob, or bytes, of which one is made.
pub(crate) fn to_blob(source: JsValue) -> Result<Blob, JsValue> {
    let bytes: Uint8Array = match source.dyn_into::<Blob>() {
        Ok(blob) => return Ok(blob),
        Err(source) => source.dyn_into().map_err(|_| {
            js_error(ErrorCode::InvalidValue, "the source is neither a Blob nor a Uint8Array")
        })?,
    };
    // Browsers make no Blob of shared memory, but of a copy.
    join(&Array::of1(&bytes), "")
        .or_else(|_| join(&Array::of1(&Uint8Array::new(&bytes)), ""))
        .map_err(|thrown| to_js(&ErrorKind::Read { source: io_error(thrown) }.into()))
}

/// Reads a Blob slice by slice, in a worker, the only place where that can be
/// waited for. It stays on the thread that made it.
pub(crate) struct BlobSource {
    blob: SendWrapper<Blob>,
    reader: SendWrapper<FileReaderSync>,
    len: u64,
    position: u64,
}

impl BlobSource {
    /// A source of the Blob's bytes that holds a block of them.
    pub(crate) fn open(blob: Blob) -> io::Result<BufReader<BlobSource>> {
        let len = blob.size() as u64;
        let reader = SendWrapper::new(FileReaderSync::new().map_err(io_error)?);
        let source = BlobSource { blob: SendWrapper::new(blob), reader, len, position: 0 };
        Ok(BufReader::with_capacity(BLOCK_BYTES, source))
    }

    fn slice(&self, len: u64) -> Result<Uint8Array, JsValue> {
        let end = self.position + len;
        let slice = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64)?;
        let bytes = self.reader.read_as_array_buffer(&slice)?;
        Ok(Uint8Array::new(&bytes))
    }
}

impl Read for BlobSource {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.position);
        let len = left.min(bytes.len().min(BLOCK_BYTES) as u64);
        if len == 0 {
            return Ok(0);
        }
        let slice = self.slice(len).map_err(io_error)?;
        if u64::from(slice.length()) != len {
            let (at, came) = (self.position, slice.length());
            let message = format!("at byte {at} the browser returned {came} bytes, expected {len}");
            // No unexpected end, as which decoders would take a file that was cut.
            return Err(io::Error::other(message));
        }
        slice.copy_to(&mut bytes[..len as usize]);
        self.position += len;
        Ok(len as usize)
    }
}

impl Seek for BlobSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = sought(to, self.position, self.len).ok_or_else(before_start)?;
        Ok(self.position)
    }
}

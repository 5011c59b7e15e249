//! Files whose bytes the browser holds outside of the wasm memory. Outside of browsers, JavaScript
//! holds the bytes.

mod bytes;
mod scratch;
mod sink;
mod source;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

pub(crate) use bytes::BytesSource;
pub(crate) use scratch::Scratch;
pub(crate) use sink::BlobSink;
pub(crate) use source::{BlobSource, to_blob};

use crate::error::reason;

/// A source of bytes, in the browser or in memory.
pub(crate) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Whether Blobs can be read synchronously. That is only possible in the workers of browsers.
pub(crate) fn blobs_are_readable() -> bool {
    Reflect::has(&js_sys::global(), &"FileReaderSync".into()).unwrap_or(false)
}

/// Concatenates parts to a Blob.
fn join(parts: &Array, mime_type: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime_type);
    Blob::new_with_blob_sequence_and_options(parts, &options)
}

/// The new position after a seek from `position` in a file of `len` bytes. `None` if it is before
/// the start.
pub(crate) fn sought(to: SeekFrom, position: u64, len: u64) -> Option<u64> {
    match to {
        SeekFrom::Start(position) => Some(position),
        SeekFrom::End(offset) => len.checked_add_signed(offset),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
    }
}

/// The error for a position before the start.
pub(crate) fn before_start() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the file")
}

/// Converts what the browser threw to an I/O error.
pub(crate) fn io_error(thrown: JsValue) -> io::Error {
    io::Error::other(reason(&thrown))
}

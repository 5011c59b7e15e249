//! Files, whose bytes the browser keeps outside the wasm memory. Outside of browsers JavaScript
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

/// A source of bytes, whatever holds them.
pub(crate) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Whether Blobs can be read at once, without a turn of the event loop: in the workers of
/// browsers only.
pub(crate) fn blobs_are_readable() -> bool {
    Reflect::has(&js_sys::global(), &"FileReaderSync".into()).unwrap_or(false)
}

/// A Blob of these parts, one after the other.
fn join(parts: &Array, mime_type: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime_type);
    Blob::new_with_blob_sequence_and_options(parts, &options)
}

/// Where a seek leads from `position` in a file of `len` bytes; nowhere before its start.
pub(crate) fn sought(to: SeekFrom, position: u64, len: u64) -> Option<u64> {
    match to {
        SeekFrom::Start(position) => Some(position),
        SeekFrom::End(offset) => len.checked_add_signed(offset),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
    }
}

/// That a place is nowhere.
pub(crate) fn before_start() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the file")
}

/// What the browser threw, as an error of reading or writing.
pub(crate) fn io_error(thrown: JsValue) -> io::Error {
    io::Error::other(reason(&thrown))
}

//! Files of the browser, whose bytes it keeps outside the wasm memory.

mod scratch;
mod sink;
mod source;
#[cfg(test)]
mod tests;

use std::io::{self, SeekFrom};

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

pub(crate) use scratch::Scratch;
pub(crate) use sink::BlobSink;
pub(crate) use source::{BlobSource, to_blob};

use crate::error::reason;

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

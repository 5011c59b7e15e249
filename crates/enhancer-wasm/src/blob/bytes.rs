//! A source with bytes that JavaScript holds.

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use send_wrapper::SendWrapper;

use super::{before_start, sought};

/// Reads a JavaScript array. It stays on the thread that made it.
pub(crate) struct BytesSource {
    bytes: SendWrapper<Uint8Array>,
    /// The length at the beginning. The owner may resize the buffer or transfer it.
    len: u64,
    position: u64,
}

impl BytesSource {
    pub(crate) fn new(bytes: Uint8Array) -> BytesSource {
        let len = bytes.length().into();
        BytesSource { bytes: SendWrapper::new(bytes), len, position: 0 }
    }
}

impl Read for BytesSource {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.position);
        let len = left.min(bytes.len() as u64);
        // Both fit, because the length of an array has 32 bits.
        let (from, to) = (self.position.min(self.len) as u32, (self.position + len) as u32);
        if u64::from(self.bytes.length()) != self.len {
            return Err(io::Error::other("the source was changed while it was read"));
        }
        if len > 0 {
            self.bytes.subarray(from, to).copy_to(&mut bytes[..len as usize]);
        }
        self.position += len;
        Ok(len as usize)
    }
}

impl Seek for BytesSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = sought(to, self.position, self.len).ok_or_else(before_start)?;
        Ok(self.position)
    }
}

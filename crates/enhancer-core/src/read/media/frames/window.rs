//! A look-ahead buffer: the next bytes of a stream.

use std::io::{self, Read};

use symphonia::core::io::MediaSourceStream;

/// Bytes that are read at a time.
const STEP: usize = 1 << 15;

/// A stream, and the bytes that were read but not passed.
pub(super) struct Window<'s> {
    source: MediaSourceStream<'s>,
    bytes: Vec<u8>,
    at: usize,
}

impl<'s> Window<'s> {
    pub(super) fn new(source: MediaSourceStream<'s>) -> Window<'s> {
        Window { source, bytes: Vec::new(), at: 0 }
    }

    /// The next bytes: at least `len`, or fewer if the stream ends earlier.
    ///
    /// # Errors
    /// If the stream fails.
    pub(super) fn next(&mut self, len: usize) -> io::Result<&[u8]> {
        while self.bytes.len() - self.at < len {
            self.bytes.drain(..std::mem::take(&mut self.at));
            let have = self.bytes.len();
            self.bytes.resize(have + STEP, 0);
            let read = self.source.read(&mut self.bytes[have..]);
            self.bytes.truncate(have + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                break;
            }
        }
        Ok(&self.bytes[self.at..])
    }

    /// Passes this many bytes, or as many as exist.
    ///
    /// # Errors
    /// If the stream fails.
    pub(super) fn pass(&mut self, len: u64) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let have = self.next(1)?.len();
            if have == 0 {
                break;
            }
            let step = (have as u64).min(left);
            self.at += step as usize;
            left -= step;
        }
        Ok(())
    }

    /// The stream at its current position.
    pub(super) fn into_inner(self) -> MediaSourceStream<'s> {
        self.source
    }
}

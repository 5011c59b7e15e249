//! A source of elements, read from its start.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::{read_id, read_number};

/// The size of the buffer. Elements are close together, so most headers are already in memory.
const IN_MEMORY: usize = 1 << 16;

/// A source and its position.
pub(crate) struct Stream<S> {
    source: BufReader<S>,
    at: u64,
}

impl<S: Read + Seek> Stream<S> {
    /// # Errors
    /// If the source fails.
    pub(crate) fn new(mut source: S) -> io::Result<Self> {
        source.rewind()?;
        Ok(Stream { source: BufReader::with_capacity(IN_MEMORY, source), at: 0 })
    }

    /// The offset of the next byte.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Reads the identifier and the size of the next element. Its body follows.
    ///
    /// # Errors
    /// If the source fails or ends.
    pub(crate) fn header(&mut self) -> io::Result<(u32, Option<u64>)> {
        let (id, id_len) = read_id(&mut self.source)?;
        let (size, size_len) = read_number(&mut self.source)?;
        self.at = self.at.saturating_add(id_len + size_len);
        Ok((id, size))
    }

    /// Skips this many bytes, which need not exist.
    ///
    /// # Errors
    /// If the source fails.
    pub(crate) fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.at = self.at.saturating_add(bytes);
        self.source.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    /// Moves to an offset.
    ///
    /// # Errors
    /// If the source fails.
    pub(crate) fn go_to(&mut self, at: u64) -> io::Result<()> {
        let by = i128::from(at) - i128::from(self.at);
        self.at = at;
        match i64::try_from(by) {
            Ok(by) => self.source.seek_relative(by),
            Err(_) => self.source.seek(SeekFrom::Start(at)).map(drop),
        }
    }

    /// Fills `bytes`.
    ///
    /// # Errors
    /// If the source fails or ends.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.source.read_exact(bytes)?;
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

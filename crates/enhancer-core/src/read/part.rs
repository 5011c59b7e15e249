//! Reads a part of a source.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::media::id3;

/// The mark of a tag before FLAC.
const TAG: [u8; 3] = *b"ID3";

/// The start of FLAC: its mark, and the header of the first block, which has 34 bytes and may be
/// the last block (RFC 9639, section 8).
const FLAC: [u8; 8] = *b"fLaC\0\0\0\x22";
const IS_LAST: u8 = 0x80;

/// Whether FLAC may begin with these bytes, at most eight.
fn may_be_flac(bytes: &[u8]) -> bool {
    let is_kind = |n: usize, byte: u8| n == 4 && byte == FLAC[n] | IS_LAST;
    bytes.iter().enumerate().all(|(n, byte)| *byte == FLAC[n] || is_kind(n, *byte))
}

/// The bytes of a source between two offsets. Clones share the source and its position, so only one
/// of them may be used at a time.
pub(super) struct Part<R> {
    source: Arc<Mutex<R>>,
    start: u64,
    /// The end offset.
    end: Arc<AtomicU64>,
    /// From this offset in the source on, the part ends where a FLAC file begins. Reading it shows
    /// where that is.
    ends_before_flac: Option<u64>,
}

impl<R> Clone for Part<R> {
    fn clone(&self) -> Self {
        Part { source: self.source.clone(), end: self.end.clone(), ..*self }
    }
}

impl<R: Read + Seek> Part<R> {
    /// A whole source of `len` bytes.
    pub(super) fn new(source: R, len: u64) -> Part<R> {
        let end = Arc::new(len.into());
        Part { source: Arc::new(Mutex::new(source)), start: 0, end, ends_before_flac: None }
    }

    /// The bytes of the source from one offset to another.
    ///
    /// # Errors
    /// If the source fails.
    pub(super) fn between(&self, start: u64, end: u64) -> io::Result<Part<R>> {
        let end = Arc::new(end.into());
        let mut part = Part { source: self.source.clone(), start, end, ends_before_flac: None };
        part.rewind()?;
        Ok(part)
    }

    /// The same part, up to the start of another FLAC file at or after this offset in the source.
    pub(super) fn before_flac(self, from: u64) -> Part<R> {
        Part { ends_before_flac: Some(from), ..self }
    }

    /// The end offset in the source. Reading may move it to the start of another file.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether it may end earlier, where another file begins. Only reading shows that.
    pub(super) fn is_open(&self) -> bool {
        self.ends_before_flac.is_some()
    }

    fn source(&self) -> MutexGuard<'_, R> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of `bytes`, which were read from the offset `at`, that come before a FLAC file.
    /// The source is then positioned behind them.
    fn keep(&mut self, at: u64, bytes: &[u8], first: u64) -> io::Result<usize> {
        let skipped = usize::try_from(first.saturating_sub(at)).unwrap_or(usize::MAX);
        for from in skipped..bytes.len() {
            let start = at + from as u64;
            // Its first bytes may be the last of these.
            let seen = &bytes[from..bytes.len().min(from + FLAC.len())];
            if !may_be_flac(seen) && !TAG.starts_with(&seen[..seen.len().min(TAG.len())]) {
                continue;
            }
            if self.begins_at(start)? {
                self.end.store(start, Ordering::Relaxed);
                self.source().seek(SeekFrom::Start(start))?;
                return Ok(from);
            }
            self.source().seek(SeekFrom::Start(at + bytes.len() as u64))?;
        }
        Ok(bytes.len())
    }

    /// Whether FLAC begins at an offset in the source, or a tag followed by FLAC.
    fn begins_at(&self, at: u64) -> io::Result<bool> {
        let mut source = self.source();
        let mut bytes = Vec::new();
        source.seek(SeekFrom::Start(at))?;
        (&mut *source).take(id3::HEADER).read_to_end(&mut bytes)?;
        if let Some(size) = id3::body(&bytes) {
            bytes.clear();
            source.seek(SeekFrom::Start(at.saturating_add(id3::HEADER + size)))?;
            (&mut *source).take(FLAC.len() as u64).read_to_end(&mut bytes)?;
        }
        Ok(bytes.len() >= FLAC.len() && may_be_flac(&bytes[..FLAC.len()]))
    }
}

impl<R: Read + Seek> Read for Part<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let at = self.source().stream_position()?;
        let left = usize::try_from(self.end().saturating_sub(at)).unwrap_or(usize::MAX);
        let most = bytes.len().min(left);
        let read = self.source().read(&mut bytes[..most])?;
        match self.ends_before_flac {
            Some(first) => self.keep(at, &bytes[..read], first),
            None => Ok(read),
        }
    }
}

impl<R: Read + Seek> Seek for Part<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let outside = || io::Error::from(io::ErrorKind::InvalidInput);
        let at = match to {
            SeekFrom::Start(at) => self.start.checked_add(at),
            SeekFrom::Current(by) => self.source().stream_position()?.checked_add_signed(by),
            SeekFrom::End(by) => self.end().checked_add_signed(by),
        };
        let at = at.filter(|at| *at >= self.start).ok_or_else(outside)?;
        Ok(self.source().seek(SeekFrom::Start(at))? - self.start)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.source().stream_position()?.saturating_sub(self.start))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Reads a part in steps of this many bytes.
    fn read(mut part: Part<Cursor<Vec<u8>>>, step: usize) -> Vec<u8> {
        let (mut all, mut bytes) = (Vec::new(), vec![0; step]);
        loop {
            match part.read(&mut bytes).unwrap() {
                0 => return all,
                read => all.extend(&bytes[..read]),
            }
        }
    }

    #[test]
    fn a_part_has_its_own_offsets() {
        let all = Part::new(Cursor::new(b"0123456789".to_vec()), 10);
        let mut part = all.between(2, 7).unwrap();
        assert_eq!(read(part.clone(), 3), b"23456");
        assert_eq!(part.seek(SeekFrom::End(-2)).unwrap(), 3);
        assert_eq!(read(part.clone(), 9), b"56");
        assert_eq!(part.seek(SeekFrom::Start(1)).unwrap(), 1);
        assert_eq!(part.seek(SeekFrom::Current(-1)).unwrap(), 0);
        assert!(part.seek(SeekFrom::Current(-1)).is_err());
        assert_eq!(part.stream_position().unwrap(), 0);
    }

    #[test]
    fn a_part_ends_before_a_flac_file_wherever_reads_break() {
        let first = b"fLaC\0\0\0\x22 no fLaC here, nor fLaC\0\0\0 fL";
        let second = b"ID3\x04\0\0\0\0\0\x03TagfLaC\x80\0\0\x22 more ID3 f";
        // The frames begin after the mark and the block.
        let part = |bytes: &[u8], frames: u64| {
            Part::new(Cursor::new(bytes.to_vec()), bytes.len() as u64).before_flac(frames)
        };
        let both = [&first[..], second].concat();
        for step in 1..both.len() {
            let joined = part(&both, 8);
            assert_eq!(read(joined.clone(), step), first, "{step}");
            assert_eq!(joined.end(), first.len() as u64);
            assert_eq!(read(part(first, 8), step), first);
            assert_eq!(read(part(second, 21), step), second);
        }
    }
}

//! How many bytes of sound an AIFF or CAF file declares: symphonia wants to see their
//! end before it reads the first of them. (Apple, "Audio Interchange File Format", 1989,
//! and "Core Audio Format Specification".)

use std::io::{self, Read, Seek, SeekFrom};

use crate::format::Container;

/// Chunks that are looked at.
const MOST_CHUNKS: usize = 4096;

/// The chunk of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// Offset of the field with its size, and how many bytes that takes.
    pub(super) size_at: u64,
    pub(super) width: usize,
    /// The bytes it declares.
    pub(super) declared: u64,
    /// Those of them that are there.
    pub(super) there: u64,
}

/// Finds the samples of a file of `len` bytes; none if their size is left open. Leaves
/// `source` anywhere.
///
/// # Errors
/// If the source fails. A file that ends amid a chunk is no error.
pub(super) fn sound(
    source: &mut (impl Read + Seek),
    container: Container,
    len: u64,
) -> io::Result<Option<Sound>> {
    let (mut at, kind, width) = match container {
        Container::Aiff => (12, b"SSND", 4),
        _ => (8, b"data", 8),
    };
    for _ in 0..MOST_CHUNKS {
        if at >= len {
            break;
        }
        let mut header = [0; 12];
        let header = &mut header[..4 + width];
        source.seek(SeekFrom::Start(at))?;
        match source.read_exact(header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            outcome => outcome?,
        }
        let declared = header[4..].iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
        let body = at + header.len() as u64;
        if &header[..4] == kind {
            let there = len.saturating_sub(body).min(declared);
            let is_open = container == Container::Caf && declared == u64::MAX;
            return Ok((!is_open).then_some(Sound { size_at: at + 4, width, declared, there }));
        }
        // AIFF pads its chunks to an even length.
        let pad = if container == Container::Aiff { declared % 2 } else { 0 };
        at = body.saturating_add(declared).saturating_add(pad);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn found(bytes: &[u8], container: Container) -> Option<Sound> {
        sound(&mut Cursor::new(bytes), container, bytes.len() as u64).unwrap()
    }

    #[test]
    fn the_samples_are_found_behind_other_chunks() {
        let aiff = b"FORM\0\0\0\0AIFFNAME\0\0\0\x03abc\0SSND\0\0\0\x64\0\0\0\0";
        assert_eq!(
            found(aiff, Container::Aiff),
            Some(Sound { size_at: 28, width: 4, declared: 100, there: 4 })
        );
        let caf = b"caff\0\x01\0\0free\0\0\0\0\0\0\0\x01adata\0\0\0\0\0\0\0\x02ab";
        assert_eq!(
            found(caf, Container::Caf),
            Some(Sound { size_at: 25, width: 8, declared: 2, there: 2 })
        );
    }

    #[test]
    fn what_is_open_or_missing_is_none() {
        let open = b"caff\0\x01\0\0data\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(found(open, Container::Caf), None);
        for cut in 0..open.len() {
            assert_eq!(found(&open[..cut], Container::Caf), None);
        }
    }
}

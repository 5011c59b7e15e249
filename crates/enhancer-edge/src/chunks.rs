//! A file in memory that never moves while it grows.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// The size of a chunk in bytes. A growing vector would be copied, and need up to three times its
/// size.
const CHUNK: usize = 1 << 18;

/// A file in memory, in chunks.
#[derive(Default)]
pub(crate) struct Chunks {
    chunks: Vec<Box<[u8]>>,
    len: usize,
    position: usize,
}

impl Chunks {
    /// All bytes in one vector. This needs the same amount of memory again.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        for chunk in self.chunks {
            let rest = self.len - bytes.len();
            bytes.extend_from_slice(&chunk[..rest.min(CHUNK)]);
        }
        bytes
    }

    /// The position as the index of a chunk and an offset in it.
    fn place(&self) -> (usize, usize) {
        (self.position / CHUNK, self.position % CHUNK)
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (chunk, at) = self.place();
        let count = bytes.len().min(CHUNK - at);
        // As in a file, a gap before a write is filled with zeros.
        while count > 0 && self.chunks.len() <= chunk {
            self.chunks.push(vec![0; CHUNK].into());
        }
        if count > 0 {
            self.chunks[chunk][at..at + count].copy_from_slice(&bytes[..count]);
            self.position += count;
            self.len = self.len.max(self.position);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Chunks {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (chunk, at) = self.place();
        let rest = self.len.saturating_sub(self.position).min(CHUNK - at);
        let count = bytes.len().min(rest);
        if count > 0 {
            bytes[..count].copy_from_slice(&self.chunks[chunk][at..at + count]);
            self.position += count;
        }
        Ok(count)
    }
}

impl Seek for Chunks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => i64::try_from(position).ok(),
            SeekFrom::End(offset) => (self.len as i64).checked_add(offset),
            SeekFrom::Current(offset) => (self.position as i64).checked_add(offset),
        };
        let position = position.and_then(|position| usize::try_from(position).ok());
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position as u64)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(usize),
        Read(usize),
        Seek(SeekFrom),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let far = 3 * CHUNK as i64;
        let step = prop_oneof![
            (0..2 * CHUNK).prop_map(Step::Write),
            (0..2 * CHUNK).prop_map(Step::Read),
            (0..far as u64).prop_map(|to| Step::Seek(SeekFrom::Start(to))),
            (-far..far).prop_map(|by| Step::Seek(SeekFrom::Current(by))),
            (-far..CHUNK as i64).prop_map(|by| Step::Seek(SeekFrom::End(by))),
        ];
        prop::collection::vec(step, 0..12)
    }

    /// Does a step, in as many calls as needed. Returns the position after a seek, or the bytes
    /// that were read.
    fn run(file: &mut (impl Read + Write + Seek), step: &Step) -> io::Result<(u64, Vec<u8>)> {
        let mut read = Vec::new();
        match *step {
            Step::Write(len) => file.write_all(&vec![len as u8 | 1; len])?,
            Step::Read(len) => {
                file.take(len as u64).read_to_end(&mut read)?;
            }
            Step::Seek(to) => {
                file.seek(to)?;
            }
        }
        Ok((file.stream_position()?, read))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_behaves_like_a_file(steps in steps()) {
            let (mut chunks, mut twin) = (Chunks::default(), Cursor::new(Vec::new()));
            for step in &steps {
                let (found, expected) = (run(&mut chunks, step), run(&mut twin, step));
                prop_assert_eq!(found.is_ok(), expected.is_ok(), "{:?}", step);
                if let (Ok(found), Ok(expected)) = (found, expected) {
                    prop_assert_eq!(found, expected, "{:?}", step);
                }
            }
            prop_assert_eq!(chunks.into_bytes(), twin.into_inner());
        }
    }
}

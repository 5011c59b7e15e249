use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use enhancer_core::{AudioFormat, Error, OpenOptions, SampleFormat, Tags, create, open};

use crate::support::wav;

/// A file that keeps short writes, and of long ones of nothing but zeros the length.
#[derive(Default)]
struct Sparse {
    kept: BTreeMap<u64, u8>,
    len: u64,
    position: u64,
}

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() < 4096 {
            self.kept.extend((self.position..).zip(bytes.iter().copied()));
        } else {
            assert!(bytes.iter().all(|&byte| byte == 0));
        }
        self.position += bytes.len() as u64;
        self.len = self.len.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = (self.len - self.position).min(buffer.len() as u64) as usize;
        buffer[..there].fill(0);
        for (&at, &byte) in self.kept.range(self.position..self.position + there as u64) {
            buffer[(at - self.position) as usize] = byte;
        }
        self.position += there as u64;
        Ok(there)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.len.saturating_add_signed(by),
            SeekFrom::Current(by) => self.position.saturating_add_signed(by),
        };
        Ok(self.position)
    }
}

/// 64 channels of silence, some MiB a block.
fn written(blocks: usize, tags: &Tags) -> Result<Sparse, Error> {
    let format = wav(AudioFormat::raw(SampleFormat::F32le, 48_000, 64));
    let mut file = Sparse::default();
    let mut writer = create(&mut file, &format, tags)?;
    let silence = vec![vec![0.0; 1 << 16]; 64];
    for _ in 0..blocks {
        writer.write(&silence)?;
    }
    // And one sample that is not silent.
    writer.write(&vec![vec![0.5]; 64])?;
    writer.finish()?;
    drop(writer);
    Ok(file)
}

#[test]
fn a_file_beyond_four_gigabytes_is_written_and_read_with_64_bit_sizes() {
    // 16 MiB a block.
    let blocks = 257;
    let len = blocks as u64 * (1 << 16) + 1;
    let tags = Tags::default().with_entries(vec![("TITLE".into(), "Long".into())]);
    let mut file = written(blocks, &tags).unwrap();
    let mut head = [0; 40];
    file.rewind().unwrap();
    file.read_exact(&mut head).unwrap();
    assert_eq!(&head[..20], b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0");
    let u64_at = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
    assert_eq!(u64_at(20), file.len - 8);
    assert_eq!(u64_at(28), len * 256);

    file.rewind().unwrap();
    let mut reader = open(file, &OpenOptions::default()).unwrap();
    assert_eq!((reader.len(), reader.damage()), (Some(len), None));
    assert_eq!(reader.tags(), &tags);
    let mut planes = vec![Vec::new(); 64];
    assert_eq!(reader.read(&mut planes, 1000).unwrap(), 1000);
    assert!(planes.iter().flatten().all(|&sample| sample == 0.0));
}

#[test]
fn a_shorter_one_stays_a_plain_file() {
    let mut file = written(1, &Tags::default()).unwrap();
    let mut head = [0; 16];
    file.rewind().unwrap();
    file.read_exact(&mut head).unwrap();
    assert_eq!(&head[..4], b"RIFF");
    assert_eq!(u64::from(u32::from_le_bytes(head[4..8].try_into().unwrap())), file.len - 8);
    assert_eq!(&head[8..], b"WAVEJUNK");
}

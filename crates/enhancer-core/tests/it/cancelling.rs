use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use enhancer_core::{AudioReader, CancelToken, ErrorCode, OpenOptions, open};

/// A source that counts how often it is read, and cancels its own reading at the `last`
/// of them.
struct Counted<S> {
    inner: S,
    reads: Arc<AtomicUsize>,
    last: usize,
    cancel: CancelToken,
}

impl<S: Read> Read for Counted<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.reads.fetch_add(1, Ordering::Relaxed) + 1 == self.last {
            self.cancel.cancel();
        }
        self.inner.read(bytes)
    }
}

impl<S: Seek> Seek for Counted<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Opens a source and reads all of it, but cancels at its `last` read: the code of the
/// error if there is one, and how often it was read.
fn cancelled_at<S: Read + Seek + Send>(inner: S, last: usize) -> (Option<ErrorCode>, usize) {
    let cancel = CancelToken::new();
    let reads = Arc::new(AtomicUsize::new(0));
    let source = Counted { inner, reads: reads.clone(), last, cancel: cancel.clone() };
    let options = OpenOptions::default().with_cancel(cancel);
    let outcome = open(source, &options).and_then(|mut reader| drain(&mut *reader));
    (outcome.err().map(|error| error.code()), reads.load(Ordering::Relaxed))
}

fn drain(reader: &mut dyn AudioReader) -> enhancer_core::Result<()> {
    let mut planes = vec![Vec::new(); reader.format().channels.into()];
    while reader.read(&mut planes, 1024)? > 0 {}
    Ok(())
}

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/decode");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into(), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn every_container_ends_at_the_read_at_which_it_is_cancelled() {
    for (name, bytes) in seeds() {
        let (_, all) = cancelled_at(Cursor::new(&bytes), usize::MAX);
        // Some files take a thousand reads of a few bytes: not each of them is tried. After
        // the last one there is nothing to end.
        for last in (1..all).step_by(all.div_ceil(40)) {
            let (code, reads) = cancelled_at(Cursor::new(&bytes), last);
            assert_eq!(
                (code, reads),
                (Some(ErrorCode::Cancelled), last),
                "{name}, {all} reads in all"
            );
        }
    }
}

/// Matroska that goes on for ever with elements of nothing, and with clusters.
struct Endless {
    at: u64,
}

impl Endless {
    const LEN: u64 = 1 << 40;
    const HEAD: &[u8] = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff";
}

impl Read for Endless {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        for byte in bytes.iter_mut() {
            let pair = [0xec, 0x80][(self.at % 2) as usize];
            *byte = Self::HEAD.get(self.at as usize).copied().unwrap_or(pair);
            self.at += 1;
        }
        Ok(bytes.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.checked_add_signed(by).unwrap(),
            SeekFrom::End(by) => Self::LEN.checked_add_signed(by).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn a_walk_through_elements_without_end_ends_by_itself_and_when_it_is_cancelled() {
    assert_eq!(cancelled_at(Endless { at: 0 }, 1000), (Some(ErrorCode::Cancelled), 1000));
    let (code, reads) = cancelled_at(Endless { at: 0 }, usize::MAX);
    assert_eq!(code, Some(ErrorCode::CorruptAudio));
    assert!(reads < 500_000, "{reads} reads");
}

#[test]
fn a_cancelled_source_is_not_even_looked_at() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let options = OpenOptions::default().with_cancel(cancel);
    let error = open(Cursor::new(b"Dear Sir"), &options).err().unwrap();
    assert_eq!(error.code(), "cancelled");
    assert_eq!(error.to_string(), "reading the source was cancelled");
}

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use enhancer_core::{
    AudioFormat, OpenOptions, SampleFormat, SessionOptions, Summary, Tags, create, enhance, open,
};

use crate::support::{Full, any_floats, encoded, heard, passthrough, wav};

fn enhanced<R: Read + Seek + Send>(
    source: R,
    raw: Option<AudioFormat>,
) -> enhancer_core::Result<(Summary, Vec<u8>)> {
    let enhancer = passthrough(2);
    let mut reader = open(source, &OpenOptions::default().with_raw(raw))?;
    let format = *reader.format();
    let options = SessionOptions::default().with_expected_len(reader.len());
    let channels = format.channels;
    let mut session = enhancer.open("file", format.sample_rate, channels, options)?;
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, &format, &Tags::default())?;
    let summary = enhance(&mut *reader, &mut session, &mut *writer)?;
    drop(writer);
    Ok((summary, bytes.into_inner()))
}

#[test]
fn a_file_comes_out_as_it_went_in() {
    for len in [0, 1, 1023, 1025, 500_000] {
        for sample_format in [SampleFormat::S16le, SampleFormat::F32le] {
            let raw = AudioFormat::raw(sample_format, 44_100, 2);
            for (format, given) in [(raw, Some(raw)), (wav(raw), None)] {
                let bytes = encoded(&format, &heard(any_floats(2, len, 8)));
                let (summary, out) = enhanced(Cursor::new(&bytes), given).unwrap();
                assert!(out == bytes, "{len} samples of {format:?} changed");
                assert_eq!(summary.samples, len as u64);
                assert_eq!((summary.channels, summary.sample_rate), (2, 44_100));
            }
        }
    }
}

/// A source whose medium fails half-way.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() > self.0.get_ref().len() as u64 / 2 {
            return Err(io::Error::other("the disk is on fire"));
        }
        self.0.read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_source_that_fails_is_an_error_and_no_end() {
    let format = wav(AudioFormat::raw(SampleFormat::S16le, 48_000, 1));
    let bytes = encoded(&format, &any_floats(1, 400_000, 9));
    let error = enhanced(Failing(Cursor::new(bytes)), None).unwrap_err();
    assert_eq!(error.code(), "read");
    assert_eq!(error.to_string(), "reading audio failed: the disk is on fire");
}

#[test]
fn a_sink_that_is_full_is_an_error_of_writing() {
    let enhancer = passthrough(2);
    let format = AudioFormat::raw(SampleFormat::S16le, 48_000, 1);
    let bytes = encoded(&format, &any_floats(1, 400_000, 9));
    let mut reader =
        open(Cursor::new(bytes), &OpenOptions::default().with_raw(Some(format))).unwrap();
    let mut session = enhancer.open("full", 48_000, 1, SessionOptions::default()).unwrap();
    let mut writer = create(Full(100_000), &format, &Tags::default()).unwrap();
    let error = enhance(&mut *reader, &mut session, &mut *writer).unwrap_err();
    assert_eq!(error.code(), "write");
}

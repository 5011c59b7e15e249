//! Treats bytes as a recording: opens it and reads it in blocks. Copies it if it is a video. The
//! last byte chooses the options, so that a plain file can be a seed.

use std::io::Cursor;

use crate::video;
use enhancer_core::{
    AudioFormat, AudioReader, Limits, OpenOptions, Planes, Result, SampleFormat, open,
};

/// Eight times what a decoder may read into memory at a time.
pub const MEMORY: usize = 128 << 20;

fn limits() -> Limits {
    Limits::default()
        .with_channels(16)
        .with_sample_rate(192_000)
        .with_duration_seconds(60)
        .with_decoder_memory(16 << 20)
}

/// Samples of all channels to read at a time, and in total: a few bytes can hold a minute of
/// silence.
const BLOCK: usize = 4096;
const MOST: usize = 1 << 21;
/// The most samples of a packet, whatever rate it declares.
const LONGEST_PACKET: u64 = 1 << 16;

/// Decodes the bytes as a recording of a detected format, and as raw samples.
///
/// # Panics
/// If the core breaks a promise.
pub fn run(bytes: &[u8]) {
    let choice = bytes.last().copied().unwrap_or(0);
    let strict = choice & 1 == 1;
    let options = OpenOptions::default().with_limits(limits()).with_strict(strict);
    if decode(bytes, &options).is_ok() {
        video::run(bytes, limits(), strict, choice & 2 == 2);
    }

    let formats =
        [SampleFormat::S16le, SampleFormat::S24le, SampleFormat::S32le, SampleFormat::F32le];
    let format = formats[usize::from(choice >> 1) % formats.len()];
    let raw = AudioFormat::raw(format, 48_000, u16::from(choice >> 3));
    let _ = decode(bytes, &options.with_raw(Some(raw)));
}

/// Reads a recording and checks that it keeps its promises.
fn decode(bytes: &[u8], options: &OpenOptions) -> Result<()> {
    let mut reader = open(Cursor::new(bytes), options)?;
    let format = *reader.format();
    limits().check(format.sample_rate, format.channels)?;
    let mut planes: Planes = vec![Vec::new(); format.channels.into()];
    let mut total = 0;
    while total * planes.len() < MOST {
        let came = read_block(&mut *reader, &mut planes)?;
        if came == 0 {
            assert_eq!(read_block(&mut *reader, &mut planes)?, 0, "samples behind the end");
            break;
        }
        total += came;
    }
    assert!(!(options.strict && reader.damage().is_some()), "damage that is not an error");
    // The bound is checked between packets, so that a packet may end after it.
    let most = (limits().duration_seconds + 2) * u64::from(format.sample_rate) + LONGEST_PACKET;
    assert!(options.raw.is_some() || total as u64 <= most, "{total} samples");
    Ok(())
}

fn read_block(reader: &mut dyn AudioReader, planes: &mut Planes) -> Result<usize> {
    planes.iter_mut().for_each(Vec::clear);
    let came = reader.read(planes, BLOCK)?;
    assert!(came <= BLOCK);
    assert!(planes.iter().all(|plane| plane.len() == came), "planes of other lengths");
    Ok(came)
}

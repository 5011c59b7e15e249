//! Consecutive frames without a container: MP3, MP2 and AAC in ADTS. symphonia's own readers hide
//! which bytes they skip, and at which header a stream of AAC changes its rate. In both cases sound
//! would be lost silently.

mod count;
pub(super) mod header;
mod tag;
mod window;

use std::io;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3,
};
use symphonia::core::errors::{Result, SeekErrorKind, decode_error, seek_error};
use symphonia::core::formats::probe::{
    ProbeDataMatchSpec, ProbeFormatData, ProbeableFormat, Score, Scoreable,
};
use symphonia::core::formats::well_known::{FORMAT_ID_ADTS, FORMAT_ID_MP3};
use symphonia::core::formats::{
    FormatInfo, FormatOptions, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::{Packet, PacketBuilder};
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use count::Count;
use header::{Codec, Format, Header};
use window::Window;

use super::facts::scaled;

const MPEG: FormatInfo =
    FormatInfo { format: FORMAT_ID_MP3, short_name: "mp3", long_name: "MPEG audio" };

const ADTS: FormatInfo =
    FormatInfo { format: FORMAT_ID_ADTS, short_name: "aac", long_name: "AAC in ADTS" };

/// The start of a frame: eleven bits are set, followed by the version, the layer (which AAC does
/// not have), and whether there is a checksum.
#[rustfmt::skip]
static PROBED: [ProbeFormatData; 2] = [
    ProbeFormatData {
        spec: begins(&[
            b"\xff\xe2", b"\xff\xe3", b"\xff\xe4", b"\xff\xe5", b"\xff\xe6", b"\xff\xe7",
            b"\xff\xf2", b"\xff\xf3", b"\xff\xf4", b"\xff\xf5", b"\xff\xf6", b"\xff\xf7",
            b"\xff\xfa", b"\xff\xfb", b"\xff\xfc", b"\xff\xfd", b"\xff\xfe", b"\xff\xff",
        ]),
        info: MPEG,
    },
    ProbeFormatData {
        spec: begins(&[b"\xff\xf0", b"\xff\xf1", b"\xff\xf8", b"\xff\xf9"]),
        info: ADTS,
    },
];

const fn begins(markers: &'static [&'static [u8]]) -> ProbeDataMatchSpec {
    ProbeDataMatchSpec { extensions: &[], mime_types: &[], markers }
}

/// The number of consecutive frames that cannot be a coincidence.
const CHAIN: usize = 3;

/// The number of bytes over which the length of frames is averaged to estimate their number.
const SAMPLED: usize = 1 << 15;

/// A demuxer of frames.
pub(super) struct FrameReader<'s> {
    window: Window<'s>,
    info: &'static FormatInfo,
    media: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    format: Format,
    /// The sample rate at the start. Times are in units of it.
    sample_rate: u32,
    /// The frames that were read in the current format.
    read: Read,
    /// The start of the next frame, and the end of the sound if the file states its number of
    /// frames.
    next: i64,
    end: Option<i64>,
}

impl<'s> FrameReader<'s> {
    /// # Errors
    /// If the stream fails or does not begin with a frame.
    fn new(source: MediaSourceStream<'s>, options: FormatOptions) -> Result<Self> {
        let len = source.byte_len().map(|len| len.saturating_sub(source.pos()));
        let mut window = Window::new(source);
        let start = window.next(SAMPLED)?;
        let Some(Header { format, frame, .. }) = header::read(start) else {
            return decode_error("no frame is where one began");
        };
        let guess = len.map(|len| (len as f64 / mean_frame(start)) as u64);
        let count = count::read(start.get(..frame).unwrap_or_default(), &format);
        if count.is_some() {
            window.pass(frame as u64)?;
        }
        let Count { frames, delay, padding } = count.unwrap_or_default();
        // Encoders that write into a pipe leave it open.
        let frames = frames.filter(|frames| !matches!(*frames, 0 | u32::MAX));
        let samples = |frames: u64| frames.saturating_mul(format.samples.into());
        let exact = frames.map(|frames| {
            samples(frames.into()).saturating_sub(u64::from(delay) + u64::from(padding))
        });
        let track = track(&format, exact, guess.map(samples), delay, padding);
        Ok(FrameReader {
            window,
            info: if format.codec == Codec::Aac { &ADTS } else { &MPEG },
            media: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: options.external_data.metadata.unwrap_or_default(),
            format,
            sample_rate: format.sample_rate,
            read: Read::default(),
            next: -i64::from(delay),
            end: exact.map(|len| i64::try_from(len).unwrap_or(i64::MAX)),
        })
    }

    /// Moves to the next frame. Returns its header, or `None` at the end, and the skipped bytes
    /// that are neither a frame nor a tag.
    fn find(&mut self) -> io::Result<(Option<Header>, Skipped)> {
        let mut skipped = Skipped::default();
        loop {
            let bytes = self.window.next(header::LONGEST_FRAME + header::LONGEST)?;
            let Some(first) = bytes.first().copied() else { return Ok((None, skipped)) };
            if let Some(header) = header::read(bytes)
                && (skipped.bytes == 0 && header.format == self.format || goes_on(bytes, &header))
            {
                return Ok((Some(header), skipped));
            }
            match tag::len(if tag::may_begin(first) {
                self.window.next(tag::LONGEST)?
            } else {
                &[]
            }) {
                Some(len) => self.pass_tag(len)?,
                None => {
                    skipped.bytes += 1;
                    skipped.is_sound |= first != 0;
                    self.window.pass(1)?;
                }
            }
        }
    }

    /// Skips a tag that declares this many bytes. It ends earlier if frames begin there: its size
    /// is wrong, or it was cut off.
    fn pass_tag(&mut self, len: u64) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let bytes = self.window.next(CHAIN * header::LONGEST_FRAME)?;
            if bytes.is_empty() || is_chain(bytes) {
                break;
            }
            let next = bytes[1..].iter().position(|byte| *byte == 0xff).unwrap_or(bytes.len() - 1);
            let step = (next as u64 + 1).min(left);
            self.window.pass(step)?;
            left -= step;
        }
        Ok(())
    }

    /// Leaves a gap in time for the frames that were in the skipped bytes.
    fn leave_room(&mut self, skipped: Skipped) {
        let frames = (skipped.bytes as f64 / self.read.mean()).round() as u64;
        if self.read.frames > 0 {
            self.advance(frames);
        }
    }

    /// Moves the time on by this many frames, in units of the rate at the start.
    fn advance(&mut self, frames: u64) {
        let samples = frames.saturating_mul(self.format.samples.into());
        let units = scaled(samples, self.sample_rate, self.format.sample_rate);
        self.next = self.next.saturating_add_unsigned(units);
    }

    fn packet(&mut self, data: Vec<u8>) -> Packet {
        let begin = self.next;
        self.advance(1);
        let trim_start = begin.min(0).unsigned_abs().min(self.next.abs_diff(begin));
        let behind = self.end.map_or(0, |end| self.next.saturating_sub(end).max(0).unsigned_abs());
        let trim_end = behind.min(self.next.abs_diff(begin) - trim_start);
        let heard = self.next.abs_diff(begin) - trim_start - trim_end;
        let packet = PacketBuilder::new().track_id(0).pts(Timestamp::new(begin));
        let mut packet = packet.dur(Duration::new(heard)).data(data).build();
        (packet.trim_start, packet.trim_end) = (Duration::new(trim_start), Duration::new(trim_end));
        packet
    }
}

/// Whether enough frames of the same format follow one another to rule out a coincidence.
fn is_chain(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    (0..CHAIN).all(|_| match header::read(rest) {
        Some(header) if goes_on(rest, &header) => {
            rest = &rest[header.frame..];
            true
        }
        _ => false,
    })
}

/// Whether a frame is followed by another one of the same format, or only by a tag.
fn goes_on(bytes: &[u8], header: &Header) -> bool {
    let Some(behind) = bytes.get(header.frame..) else { return false };
    let is_same = header::read(behind).is_some_and(|next| next.format == header.format);
    is_same || behind.is_empty() || tag::len(behind).is_some()
}

/// The bytes that were skipped.
#[derive(Clone, Copy, Default)]
struct Skipped {
    bytes: u64,
    /// Whether there is more than zeros.
    is_sound: bool,
}

/// The frames that were read in one format.
#[derive(Clone, Copy, Default)]
struct Read {
    bytes: u64,
    frames: u64,
}

impl Read {
    fn add(&mut self, frame: usize) {
        self.bytes += frame as u64;
        self.frames += 1;
    }

    /// The mean size of a frame in bytes.
    fn mean(&self) -> f64 {
        self.bytes.max(1) as f64 / self.frames.max(1) as f64
    }
}

/// The mean size in bytes of the complete frames in `bytes`, which begin with one.
fn mean_frame(bytes: &[u8]) -> f64 {
    let (mut read, mut rest) = (Read::default(), bytes);
    while let Some(header) = header::read(rest)
        && let Some(behind) = rest.get(header.frame..)
    {
        read.add(header.frame);
        rest = behind;
    }
    read.mean()
}

/// `guess` estimates the number of samples if their `exact` number is unknown.
fn track(
    format: &Format,
    exact: Option<u64>,
    guess: Option<u64>,
    delay: u32,
    padding: u32,
) -> Track {
    let codec = match format.codec {
        Codec::Aac => CODEC_ID_AAC,
        Codec::Mpeg(1) => CODEC_ID_MP1,
        Codec::Mpeg(2) => CODEC_ID_MP2,
        Codec::Mpeg(_) => CODEC_ID_MP3,
    };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(format.sample_rate);
    let mut track = Track::new(0);
    track.with_codec_params(CodecParameters::Audio(parameters));
    track.with_delay(delay).with_padding(padding);
    if let Some(base) = TimeBase::try_new(1, format.sample_rate) {
        track.with_time_base(base);
    }
    if let Some(samples) = exact {
        track.with_num_frames(samples);
    }
    if let Some(samples) = exact.or(guess) {
        track.with_duration(Duration::new(samples));
    }
    track
}

impl Scoreable for FrameReader<'_> {
    fn score(mut source: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        let mut bytes = vec![0; header::LONGEST_FRAME + header::LONGEST];
        let mut have = 0;
        while have < bytes.len() {
            match source.read_buf(&mut bytes[have..]) {
                Ok(read) => have += read,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(have);
        Ok(match header::read(&bytes) {
            Some(header) if goes_on(&bytes, &header) => Score::Supported(255),
            // A frame that is cut off, alone in its file.
            Some(header) if bytes.len() < header.frame => Score::Supported(127),
            _ => Score::Unsupported,
        })
    }
}

impl ProbeableFormat<'_> for FrameReader<'_> {
    fn try_probe_new(
        source: MediaSourceStream<'_>,
        options: FormatOptions,
    ) -> Result<Box<dyn FormatReader + '_>> {
        Ok(Box::new(FrameReader::new(source, options)?))
    }

    fn probe_data() -> &'static [ProbeFormatData] {
        &PROBED
    }
}

impl FormatReader for FrameReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        self.info
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        loop {
            let (header, skipped) = self.find()?;
            let Some(header) = header else {
                // Many recordings end inside a frame.
                let is_counted = self.end.is_some_and(|end| self.next >= end);
                let is_lost =
                    !is_counted && skipped.is_sound && skipped.bytes > header::LONGEST_FRAME as u64;
                return if is_lost { decode_error("the rest is not audio") } else { Ok(None) };
            };
            let data = self.window.next(header.frame)?;
            if data.len() < header.frame {
                // MP3 is often sent or recorded without regard to its frames.
                let is_cut = header.format.codec == Codec::Aac;
                return if is_cut {
                    Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
                } else {
                    Ok(None)
                };
            }
            let data = data[..header.frame].to_vec();
            self.window.pass(header.frame as u64)?;
            self.leave_room(skipped);
            if header.format != self.format {
                (self.format, self.read) = (header.format, Read::default());
            }
            if count::read(&data, &header.format).is_none() {
                self.read.add(header.frame);
                return Ok(Some(self.packet(data)));
            }
            // Another file begins. The stated number of frames did not include it.
            self.end = None;
        }
    }

    fn seek(&mut self, _: SeekMode, _: SeekTo) -> Result<SeekedTo> {
        // A file that consists only of frames never requires seeking.
        seek_error(SeekErrorKind::Unseekable)
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.window.into_inner()
    }
}

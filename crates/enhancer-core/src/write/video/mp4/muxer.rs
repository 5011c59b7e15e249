//! Writes the file: copied data and the new sound, chunk by chunk, and the index.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};

use super::Plan;
use super::sound::NewSound;
use crate::audio::Container;
use crate::error::{Error, Result};
use crate::read::mp4::tables::{Chunk, Walk};
use crate::write::video::{Muxer, SoundTrack};
use crate::write::{FRAME, HEAD, Sound, sound_head, unwritable};

/// Bytes that are copied at a time.
const PIECE: usize = 1 << 18;

/// The maximum size in bytes of an AAC frame per channel (ISO/IEC 14496-3, section 4.5.3.1).
const MOST_FRAME_BYTES: u64 = 768;

/// The part of the index that is only known at the end, in bytes, without the entries of frames.
const MORE_INDEX: u64 = 256;

/// The minimum size in bytes of the room for the sound's index at the start of the file, whatever
/// its length.
const LEAST_ROOM: u64 = 1 << 16;

/// Writes a video.
pub(in crate::write::video) struct Mp4Muxer<R, W: Write> {
    plan: Plan,
    source: R,
    sink: BufWriter<W>,
    /// The number of bytes written.
    at: u64,
    /// The number of bytes before the room for the index, and the size of the room.
    front: u64,
    room: u64,
    tracks: Tracks,
    /// The chunk of sound that was not written yet, and the number of its frames.
    chunk: Vec<u8>,
    frames: u32,
    frames_in_chunk: u32,
    rate: u32,
    /// Samples per channel in a frame, and the number of frames so far.
    frame: u32,
    count: u64,
    /// Whether the samples are PCM, so that all have the same size.
    is_pcm: bool,
    /// The size in bytes of each compressed frame, and the offset of each chunk.
    sizes: Vec<u32>,
    places: Vec<u64>,
    piece: Vec<u8>,
}

/// The state of the copied tracks.
struct Tracks {
    walks: Vec<Walk>,
    /// The offsets of their chunks in the result.
    places: Vec<Vec<u64>>,
    /// The next chunk of each track: its time, its offset, and the index of its track.
    next: BinaryHeap<Reverse<(u64, u64, usize)>>,
    chunks: Vec<Option<Chunk>>,
}

impl<R, W> Mp4Muxer<R, W>
where
    R: Read + Seek + Send,
    W: Write + Seek + Send,
{
    /// Starts the file. `sound` describes the track of the new sound, and `frames` is the maximum
    /// number of its frames, if known.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    pub(in crate::write::video) fn create(
        plan: Plan,
        source: R,
        sink: W,
        sound: &SoundTrack<'_>,
        frames: Option<u64>,
    ) -> Result<Self> {
        let frames_in_chunk = (sound.rate / sound.frame.max(1) / 2).max(1);
        let mut muxer = Mp4Muxer {
            tracks: Tracks::new(&plan),
            plan,
            source,
            sink: BufWriter::new(sink),
            at: 0,
            front: 0,
            room: 0,
            chunk: Vec::new(),
            frames: 0,
            frames_in_chunk,
            rate: sound.rate,
            frame: sound.frame.max(1),
            count: 0,
            is_pcm: sound.pcm.is_some(),
            sizes: Vec::new(),
            places: Vec::new(),
            piece: vec![0; PIECE],
        };
        for other in muxer.plan.others.clone() {
            muxer.copy(other.start, other.end - other.start)?;
        }
        muxer.front = muxer.at;
        if let Some(frames) = frames {
            muxer.leave_room(frames, sound)?;
        }
        muxer.put(&sound_head(0))?;
        Ok(muxer)
    }

    /// Reserves room for the index of this many frames.
    fn leave_room(&mut self, frames: u64, sound: &SoundTrack<'_>) -> Result<()> {
        let (most, size) = match sound.pcm {
            Some(pcm) => (u64::from(self.frame) * pcm.bytes() as u64, 0),
            None => (MOST_FRAME_BYTES, 4),
        };
        let bytes = frames.saturating_mul(most * u64::from(sound.channels));
        let copied = self.plan.bytes();
        let empty = self.index(&SoundTrack { samples: 0, ..*sound });
        let end = copied.saturating_add(bytes).saturating_add(2 * empty.len() as u64);
        let is_long = end.saturating_add(frames.saturating_mul(8)) > u32::MAX.into();
        let each = if is_long { 8 } else { 4 };
        let chunks = frames / u64::from(self.frames_in_chunk) + 1;
        let of_sound = frames.saturating_mul(size).saturating_add(chunks.saturating_mul(each));
        // A wrong length must not make the file large.
        if of_sound > LEAST_ROOM + copied / 4 {
            return Ok(());
        }
        // The offsets of the copied chunks are not known yet and are missing in that index.
        let of_copied = self.plan.copied.iter().map(|track| track.tables.chunks as u64 * each);
        let room = empty.len() as u64 + of_copied.sum::<u64>() + of_sound + MORE_INDEX;
        // An index of more than 4 GiB gets no room.
        let Ok(len) = u32::try_from(room) else { return Ok(()) };
        self.room = room;
        self.put(&free_head(len))?;
        let mut left = room - 8;
        while left > 0 {
            let count = left.min(PIECE as u64);
            self.piece[..count as usize].fill(0);
            self.sink.write_all(&self.piece[..count as usize]).map_err(Error::write)?;
            left -= count;
            self.at += count;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len() as u64;
        self.sink.write_all(bytes).map_err(Error::write)
    }

    /// Copies this many bytes from an offset of the source.
    fn copy(&mut self, place: u64, bytes: u64) -> Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        self.source.seek(SeekFrom::Start(place)).map_err(Error::read)?;
        let mut left = bytes;
        while left > 0 {
            let piece = &mut self.piece[..left.min(PIECE as u64) as usize];
            self.source.read_exact(piece).map_err(Error::read)?;
            self.sink.write_all(piece).map_err(Error::write)?;
            left -= piece.len() as u64;
        }
        self.at += bytes;
        Ok(())
    }

    /// Copies the chunks that begin up to this time, in microseconds.
    fn copy_up_to(&mut self, time: u64) -> Result<()> {
        while let Some((track, chunk)) = self.tracks.take(&self.plan, time) {
            self.tracks.places[track].push(self.at);
            self.copy(chunk.place, chunk.bytes)?;
        }
        Ok(())
    }

    /// Writes the chunk of sound after the chunks that come before it.
    fn end_chunk(&mut self) -> Result<()> {
        if self.frames == 0 {
            return Ok(());
        }
        let before = self.count - u64::from(self.frames);
        let late = micros(self.plan.late, self.plan.timescale);
        let time = micros(before * u64::from(self.frame), self.rate);
        self.copy_up_to(late.saturating_add(time))?;
        self.places.push(self.at);
        let chunk = std::mem::take(&mut self.chunk);
        self.put(&chunk)?;
        self.chunk = chunk;
        self.chunk.clear();
        self.frames = 0;
        Ok(())
    }

    fn index(&self, track: &SoundTrack<'_>) -> Vec<u8> {
        let described = self.plan.pcm.as_ref().filter(|_| self.is_pcm);
        let sound = match described {
            Some(described) => {
                let (channels, samples) = (track.channels, track.samples);
                let in_chunk = self.frames_in_chunk * self.frame;
                let media_info = described.media_info(channels, samples, in_chunk, &self.places);
                NewSound { rate: track.rate, priming: 0, decoded: samples, samples, media_info }
            }
            None => self.compressed(track),
        };
        self.plan.index(&sound, &self.tracks.places)
    }

    fn compressed(&self, track: &SoundTrack<'_>) -> NewSound {
        let sound = Sound {
            rate: track.rate,
            channels: track.channels,
            config: track.config,
            is_quicktime: self.plan.container == Container::Mov,
            sizes: &self.sizes,
            frames_in_chunk: self.frames_in_chunk,
            places: &self.places,
            priming: FRAME,
            samples: track.samples,
        };
        NewSound {
            rate: track.rate,
            priming: FRAME,
            decoded: sound.decoded(),
            samples: track.samples,
            media_info: sound.media_info(),
        }
    }

    /// Writes the index into the reserved room if it fits, else at the end.
    fn write_index(&mut self, index: &[u8]) -> Result<()> {
        let samples = self.at - self.front - self.room - HEAD;
        let left = self.room.checked_sub(index.len() as u64);
        let fits = left.filter(|left| *left == 0 || *left >= 8);
        let sink = &mut self.sink;
        let outcome = match fits {
            Some(left) => sink.seek(SeekFrom::Start(self.front)).and_then(|_| {
                sink.write_all(index)?;
                if left > 0 { sink.write_all(&free_head(left as u32)) } else { Ok(()) }
            }),
            None => sink.write_all(index),
        };
        outcome
            .and_then(|()| sink.seek(SeekFrom::Start(self.front + self.room)))
            .and_then(|_| sink.write_all(&sound_head(samples)))
            .and_then(|()| sink.seek(SeekFrom::End(0)))
            .and_then(|_| sink.flush())
            .map_err(Error::write)
    }
}

impl<R, W> Muxer for Mp4Muxer<R, W>
where
    R: Read + Seek + Send,
    W: Write + Seek + Send,
{
    fn write(&mut self, frame: &[u8]) -> Result<()> {
        self.count += 1;
        if !self.is_pcm {
            self.sizes.push(frame.len() as u32);
        } else if self.count.saturating_mul(self.frame.into()) > u32::MAX.into() {
            let most = u64::from(u32::MAX / self.rate.max(1) / 60);
            let reason = format!("PCM in MP4 and MOV takes {most} minutes at most at that rate");
            return Err(unwritable(reason));
        }
        self.chunk.extend(frame);
        self.frames += 1;
        if self.frames == self.frames_in_chunk { self.end_chunk() } else { Ok(()) }
    }

    fn finish(&mut self, track: &SoundTrack<'_>) -> Result<()> {
        self.end_chunk()?;
        self.copy_up_to(u64::MAX)?;
        let index = self.index(track);
        self.write_index(&index)
    }
}

impl Tracks {
    fn new(plan: &Plan) -> Tracks {
        let count = plan.copied.len();
        let mut tracks = Tracks {
            walks: vec![Walk::default(); count],
            places: vec![Vec::new(); count],
            next: BinaryHeap::new(),
            chunks: vec![None; count],
        };
        for track in 0..count {
            tracks.advance(plan, track);
        }
        tracks
    }

    /// Finds the next chunk of a track.
    fn advance(&mut self, plan: &Plan, track: usize) {
        let copied = &plan.copied[track];
        let chunk = self.walks[track].next(&plan.index, &copied.tables);
        self.chunks[track] = chunk;
        if let Some(chunk) = chunk {
            let empty = micros(copied.empty_start, plan.timescale);
            let time = empty.saturating_add(micros(chunk.time, copied.timescale));
            self.next.push(Reverse((time, chunk.place, track)));
        }
    }

    /// The earliest chunk and its track, if it begins up to this time, in microseconds.
    fn take(&mut self, plan: &Plan, time: u64) -> Option<(usize, Chunk)> {
        let Reverse((begin, _, track)) = *self.next.peek()?;
        if begin > time {
            return None;
        }
        self.next.pop();
        let chunk = self.chunks[track]?;
        self.advance(plan, track);
        Some((track, chunk))
    }
}

/// The header of a free box with this total size in bytes.
fn free_head(len: u32) -> [u8; 8] {
    let mut head = *b"\0\0\0\0free";
    head[..4].copy_from_slice(&len.to_be_bytes());
    head
}

/// Converts time units to microseconds.
fn micros(units: u64, timescale: u32) -> u64 {
    let micros = u128::from(units) * 1_000_000 / u128::from(timescale.max(1));
    u64::try_from(micros).unwrap_or(u64::MAX)
}

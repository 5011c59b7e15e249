//! Writes the file: copied blocks and those of the new sound, in clusters.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::blocks::{Block, Blocks, IS_KEY};
use super::segment::{Cue, cues, room, seek_head, void};
use super::{Plan, SECOND, nanoseconds};
use crate::error::{Error, Result};
use crate::read::ebml::ids::{
    BLOCK, BLOCK_GROUP, CLUSTER, CUES, DISCARD_PADDING, INFO, SEGMENT, SIMPLE_BLOCK, TIMESTAMP,
    TRACKS, VOID,
};
use crate::read::ebml::{Stream, element, long_size, master_head, number_element, size};
use crate::warning::{Warning, WarningCode};
use crate::write::POSITION_RATE;
use crate::write::video::{Muxer, SoundTrack};

/// Bytes that are copied at a time.
const PIECE: usize = 1 << 18;

/// The maximum duration in seconds and size in bytes of a cluster, and its minimum size before a
/// key frame starts a new one.
const MOST_SECONDS: u64 = 5;
const MOST_BYTES: u64 = 4 << 20;
const LEAST_SECONDS: u64 = 1;

/// The maximum number of entries in the index: two days with one key frame per second.
const MOST_CUES: usize = 200_000;

/// A cluster that is being written.
struct Cluster {
    /// Its offset in the file, and its body.
    at: u64,
    body: u64,
    time: i64,
    has_cue: bool,
}

/// Writes a video.
pub(in crate::write::video) struct MatroskaMuxer<R, W: Write> {
    plan: Plan,
    blocks: Blocks<R>,
    /// The next block to copy.
    next: Option<Block>,
    sink: BufWriter<W>,
    /// The number of bytes written, and the offset of the segment's body.
    at: u64,
    segment: u64,
    /// The offset of the duration.
    duration: u64,
    /// The parts of the segment, with their offsets in its body.
    parts: Vec<(u32, u64)>,
    cluster: Option<Cluster>,
    /// The first video track. The index lists its key frames.
    picture: Option<u64>,
    cues: Vec<Cue>,
    /// The packet that was not written yet, and the number of written ones.
    packet: Option<Vec<u8>>,
    packets: u64,
    /// Samples per channel in a packet, and in a second.
    frame: u32,
    rate: u32,
    /// Samples before the first audible one that the encoder itself requires.
    pre_skip: u64,
    /// The end of the last block so far, in time units.
    end: i64,
    /// The time of the first lost block, in seconds.
    lost: Option<f64>,
    piece: Vec<u8>,
}

impl<R, W> MatroskaMuxer<R, W>
where
    R: Read + Seek + Send,
    W: Write + Seek + Send,
{
    /// Starts the file. `sound` describes the track of the new sound.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    pub(in crate::write::video) fn create(
        plan: Plan,
        source: R,
        sink: W,
        sound: &SoundTrack<'_>,
    ) -> Result<Self> {
        let stream = Stream::new(source).map_err(Error::read)?;
        let mut muxer = MatroskaMuxer {
            blocks: Blocks::new(stream, plan.layout.clusters.clone()),
            next: None,
            sink: BufWriter::new(sink),
            at: 0,
            segment: 0,
            duration: 0,
            parts: Vec::new(),
            cluster: None,
            picture: plan.entries.iter().find(|entry| entry.is_video).map(|entry| entry.number),
            cues: Vec::new(),
            packet: None,
            packets: 0,
            frame: sound.frame,
            rate: sound.rate,
            pre_skip: pre_skip(sound.config).into(),
            end: 0,
            lost: None,
            piece: vec![0; PIECE],
            plan,
        };
        muxer.begin(sound)?;
        muxer.advance()?;
        Ok(muxer)
    }

    /// Writes the parts before the clusters.
    fn begin(&mut self, sound: &SoundTrack<'_>) -> Result<()> {
        self.put(&self.plan.header())?;
        self.put(&master_head(SEGMENT))?;
        self.segment = self.at;
        // Reserves room for the index of parts.
        self.put(&vec![0; self.room()])?;
        self.note_part(INFO);
        self.put(&self.plan.info(0.0))?;
        self.duration = self.at - 8;
        self.note_part(TRACKS);
        let (config, delay) = self.delayed(sound.config);
        let sound = SoundTrack { config: &config, ..*sound };
        self.put(&self.plan.tracks(&sound, delay.into()))?;
        for (id, place) in self.plan.layout.others.clone() {
            self.note_part(id);
            self.copy(place)?;
        }
        Ok(())
    }

    /// The identification header, and its delay. If the sound begins before time 0, the delay also
    /// covers the part before it, which is then inaudible.
    fn delayed(&self, config: &[u8]) -> (Vec<u8>, u16) {
        let early = self.plan.early(POSITION_RATE);
        let delay = u64::from(pre_skip(config)).saturating_add(early);
        let delay = u16::try_from(delay).unwrap_or(u16::MAX);
        let mut config = config.to_vec();
        if let Some(bytes) = config.get_mut(PRE_SKIP) {
            bytes.copy_from_slice(&delay.to_le_bytes());
        }
        (config, delay)
    }

    /// The size in bytes of the index of parts: the descriptions of the file and its tracks, and
    /// the other parts.
    fn room(&self) -> usize {
        room(2 + self.plan.layout.others.len())
    }

    fn note_part(&mut self, id: u32) {
        self.parts.push((id, self.at - self.segment));
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len() as u64;
        self.sink.write_all(bytes).map_err(Error::write)
    }

    /// Overwrites bytes at an offset.
    fn put_at(&mut self, place: u64, bytes: &[u8]) -> Result<()> {
        let sink = &mut self.sink;
        let outcome = sink.seek(SeekFrom::Start(place)).and_then(|_| sink.write_all(bytes));
        outcome.and_then(|()| sink.seek(SeekFrom::Start(self.at))).map(drop).map_err(Error::write)
    }

    /// Copies a range of the source.
    fn copy(&mut self, place: Range<u64>) -> Result<()> {
        let stream = &mut self.blocks.stream;
        stream.go_to(place.start).map_err(Error::read)?;
        let mut left = place.end.saturating_sub(place.start);
        self.at += left;
        while left > 0 {
            let piece = &mut self.piece[..left.min(PIECE as u64) as usize];
            stream.read(piece).map_err(Error::read)?;
            self.sink.write_all(piece).map_err(Error::write)?;
            left -= piece.len() as u64;
        }
        Ok(())
    }

    /// Finds the next block to copy.
    fn advance(&mut self) -> Result<()> {
        self.next = loop {
            match self.blocks.next().map_err(Error::read)? {
                Some(block) if block.track == self.plan.sound => {}
                found => break found,
            }
        };
        self.note_loss()
    }

    /// Notes the time of the first lost blocks, unless the file is already known to be cut off.
    fn note_loss(&mut self) -> Result<()> {
        if self.blocks.has_lost && self.lost.is_none() && self.plan.notes.is_empty() {
            let at = self.end as f64 * self.plan.scale as f64 / SECOND as f64;
            if self.plan.strict {
                return Err(Error::damaged_at(at, "a part of the video cannot be read".into()));
            }
            self.lost = Some(at);
        }
        Ok(())
    }

    /// Copies the blocks that begin up to this time.
    fn copy_up_to(&mut self, time: i64) -> Result<()> {
        while let Some(block) = self.next.take_if(|block| block.time <= time) {
            self.copy_block(&block)?;
            self.advance()?;
        }
        Ok(())
    }

    fn copy_block(&mut self, block: &Block) -> Result<()> {
        let is_cue = block.is_key && Some(block.track) == self.picture;
        let stamp = self.stamp(block.time, is_cue)?;
        if is_cue {
            self.note_cue(block);
        }
        let Range { start, end } = block.whole;
        match block.checksum {
            // The checksum would be wrong, so a void element replaces it.
            Some(at) => {
                self.copy(start..at)?;
                self.put(&[VOID as u8])?;
                self.copy(at + 1..block.stamp)?;
            }
            None => self.copy(start..block.stamp)?,
        }
        self.put(&stamp)?;
        self.copy(block.stamp + stamp.len() as u64..end)?;
        let entry = self.plan.entries.iter().find(|entry| entry.number == block.track);
        let frame = entry.and_then(|entry| entry.frame).map(|frame| frame / self.plan.scale);
        let duration = block.duration.or(frame).unwrap_or(0);
        self.end = self.end.max(block.time.saturating_add_unsigned(duration));
        Ok(())
    }

    fn note_cue(&mut self, block: &Block) {
        let Some(cluster) = self.cluster.as_mut().filter(|cluster| !cluster.has_cue) else {
            return;
        };
        if self.cues.len() < MOST_CUES {
            let time = u64::try_from(block.time).unwrap_or(0);
            let place = cluster.at - self.segment;
            self.cues.push(Cue { time, track: block.track, place });
            cluster.has_cue = true;
        }
    }

    /// The time of a block relative to its cluster. Starts a new cluster if necessary.
    fn stamp(&mut self, time: i64, is_cue: bool) -> Result<[u8; 2]> {
        let units = |seconds| (SECOND / self.plan.scale).saturating_mul(seconds);
        let fits = |cluster: &Cluster| {
            let stamp = i16::try_from(time.saturating_sub(cluster.time)).ok()?;
            let age = u64::try_from(stamp).unwrap_or(0);
            let is_full = self.at - cluster.body >= MOST_BYTES || age >= units(MOST_SECONDS);
            let ends = is_full || (is_cue && age >= units(LEAST_SECONDS));
            (!ends || age == 0).then_some(stamp)
        };
        if let Some(stamp) = self.cluster.as_ref().and_then(fits) {
            return Ok(stamp.to_be_bytes());
        }
        self.end_cluster()?;
        let at = self.at;
        let start = time.max(0);
        self.put(&master_head(CLUSTER))?;
        let body = self.at;
        self.put(&number_element(TIMESTAMP, start.unsigned_abs()))?;
        self.cluster = Some(Cluster { at, body, time: start, has_cue: false });
        let stamp = i16::try_from(time - start).unwrap_or(i16::MIN);
        Ok(stamp.to_be_bytes())
    }

    fn end_cluster(&mut self) -> Result<()> {
        match self.cluster.take() {
            Some(Cluster { body, .. }) => self.put_at(body - 8, &long_size(self.at - body)),
            None => Ok(()),
        }
    }

    /// The start of a packet, in nanoseconds.
    fn time_of(&self, packet: u64) -> i64 {
        let passed = nanoseconds(packet.saturating_mul(self.frame.into()), self.rate);
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.plan.begin.max(0).saturating_add(passed)
    }

    /// A time in nanoseconds, rounded to the nearest time unit.
    fn units(&self, time: i64) -> i64 {
        let scale = i64::try_from(self.plan.scale).unwrap_or(i64::MAX);
        let (whole, rest) = (time.div_euclid(scale), time.rem_euclid(scale));
        whole + i64::from(rest > scale / 2)
    }

    /// Writes the waiting packet after the blocks that come before it. `padding` is the inaudible
    /// time at its end, in nanoseconds.
    fn write_packet(&mut self, padding: Option<u64>) -> Result<()> {
        let Some(packet) = self.packet.take() else { return Ok(()) };
        let time = self.units(self.time_of(self.packets));
        self.packets += 1;
        self.copy_up_to(time)?;
        let stamp = self.stamp(time, false)?;
        let flags = if padding.is_some() { 0 } else { IS_KEY };
        let head = [&size(self.plan.sound)[..], &stamp, &[flags]].concat();
        let body = [&head[..], &packet].concat();
        let block = match padding {
            None => element(SIMPLE_BLOCK, &body),
            Some(padding) => {
                let padding = element(DISCARD_PADDING, &padding.to_be_bytes());
                element(BLOCK_GROUP, &[element(BLOCK, &body), padding].concat())
            }
        };
        self.put(&block)
    }

    /// Writes the values that are only known at the end.
    fn complete(&mut self) -> Result<()> {
        self.end_cluster()?;
        if !self.cues.is_empty() {
            self.note_part(CUES);
            self.put(&cues(&self.cues))?;
        }
        let duration = self.end.max(0) as f64;
        self.put_at(self.duration, &duration.to_be_bytes())?;
        let seek_head = seek_head(&self.parts);
        let void = void(self.room().saturating_sub(seek_head.len()));
        self.put_at(self.segment, &[seek_head, void].concat())?;
        self.put_at(self.segment - 8, &long_size(self.at - self.segment))?;
        self.sink.flush().map_err(Error::write)
    }
}

impl<R, W> Muxer for MatroskaMuxer<R, W>
where
    R: Read + Seek + Send,
    W: Write + Seek + Send,
{
    fn write(&mut self, frame: &[u8]) -> Result<()> {
        self.write_packet(None)?;
        self.packet = Some(frame.to_vec());
        Ok(())
    }

    fn finish(&mut self, track: &SoundTrack<'_>) -> Result<()> {
        let heard = self.pre_skip.saturating_add(track.samples);
        let packets = self.packets + u64::from(self.packet.is_some());
        // The last packet of PCM has exactly its audible length.
        let padding = match track.pcm {
            Some(_) => 0,
            None => packets.saturating_mul(self.frame.into()).saturating_sub(heard),
        };
        self.write_packet((padding > 0).then(|| nanoseconds(padding, self.rate)))?;
        let length = i64::try_from(nanoseconds(track.samples, self.rate)).unwrap_or(i64::MAX);
        self.end = self.end.max(self.units(self.plan.begin.saturating_add(length)));
        self.copy_up_to(i64::MAX)?;
        self.complete()
    }

    fn note(&self) -> Option<Warning> {
        let at = self.lost?;
        let text = format!(
            "from {at:.2} s on, a part of the video cannot be read, and is not in the result"
        );
        Some(Warning { code: WarningCode::VideoIncomplete, text })
    }
}

/// The position of the delay in the identification header of Opus.
const PRE_SKIP: Range<usize> = 10..12;

fn pre_skip(config: &[u8]) -> u16 {
    let bytes = config.get(PRE_SKIP).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u16::from_le_bytes)
}

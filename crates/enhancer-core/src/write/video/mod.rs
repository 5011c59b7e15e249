//! Videos: the sound is replaced, everything else is copied.
//!
//! [`Video::look`] checks whether a source is a video that can be copied. [`Video::create`] writes
//! the result. The trait [`Muxer`] hides the container.

mod matroska;
mod mp4;
mod writer;

use std::io::{Read, Seek, Write};

use self::writer::{SoundEncoder, VideoWriter, most_frames};
use crate::audio::Pcm;
use crate::audio::{AudioFormat, Container, SampleFormat};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::limits::Limits;
use crate::read::{AudioReader, Cancellable, Shared};
use crate::warning::Warning;
use crate::write::{AudioWriter, Frames, Packets, Pieces};

/// The reason why a video is not copied, as a clause.
type Reason = String;

/// A result that may be such a reason.
type Outcome<T> = std::result::Result<T, Reason>;

/// Writes a video around the new frames of its sound.
trait Muxer: Send {
    /// Takes the next frame of the sound, and copies everything that comes before it.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    fn write(&mut self, frame: &[u8]) -> Result<()>;

    /// Copies the rest, and completes the file.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    fn finish(&mut self, track: &SoundTrack<'_>) -> Result<()>;

    /// A warning about what was found to be missing in the source so far.
    fn note(&self) -> Option<Warning> {
        None
    }
}

/// The reason not to copy a video that consists of several joined files.
const JOINED: &str = "several videos are joined in it";

/// The track of the new sound.
struct SoundTrack<'a> {
    /// Samples per channel and second.
    rate: u32,
    channels: u16,
    /// The description of the codec: the AudioSpecificConfig of AAC (ISO/IEC 14496-3) or the
    /// identification header of Opus (RFC 7845). Empty for PCM.
    config: &'a [u8],
    /// The storage format of the samples, if they are not compressed.
    pcm: Option<Pcm>,
    /// Samples per channel in a frame.
    frame: u32,
    /// The number of audible samples per channel.
    samples: u64,
}

/// What a look at a source found.
pub(crate) enum Found<R> {
    /// A video that can be copied.
    Video(Video<R>),
    /// A video that cannot be copied, and the reason, as a clause.
    NotCopied(String),
    /// Something else.
    NoVideo,
}

/// A video that can be copied.
pub(crate) struct Video<R> {
    source: Cancellable<Shared<R>>,
    plan: Plan,
    /// The storage format of the samples, if they stay PCM.
    pcm: Option<Pcm>,
}

/// What is copied, and where the sound goes.
enum Plan {
    Mp4(mp4::Plan),
    Matroska(Box<matroska::Plan>),
}

impl<R: Read + Seek + Send> Video<R> {
    /// Examines the source of a reader.
    ///
    /// # Errors
    /// `Read` if the source fails, `ReadCancelled` if it was cancelled, `CorruptAudio` if a part
    /// of the video is missing and damage is an error.
    pub(crate) fn look(
        source: Shared<R>,
        reader: &dyn AudioReader,
        limits: &Limits,
        strict: bool,
        cancel: &CancelToken,
    ) -> Result<Found<R>> {
        if !reader.has_video() {
            return Ok(Found::NoVideo);
        }
        let container = reader.format().container;
        let mut source = Cancellable::new(source, cancel.clone());
        let plan = match (container, reader.track_id()) {
            (Container::Mp4, Some(track)) => {
                mp4::Plan::new(&mut source, track, limits, strict)?.map(Plan::Mp4)
            }
            (Container::Matroska, Some(track)) => {
                let sound = (track, reader.begins_at());
                matroska::Plan::new(&mut source, sound, limits, strict)?
                    .map(|plan| Plan::Matroska(Box::new(plan)))
            }
            _ => Err(format!(
                "the picture of {} cannot be copied; `ffmpeg -i IN -c copy OUT.mp4` makes an MP4 \
                 file of it",
                container.name()
            )),
        };
        Ok(match plan {
            Ok(plan) => Found::Video(Video { source, plan, pcm: None }),
            Err(reason) => Found::NotCopied(reason),
        })
    }

    /// The container of the result, which is that of the source.
    pub(crate) fn container(&self) -> Container {
        match &self.plan {
            Plan::Mp4(plan) => plan.container(),
            Plan::Matroska(plan) => plan.container(),
        }
    }

    /// Keeps PCM sound as PCM, and returns the format of its samples.
    pub(crate) fn keep_pcm(&mut self) -> Option<SampleFormat> {
        self.pcm = match &self.plan {
            Plan::Mp4(plan) => plan.pcm(),
            Plan::Matroska(plan) => plan.pcm(),
        };
        self.pcm.map(|pcm| pcm.sample_format)
    }

    /// The size in bytes of the sound with this many samples per channel, if it is known in
    /// advance.
    pub(crate) fn sound_bytes(&self, len: u64, channels: u16) -> u64 {
        let frame = self.pcm.map_or(0, |pcm| pcm.bytes() as u64 * u64::from(channels));
        len.saturating_mul(frame)
    }

    /// The number of copied bytes, as far as they were counted.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.plan {
            Plan::Mp4(plan) => plan.bytes(),
            Plan::Matroska(plan) => plan.bytes(),
        }
    }

    /// Warnings about the copy.
    pub(crate) fn notes(&self) -> &[Warning] {
        match &self.plan {
            Plan::Mp4(plan) => plan.notes(),
            Plan::Matroska(plan) => plan.notes(),
        }
    }

    /// Starts the file in `sink`, at position 0. `len` is the number of samples per channel that
    /// will come, if known.
    ///
    /// # Errors
    /// `Unwritable` if the codec cannot hold this sound, `Read` if the source fails, `Write` if the
    /// sink does.
    pub(crate) fn create<'a, W>(
        self,
        sink: W,
        format: &AudioFormat,
        len: Option<u64>,
    ) -> Result<Box<dyn AudioWriter + 'a>>
    where
        R: 'a,
        W: Write + Seek + Send + 'a,
    {
        let Video { source, plan, pcm } = self;
        Ok(match (plan, pcm) {
            (Plan::Mp4(plan), None) => {
                write_mp4(plan, source, sink, Frames::new(format)?, format, len)?
            }
            (Plan::Mp4(plan), Some(pcm)) => {
                write_mp4(plan, source, sink, Pieces::new(format, pcm, 0), format, len)?
            }
            (Plan::Matroska(plan), None) => {
                write_matroska(*plan, source, sink, Packets::new(format)?)?
            }
            (Plan::Matroska(plan), Some(pcm)) => {
                let early = plan.early(format.sample_rate);
                write_matroska(*plan, source, sink, Pieces::new(format, pcm, early))?
            }
        })
    }
}

fn write_mp4<'a, R, W, E>(
    plan: mp4::Plan,
    source: R,
    sink: W,
    encoder: E,
    format: &AudioFormat,
    len: Option<u64>,
) -> Result<Box<dyn AudioWriter + 'a>>
where
    R: Read + Seek + Send + 'a,
    W: Write + Seek + Send + 'a,
    E: SoundEncoder + 'a,
{
    let track = encoder.track();
    let most = len.map(|len| most_frames(&track, format, len));
    let muxer = mp4::Mp4Muxer::create(plan, source, sink, &track, most)?;
    Ok(Box::new(VideoWriter::new(encoder, Box::new(muxer))))
}

fn write_matroska<'a, R, W, E>(
    plan: matroska::Plan,
    source: R,
    sink: W,
    encoder: E,
) -> Result<Box<dyn AudioWriter + 'a>>
where
    R: Read + Seek + Send + 'a,
    W: Write + Seek + Send + 'a,
    E: SoundEncoder + 'a,
{
    let muxer = matroska::MatroskaMuxer::create(plan, source, sink, &encoder.track())?;
    Ok(Box::new(VideoWriter::new(encoder, Box::new(muxer))))
}

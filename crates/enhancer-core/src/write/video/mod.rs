//! Videos: their pictures and everything else is copied, and their sound replaced.
//!
//! [`Video::look`] finds out whether a source is a video that can be copied, and
//! [`Video::create`] writes it. What a container does is behind the trait [`Muxer`].

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

/// Why a video is not copied: a clause.
type Reason = String;

/// What is made of a video that may have such a reason.
type Outcome<T> = std::result::Result<T, Reason>;

/// What writes a video around the new frames of its sound.
trait Muxer: Send {
    /// Takes the next frame of the sound, and copies what comes before it.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    fn write(&mut self, frame: &[u8]) -> Result<()>;

    /// Copies the rest, and completes the file.
    ///
    /// # Errors
    /// `Read` if the source fails, `Write` if the sink does.
    fn finish(&mut self, track: &SoundTrack<'_>) -> Result<()>;

    /// What it found to be missing in the source so far.
    fn note(&self) -> Option<Warning> {
        None
    }
}

/// Why a video is not copied that several files make up.
const JOINED: &str = "several videos are joined in it";

/// The track of the new sound.
struct SoundTrack<'a> {
    /// Samples of each channel in a second.
    rate: u32,
    channels: u16,
    /// What describes the codec: the AudioSpecificConfig of AAC (ISO/IEC 14496-3), the
    /// identification header of Opus (RFC 7845). PCM needs nothing.
    config: &'a [u8],
    /// How samples are stored, if they are not compressed.
    pcm: Option<Pcm>,
    /// Samples of each channel in a frame.
    frame: u32,
    /// Samples of each channel to be heard.
    samples: u64,
}

/// What was found out about a source.
pub(crate) enum Found<R> {
    /// A video that can be copied.
    Video(Video<R>),
    /// A video that cannot be copied, and why: a clause.
    NotCopied(String),
    /// Something else.
    NoVideo,
}

/// A video that can be copied.
pub(crate) struct Video<R> {
    source: Cancellable<Shared<R>>,
    plan: Plan,
    /// How the samples are stored, if they are not to be compressed.
    pcm: Option<Pcm>,
}

/// What is copied, and where the sound goes.
enum Plan {
    Mp4(mp4::Plan),
    Matroska(Box<matroska::Plan>),
}

impl<R: Read + Seek + Send> Video<R> {
    /// Looks at the source of a reader.
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

    /// Keeps sound that is PCM as PCM, and returns the format of its samples.
    pub(crate) fn keep_pcm(&mut self) -> Option<SampleFormat> {
        self.pcm = match &self.plan {
            Plan::Mp4(plan) => plan.pcm(),
            Plan::Matroska(plan) => plan.pcm(),
        };
        self.pcm.map(|pcm| pcm.sample_format)
    }

    /// Bytes of the sound of so many samples of each channel, if they are known before it is made.
    pub(crate) fn sound_bytes(&self, len: u64, channels: u16) -> u64 {
        let frame = self.pcm.map_or(0, |pcm| pcm.bytes() as u64 * u64::from(channels));
        len.saturating_mul(frame)
    }

    /// Bytes that are copied, as far as they were counted.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.plan {
            Plan::Mp4(plan) => plan.bytes(),
            Plan::Matroska(plan) => plan.bytes(),
        }
    }

    /// What the user should know of what is copied.
    pub(crate) fn notes(&self) -> &[Warning] {
        match &self.plan {
            Plan::Mp4(plan) => plan.notes(),
            Plan::Matroska(plan) => plan.notes(),
        }
    }

    /// Starts the file in `sink`, at position 0. `len` is how many samples of each channel will
    /// come, as far as it is known.
    ///
    /// # Errors
    /// `Unwritable` if its codec cannot hold that sound, `Read` if the source fails, `Write` if the
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

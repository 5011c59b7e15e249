//! Videos: their pictures and everything else is copied, and their sound replaced.
//!
//! [`Video::look`] finds out whether a source is a video that can be copied, and
//! [`Video::create`] writes it. What a container does is behind the trait [`Muxer`].

mod mp4;
mod shared;
mod writer;

pub(crate) use shared::Shared;

use std::io::{Read, Seek, Write};

use self::writer::VideoWriter;
use crate::cancel::CancelToken;
use crate::decode::{AudioReader, Cancellable};
use crate::encode::AudioWriter;
use crate::error::Result;
use crate::format::{AudioFormat, Container};
use crate::limits::Limits;
use crate::summary::Warning;

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
}

/// The track of the new sound.
struct SoundTrack<'a> {
    /// Samples of each channel in a second.
    rate: u32,
    channels: u16,
    /// The AudioSpecificConfig (ISO/IEC 14496-3).
    config: &'a [u8],
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
    plan: mp4::Plan,
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
        let Some(track) = reader.track_id().filter(|_| reader.format().container == Container::Mp4)
        else {
            let reason = format!(
                "the picture of {} cannot be copied yet; `ffmpeg -i IN -c copy OUT.mp4` makes an \
                 MP4 file of it",
                reader.format().container.name()
            );
            return Ok(Found::NotCopied(reason));
        };
        let mut source = Cancellable::new(source, cancel.clone());
        Ok(match mp4::Plan::new(&mut source, track, limits, strict)? {
            Ok(plan) => Found::Video(Video { source, plan }),
            Err(reason) => Found::NotCopied(reason),
        })
    }

    /// The container of the result, which is that of the source.
    pub(crate) fn container(&self) -> Container {
        self.plan.container()
    }

    /// Bytes that are copied.
    pub(crate) fn bytes(&self) -> u64 {
        self.plan.bytes()
    }

    /// What the user should know of what is copied.
    pub(crate) fn notes(&self) -> &[Warning] {
        self.plan.notes()
    }

    /// Starts the file in `sink`, at position 0. `len` is how many samples of each channel will
    /// come, as far as it is known.
    ///
    /// # Errors
    /// `Unwritable` if AAC cannot hold that sound, `Read` if the source fails, `Write` if the
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
        let channels = format.channels;
        let muxer = |rate, frames| -> Result<Box<dyn Muxer + 'a>> {
            let sound = (rate, channels);
            Ok(Box::new(mp4::Mp4Muxer::create(self.plan, self.source, sink, sound, frames)?))
        };
        Ok(Box::new(VideoWriter::create(format, len, muxer)?))
    }
}

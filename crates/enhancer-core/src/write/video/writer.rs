//! Writes a video: encodes its sound and passes it to the muxer.

use super::{Muxer, SoundTrack};
use crate::audio::AudioFormat;
use crate::error::Result;
use crate::warning::Warning;
use crate::write::{
    AudioWriter, Clipping, FRAME, Frames, PACKET, POSITION_RATE, Packets, Pieces, unwritable,
};

/// Frames beyond those for the length, because the encoder adds some.
const MORE_FRAMES: u64 = 2;

/// Encodes the sound of a video, frame by frame.
pub(super) trait SoundEncoder: Send {
    /// Encodes samples, `planes[channel]`, and passes the frames that are ready to `take`.
    ///
    /// # Errors
    /// `InvalidValue` if the planes do not match the format, and those of `take`.
    fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()>;

    /// Passes the rest to `take`.
    ///
    /// # Errors
    /// The errors of `take`.
    fn finish(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;

    /// The track so far.
    fn track(&self) -> SoundTrack<'_>;

    /// The samples so far that were cut off at full scale.
    fn clipping(&self) -> Option<Clipping>;
}

/// Writes the sound of a video, and the rest of the video with it.
pub(super) struct VideoWriter<'a, E> {
    encoder: E,
    muxer: Box<dyn Muxer + 'a>,
    is_complete: bool,
}

impl<'a, E: SoundEncoder> VideoWriter<'a, E> {
    /// `muxer` writes the video around the output of `encoder`.
    pub(super) fn new(encoder: E, muxer: Box<dyn Muxer + 'a>) -> Self {
        VideoWriter { encoder, muxer, is_complete: false }
    }
}

impl<E: SoundEncoder> AudioWriter for VideoWriter<'_, E> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        if self.is_complete {
            return Err(unwritable("the video is already complete"));
        }
        self.encoder.push(planes, &mut |frame| self.muxer.write(frame))
    }

    fn finish(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(());
        }
        self.encoder.finish(&mut |frame| self.muxer.write(frame))?;
        self.muxer.finish(&self.encoder.track())
    }

    fn clipping(&self) -> Option<Clipping> {
        self.encoder.clipping()
    }

    fn note(&self) -> Option<Warning> {
        self.muxer.note()
    }
}

/// The maximum number of frames for this many samples per channel.
pub(super) fn most_frames(track: &SoundTrack<'_>, format: &AudioFormat, len: u64) -> u64 {
    let (rate, from) = (u128::from(track.rate), u128::from(format.sample_rate));
    let samples = (u128::from(len) * rate).div_ceil(from.max(1));
    let frames = samples.div_ceil(track.frame.max(1).into());
    u64::try_from(frames).unwrap_or(u64::MAX).saturating_add(MORE_FRAMES)
}

impl SoundEncoder for Frames {
    fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.push(planes, take)
    }

    fn finish(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.finish(take)
    }

    fn track(&self) -> SoundTrack<'_> {
        SoundTrack {
            rate: self.rate(),
            channels: self.channels(),
            config: self.config(),
            pcm: None,
            frame: FRAME,
            samples: self.samples(),
        }
    }

    fn clipping(&self) -> Option<Clipping> {
        self.clipping()
    }
}

impl SoundEncoder for Packets {
    fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.push(planes, take)
    }

    fn finish(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.finish(|packet, _| take(packet))
    }

    fn track(&self) -> SoundTrack<'_> {
        SoundTrack {
            rate: POSITION_RATE,
            channels: self.head().channel_count.into(),
            config: self.config(),
            pcm: None,
            frame: PACKET,
            samples: self.len(),
        }
    }

    /// Opus can hold samples above full scale.
    fn clipping(&self) -> Option<Clipping> {
        None
    }
}

impl SoundEncoder for Pieces {
    fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.push(planes, take)
    }

    fn finish(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.finish(take)
    }

    fn track(&self) -> SoundTrack<'_> {
        SoundTrack {
            rate: self.rate(),
            channels: self.channels(),
            config: &[],
            pcm: Some(self.pcm()),
            frame: self.piece(),
            samples: self.samples(),
        }
    }

    fn clipping(&self) -> Option<Clipping> {
        self.clipping()
    }
}

//! Writes a video: encodes its sound and gives it to the muxer.

use super::{Muxer, SoundTrack};
use crate::encode::{AudioWriter, Clipping, FRAME, Frames, unwritable};
use crate::error::Result;
use crate::format::AudioFormat;

/// Frames behind those that the length tells: what the encoder adds.
const MORE_FRAMES: u64 = 2;

/// Writes the sound of a video, and with it the rest.
pub(super) struct VideoWriter<'a> {
    channels: u16,
    frames: Frames,
    muxer: Box<dyn Muxer + 'a>,
    is_complete: bool,
}

impl<'a> VideoWriter<'a> {
    /// `muxer` makes what writes the video, of the rate of the sound in Hz and of how many frames
    /// it will have at most, as far as that is known.
    ///
    /// # Errors
    /// Those of `muxer`, and `Unwritable` if AAC cannot hold that sound.
    pub(super) fn create(
        format: &AudioFormat,
        len: Option<u64>,
        muxer: impl FnOnce(u32, Option<u64>) -> Result<Box<dyn Muxer + 'a>>,
    ) -> Result<Self> {
        let frames = Frames::new(format)?;
        let (rate, from) = (u128::from(frames.rate()), u128::from(format.sample_rate));
        let len = len.map(|len| {
            let samples = (u128::from(len) * rate).div_ceil(from.max(1));
            let frames = samples.div_ceil(FRAME.into());
            u64::try_from(frames).unwrap_or(u64::MAX).saturating_add(MORE_FRAMES)
        });
        let muxer = muxer(frames.rate(), len)?;
        Ok(VideoWriter { channels: format.channels, frames, muxer, is_complete: false })
    }
}

impl AudioWriter for VideoWriter<'_> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        if self.is_complete {
            return Err(unwritable("the video is already complete"));
        }
        self.frames.push(planes, |frame| self.muxer.write(frame))
    }

    fn finish(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(());
        }
        self.frames.finish(|frame| self.muxer.write(frame))?;
        self.muxer.finish(&SoundTrack {
            rate: self.frames.rate(),
            channels: self.channels,
            config: self.frames.config(),
            samples: self.frames.samples(),
        })
    }

    fn clipping(&self) -> Option<Clipping> {
        self.frames.clipping()
    }
}

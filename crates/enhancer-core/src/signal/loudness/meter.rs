//! The integrated loudness of a stream of audio.

use std::fmt;

use ebur128::{Channel, EbuR128, Mode};

use crate::audio::{AudioFormat, BLOCK, plane_len};
use crate::error::{Error, Result};
use crate::signal::finite;

/// The speakers for the bits of a WAVE channel mask, from the lowest bit. Speakers at the back are
/// further round if there are others at the sides.
const SPEAKERS: [Channel; 18] = [
    Channel::Left,
    Channel::Right,
    Channel::Center,
    Channel::Unused, // low frequencies, which do not count
    Channel::LeftSurround,
    Channel::RightSurround,
    Channel::MpSC,
    Channel::MmSC,
    Channel::Mp180,
    Channel::Mp090,
    Channel::Mm090,
    Channel::Tp000,
    Channel::Up030,
    Channel::Up000,
    Channel::Um030,
    Channel::Up135,
    Channel::Up180,
    Channel::Um135,
];

/// The speakers at the sides, as a mask.
const SIDES: u32 = 0x600;

/// Measures the integrated loudness by EBU R 128 (ITU-R BS.1770-4): gated, with channels weighted
/// by the position of their speakers. A single channel counts once.
///
/// Memory grows by 80 bytes per second of audio.
pub struct LoudnessMeter {
    ebur128: EbuR128,
    block: Vec<Vec<f32>>,
    /// The largest magnitude so far.
    peak: f32,
}

impl LoudnessMeter {
    /// Creates a meter for audio with this rate, these channels and this channel mask. Without a
    /// mask, up to six channels are in WAVE's usual order. With more channels, all have the same
    /// weight.
    ///
    /// # Errors
    /// `InvalidValue` if the rate is below 16 Hz or above 2.8 MHz, or if there are no channels or
    /// more than 64.
    pub fn new(format: &AudioFormat) -> Result<LoudnessMeter> {
        let ebur128 = ebur128(format, Mode::I)?;
        Ok(LoudnessMeter { ebur128, block: vec![Vec::new(); format.channels.into()], peak: 0.0 })
    }

    /// Takes the next samples: `planes[channel]`, all of equal length.
    ///
    /// # Errors
    /// `InvalidValue` if the number of planes is not the number of channels or the planes differ in
    /// length.
    pub fn push(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = plane_len(planes)?;
        if planes.len() != self.block.len() {
            return Err(Error::invalid("the number of channels", self.block.len(), planes.len()));
        }
        for from in (0..len).step_by(BLOCK) {
            let to = len.min(from + BLOCK);
            for (block, plane) in self.block.iter_mut().zip(planes) {
                block.clear();
                // A single NaN would stay in the meter's filters for ever.
                block.extend(plane[from..to].iter().map(|&sample| finite(sample)));
            }
            self.peak = self.block.iter().flatten().fold(self.peak, |peak, x| peak.max(x.abs()));
            let block: Vec<_> = self.block.iter().map(Vec::as_slice).collect();
            let added = self.ebur128.add_frames_planar_f32(&block);
            added.map_err(|error| Error::invalid("a block of audio", "one to measure", error))?;
        }
        Ok(())
    }

    /// The integrated loudness so far, in LUFS; `None` if the audio is too quiet (no 0.4 s above
    /// -70 LUFS) or too short.
    pub fn integrated(&self) -> Option<f64> {
        self.ebur128.loudness_global().ok().filter(|lufs| lufs.is_finite())
    }

    /// The largest magnitude of a sample so far.
    pub(super) fn peak(&self) -> f32 {
        self.peak
    }
}

/// Creates a meter of the crate ebur128 for audio in this format, with its speakers.
///
/// # Errors
/// The errors of [`LoudnessMeter::new`].
pub(crate) fn ebur128(format: &AudioFormat, mode: Mode) -> Result<EbuR128> {
    let AudioFormat { sample_rate, channels, .. } = *format;
    let refused = |_| {
        let expected = "1 to 64 channels at 16 to 2822400 Hz";
        let actual = format!("{channels} channels at {sample_rate} Hz");
        Error::invalid("the audio to measure", expected, actual)
    };
    let mut ebur128 = EbuR128::new(channels.into(), sample_rate, mode).map_err(refused)?;
    if let Some(speakers) = speakers(format) {
        ebur128.set_channel_map(&speakers).map_err(refused)?;
    }
    Ok(ebur128)
}

/// The speakers of a format; `None` if the meter's defaults are right.
fn speakers(format: &AudioFormat) -> Option<Vec<Channel>> {
    let (channels, mask) = (usize::from(format.channels), format.channel_mask);
    if mask == 0 {
        return (channels > 6).then(|| vec![Channel::Center; channels]);
    }
    let speaker = |bit: usize| match SPEAKERS.get(bit) {
        Some(Channel::LeftSurround) if mask & SIDES != 0 => Channel::Mp135,
        Some(Channel::RightSurround) if mask & SIDES != 0 => Channel::Mm135,
        Some(speaker) => *speaker,
        None => Channel::Center,
    };
    let bits = (0..32).filter(|bit| mask & (1 << bit) != 0);
    // Channels that the mask does not name all have the same weight.
    Some(bits.map(speaker).chain(std::iter::repeat(Channel::Center)).take(channels).collect())
}

impl fmt::Debug for LoudnessMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let integrated = self.integrated();
        f.debug_struct("LoudnessMeter").field("integrated", &integrated).finish_non_exhaustive()
    }
}

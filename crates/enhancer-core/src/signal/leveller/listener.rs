//! Finds where a recording has speech, and how loud it is.

use ebur128::{EbuR128, Mode};

use super::{Curve, HOPS_PER_SECOND};
use crate::audio::{AudioFormat, Planes};
use crate::error::{Error, Result};
use crate::signal::loudness::ebur128;
use crate::signal::speech::{FRAME, Mono, SAMPLE_RATE, Speech};
use crate::signal::{NotLevelled, finite};

/// A hop with at least this many frames of speech is speech: more than half of the 6.25 frames that
/// begin in it.
const ENOUGH_FRAMES: u8 = 4;

/// Audio with a lower peak is silence: with 16 bits it becomes 0.
const INAUDIBLE: f32 = 1.0 / 65_536.0;

/// Milliseconds per hop.
const HOP_MS: u32 = 1000 / HOPS_PER_SECOND as u32;

/// Listens to audio piece by piece; the lengths of the pieces do not matter. Its memory grows by up
/// to 100 bytes per second of audio, and at the end, while the curve is made, by up to 800.
pub(crate) struct Listener {
    ebur128: EbuR128,
    sample_rate: u64,
    /// Samples per channel so far.
    received: u64,
    /// The largest magnitude so far.
    peak: f32,
    /// The loudness of each whole hop in LUFS, with speech or without.
    loudness: Vec<f32>,
    mono: Mono,
    speech: Speech,
    /// Frames that the detector has decided on.
    frames: u64,
    /// For each hop, the number of frames of speech that begin in it.
    with_speech: Vec<u8>,
}

impl Listener {
    /// Creates a listener for audio with this rate, these channels and this channel mask.
    ///
    /// # Errors
    /// The errors of [`LoudnessMeter::new`](crate::LoudnessMeter::new).
    pub(crate) fn new(format: &AudioFormat) -> Result<Listener> {
        Ok(Listener {
            ebur128: ebur128(format, Mode::M)?,
            sample_rate: format.sample_rate.into(),
            received: 0,
            peak: 0.0,
            loudness: vec![],
            mono: Mono::new(format.sample_rate)?,
            speech: Speech::new()?,
            frames: 0,
            with_speech: vec![],
        })
    }

    /// Takes the next samples, the same number for each channel. NaN counts as silence.
    pub(crate) fn push(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = planes[0].len();
        let mut from = 0;
        while from < len {
            let hop = self.loudness.len() as u64 + 1;
            let missing = hop * self.sample_rate / HOPS_PER_SECOND - self.received;
            let to = len.min(from + missing as usize);
            let part = |plane: &Vec<f32>| plane[from..to].iter().map(|&x| finite(x)).collect();
            self.hear(&planes.iter().map(part).collect())?;
            if missing == (to - from) as u64 {
                self.end_hop();
            }
            from = to;
        }
        Ok(())
    }

    /// Ends the audio. Returns the gains, or the reason why there are none.
    pub(crate) fn finish(mut self) -> Result<std::result::Result<Curve, NotLevelled>> {
        let rest = self.mono.finish()?;
        self.detect(&rest);
        self.with_speech.resize(self.loudness.len(), 0);
        let speech = self.loudness.iter().zip(&self.with_speech);
        let speech = speech.map(|(&lufs, &frames)| (frames >= ENOUGH_FRAMES).then_some(lufs));
        let curve = Curve::new(speech.collect());
        Ok(curve.ok_or(match self.peak {
            _ if self.received == 0 => NotLevelled::Empty,
            peak if peak < INAUDIBLE => NotLevelled::Silent,
            _ => NotLevelled::TooLittleSpeech,
        }))
    }

    /// Takes a part of a hop.
    fn hear(&mut self, part: &Planes) -> Result<()> {
        let planes: Vec<_> = part.iter().map(Vec::as_slice).collect();
        let added = self.ebur128.add_frames_planar_f32(&planes);
        added.map_err(|error| Error::invalid("a block of audio", "one to measure", error))?;
        self.received += planes[0].len() as u64;
        let samples = part.iter().flatten();
        self.peak = samples.fold(self.peak, |peak, sample| peak.max(sample.abs()));
        let mono = self.mono.push(part)?;
        self.detect(&mono);
        Ok(())
    }

    fn end_hop(&mut self) {
        let lufs = self.ebur128.loudness_window(HOP_MS).unwrap_or(f64::NEG_INFINITY);
        self.loudness.push(lufs as f32);
    }

    fn detect(&mut self, mono: &[f32]) {
        let (frames, with_speech) = (&mut self.frames, &mut self.with_speech);
        self.speech.push(mono, |is_speech| {
            let hop = *frames * FRAME as u64 * HOPS_PER_SECOND / u64::from(SAMPLE_RATE);
            with_speech.resize(hop as usize + 1, 0);
            with_speech[hop as usize] += u8::from(is_speech);
            *frames += 1;
        });
    }
}

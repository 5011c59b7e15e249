//! Measures a recording: how listeners would rate it, how loud it is, and how much of it is speech.

mod comparison;
mod tap;
#[cfg(test)]
mod tests;
mod windows;

use std::fmt;
use std::io::{Read, Seek};

use serde::Serialize;

use crate::audio::{AudioFormat, BLOCK, Planes, duration, plane_len, take_format};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Dnsmos, Scores, WINDOW};
use crate::read::{AudioReader, open_samples};
use crate::signal::loudness::{LAG, LoudnessMeter, TruePeak};
use crate::signal::speech::{FRAME, Mono, Speech};
use crate::signal::{finite, read_async};
use windows::{SECOND, Window, Windows};

pub use comparison::{Comparison, Finding, FindingCode};
pub(crate) use tap::{TappedReader, TappedWriter};

/// Below this share of speech, scores mean nothing.
const LITTLE_SPEECH: f64 = 0.1;

/// What was measured of a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Measures {
    /// How listeners would rate it: the mean over the windows with at least a tenth of speech, or over
    /// all windows if none has so much. A recording without samples has no scores. Without speech the
    /// numbers mean nothing.
    pub scores: Option<Scores>,
    /// How many windows of 9.01 s were rated.
    pub windows: usize,
    /// The integrated loudness in LUFS. A recording that is too quiet or too short has none.
    pub loudness: Option<f64>,
    /// The true peak in dBTP, full scale being 0. Silence has none.
    pub true_peak: Option<f64>,
    /// The share of speech in the recording, from 0 to 1.
    pub speech_share: f64,
    /// The share of speech in the rated windows, from 0 to 1.
    #[serde(skip)]
    pub(crate) rated_speech_share: f64,
    /// The duration in seconds.
    pub duration_seconds: f64,
}

/// Measures audio piece by piece, at any rate and with any channels. The lengths of the pieces do
/// not matter.
///
/// It holds up to as many windows of 9.01 s as it rates, 577 kB each, plus 1.3 MB, plus 81 bytes
/// per second of audio.
pub struct Meter {
    dnsmos: Dnsmos,
    loudness: LoudnessMeter,
    true_peak: TruePeak,
    /// The largest magnitude so far.
    peak: f32,
    mono: Mono,
    speech: Speech,
    /// Frames that the detector has decided on.
    frames: u64,
    /// Samples at the network's rate.
    heard: usize,
    /// For each second, the number of frames of speech that begin in it.
    with_speech: Vec<u8>,
    windows: Windows,
    /// Samples per channel.
    samples: u64,
    sample_rate: u32,
    channels: usize,
}

impl Meter {
    /// A number of windows that is enough for most purposes. In a long recording they are further
    /// apart.
    pub const WINDOWS: usize = 8;

    /// The maximum number of windows.
    pub const MOST_WINDOWS: usize = 64;

    /// Creates a meter for audio with this rate, these channels and this channel mask, which rates
    /// up to `windows` windows. Windows begin at whole seconds, as in the authors' program. If that
    /// makes more than `windows` windows, they begin at every 2nd, 4th, 8th and so on, so that they
    /// are evenly spaced. Windows with less than a tenth of speech are then left out. Audio that is
    /// shorter than a window is repeated. All channels are rated together, as their mean.
    ///
    /// # Errors
    /// `InvalidValue` if `windows` is not from 1 to [`MOST_WINDOWS`](Self::MOST_WINDOWS), and
    /// those of [`LoudnessMeter::new`].
    pub fn new(format: &AudioFormat, dnsmos: &Dnsmos, windows: usize) -> Result<Meter> {
        if !(1..=Meter::MOST_WINDOWS).contains(&windows) {
            let expected = format!("1 to {}", Meter::MOST_WINDOWS);
            return Err(Error::invalid("the number of windows", expected, windows));
        }
        let channels = usize::from(format.channels);
        Ok(Meter {
            dnsmos: dnsmos.clone(),
            loudness: LoudnessMeter::new(format)?,
            true_peak: TruePeak::new(channels, 0.0),
            peak: 0.0,
            mono: Mono::new(format.sample_rate)?,
            speech: Speech::new()?,
            frames: 0,
            heard: 0,
            with_speech: vec![],
            windows: Windows::new(windows),
            samples: 0,
            sample_rate: format.sample_rate,
            channels,
        })
    }

    /// Takes the next samples: `planes[channel]`, all of equal length. NaN counts as silence.
    ///
    /// # Errors
    /// `InvalidValue` if the number of planes is not the number of channels or the planes differ in
    /// length.
    pub fn push(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = plane_len(planes)?;
        if planes.len() != self.channels {
            return Err(Error::invalid("the number of channels", self.channels, planes.len()));
        }
        for from in (0..len).step_by(BLOCK) {
            let to = len.min(from + BLOCK);
            let block = |plane: &Vec<f32>| plane[from..to].iter().map(|&x| finite(x)).collect();
            let block: Planes = planes.iter().map(block).collect();
            self.loudness.push(&block)?;
            self.peaks(&block);
            let mono = self.mono.push(&block)?;
            self.hear(&mono);
            self.samples += (to - from) as u64;
        }
        Ok(())
    }

    /// Rates the audio, which takes most of the time, and returns all measures. `cancel` ends the
    /// work between two windows.
    ///
    /// # Errors
    /// `Cancelled`, or those of the network.
    pub fn finish(self, cancel: &CancelToken) -> Result<Measures> {
        pollster::block_on(self.finish_async(cancel, async || {}))
    }

    /// [`finish`](Self::finish) for async code. It awaits `pause` after each window, so that other
    /// tasks of the thread can run.
    ///
    /// # Errors
    /// Those of [`finish`](Self::finish).
    pub async fn finish_async(
        mut self,
        cancel: &CancelToken,
        pause: impl AsyncFnMut(),
    ) -> Result<Measures> {
        let windows = self.end()?;
        let seconds = self.with_enough_speech(&windows);
        self.rate(&windows, &seconds, cancel, pause).await
    }

    /// Ends the audio and returns the windows.
    fn end(&mut self) -> Result<Vec<Window>> {
        self.peaks(&vec![vec![0.0; LAG]; self.channels]);
        let rest = self.mono.finish()?;
        self.hear(&rest);
        Ok(std::mem::replace(&mut self.windows, Windows::new(1)).finish())
    }

    /// The starts, in seconds, of the windows with enough speech to be rated. All windows, if none
    /// has enough.
    fn with_enough_speech(&self, windows: &[Window]) -> Vec<usize> {
        let all: Vec<usize> = windows.iter().map(|(second, _)| *second).collect();
        let has_enough = |second: &usize| self.speech_share_from(*second) >= LITTLE_SPEECH;
        let enough: Vec<usize> = all.iter().copied().filter(has_enough).collect();
        if enough.is_empty() || self.is_repeated() { all } else { enough }
    }

    /// Whether the windows repeat a shorter recording: then they cover more seconds than it has.
    fn is_repeated(&self) -> bool {
        self.heard < WINDOW
    }

    /// The share of speech in the window that begins at this second.
    fn speech_share_from(&self, second: usize) -> f64 {
        let seconds = WINDOW / SECOND;
        let frames = self.with_speech.iter().skip(second).take(seconds).copied();
        frames.map(f64::from).sum::<f64>() / (seconds * SECOND / FRAME) as f64
    }

    /// The share of speech in the windows that begin at these seconds.
    fn rated_speech_share(&self, seconds: &[usize]) -> f64 {
        if seconds.is_empty() || self.is_repeated() {
            return self.speech_share();
        }
        let shares = seconds.iter().map(|&second| self.speech_share_from(second));
        shares.sum::<f64>() / seconds.len() as f64
    }

    /// Rates the windows that begin at one of these seconds.
    async fn rate(
        self,
        windows: &[Window],
        seconds: &[usize],
        cancel: &CancelToken,
        mut pause: impl AsyncFnMut(),
    ) -> Result<Measures> {
        let windows = windows.iter().filter(|(second, _)| seconds.contains(second));
        let mut rater = self.dnsmos.rater()?;
        let mut rated = vec![];
        let mut last = None;
        for (second, window) in windows {
            check(cancel)?;
            let later = last.map(|last| (second - last) * SECOND);
            rated.push(rater.rate(window, later)?);
            last = Some(second);
            pause().await;
        }
        Ok(Measures {
            scores: mean(&rated),
            windows: rated.len(),
            loudness: self.loudness.integrated(),
            true_peak: (self.peak > 0.0).then(|| 20.0 * f64::from(self.peak).log10()),
            speech_share: self.speech_share(),
            rated_speech_share: self.rated_speech_share(seconds),
            duration_seconds: duration(self.samples, self.sample_rate).as_secs_f64(),
        })
    }

    fn speech_share(&self) -> f64 {
        let with_speech: u64 = self.with_speech.iter().copied().map(u64::from).sum();
        with_speech as f64 / self.frames.max(1) as f64
    }

    fn peaks(&mut self, block: &Planes) {
        self.peak = self.true_peak.push(block).into_iter().fold(self.peak, f32::max);
        // Only higher peaks matter.
        self.true_peak.raise(self.peak);
    }

    fn hear(&mut self, mono: &[f32]) {
        let (frames, with_speech) = (&mut self.frames, &mut self.with_speech);
        self.speech.push(mono, |is_speech| {
            let second = (*frames * FRAME as u64 / SECOND as u64) as usize;
            with_speech.resize(second + 1, 0);
            with_speech[second] += u8::from(is_speech);
            *frames += 1;
        });
        self.heard += mono.len();
        self.windows.push(mono);
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("samples", &self.samples).finish_non_exhaustive()
    }
}

/// Measures everything that `reader` reads, with up to this many windows.
///
/// # Errors
/// The errors of [`Meter`] and [`AudioReader::read`].
pub fn measure(
    reader: &mut dyn AudioReader,
    dnsmos: &Dnsmos,
    windows: usize,
    cancel: &CancelToken,
) -> Result<Measures> {
    pollster::block_on(measure_async(reader, dnsmos, windows, cancel, async || {}))
}

/// [`measure`] for async code. It awaits `pause` after each block and each window, so that other
/// tasks of the thread can run.
///
/// # Errors
/// The errors of [`measure`].
pub async fn measure_async(
    reader: &mut dyn AudioReader,
    dnsmos: &Dnsmos,
    windows: usize,
    cancel: &CancelToken,
    mut pause: impl AsyncFnMut(),
) -> Result<Measures> {
    let mut meter = Meter::new(reader.format(), dnsmos, windows)?;
    let each_block = async |_| {
        pause().await;
        check(cancel)
    };
    read_async(reader, |planes| meter.push(planes), each_block).await?;
    meter.finish_async(cancel, pause).await
}

/// Compares the two parts of a take, as [`take_format`] describes it, of audio in this `format`:
/// the input and the model's whole output. Each is measured with up to this many windows. `pause`
/// is awaited after each block and each window.
///
/// # Errors
/// `CorruptAudio` if the take ends inside a frame, `Cancelled`, and those of [`Meter::new`] and
/// [`AudioReader::read`].
pub async fn compare_take_async(
    take: impl Read + Seek + Send,
    format: &AudioFormat,
    dnsmos: &Dnsmos,
    windows: usize,
    cancel: &CancelToken,
    mut pause: impl AsyncFnMut(),
) -> Result<Comparison> {
    let mut both = open_samples(take, take_format(format)?)?;
    let mut before = Meter::new(format, dnsmos, windows)?;
    let mut after = Meter::new(format, dnsmos, windows)?;
    let push = |planes: &[Vec<f32>]| {
        let (dry, wet) = planes.split_at(format.channels.into());
        before.push(dry).and_then(|()| after.push(wet))
    };
    let each_block = async |_| {
        pause().await;
        check(cancel)
    };
    read_async(&mut *both, push, each_block).await?;
    compare_async(before, after, cancel, pause).await
}

/// Compares the measurements of two meters for one recording. Both rate the same windows: those in
/// which the original recording has speech.
///
/// # Errors
/// The errors of [`Meter::finish`].
pub(crate) async fn compare_async(
    mut before: Meter,
    mut after: Meter,
    cancel: &CancelToken,
    mut pause: impl AsyncFnMut(),
) -> Result<Comparison> {
    let (was, is) = (before.end()?, after.end()?);
    let seconds = before.with_enough_speech(&was);
    let before = before.rate(&was, &seconds, cancel, &mut pause).await?;
    drop(was);
    let after = after.rate(&is, &seconds, cancel, pause).await?;
    Ok(Comparison::new(before, after))
}

fn check(cancel: &CancelToken) -> Result<()> {
    if cancel.is_cancelled() {
        return Err(ErrorKind::Cancelled { id: "score".into() }.into());
    }
    Ok(())
}

fn mean(rated: &[Scores]) -> Option<Scores> {
    let of = |pick: fn(&Scores) -> f64| {
        (!rated.is_empty()).then(|| rated.iter().map(pick).sum::<f64>() / rated.len() as f64)
    };
    Some(Scores {
        signal: of(|scores| scores.signal)?,
        background: of(|scores| scores.background)?,
        overall: of(|scores| scores.overall)?,
    })
}

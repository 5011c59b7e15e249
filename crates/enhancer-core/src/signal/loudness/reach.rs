//! Brings a whole recording to a loudness, although the limiter lowers it again.

use crate::error::Result;
use crate::read::AudioReader;
use crate::signal::read_async;

use super::{Levelled, Loudness, LoudnessMeter, limiter};

/// The maximum gain in dB. Beyond it there is more noise than voice.
const MOST: f64 = 40.0;

/// The maximum distance from the target, in LU.
const TOLERANCE: f64 = 0.05;

/// The maximum by which a gain exceeds the gain that would be enough without the limiter, in dB.
/// Speech that is limited more sounds distorted.
const PUSH: f64 = 12.0;

/// The maximum number of gains that are tried. The loudness is a smooth function of the gain, so
/// three are usually enough.
const TRIALS: usize = 6;

/// The outcome for a result with a requested loudness.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reached {
    /// The loudness that was requested.
    pub target: Loudness,
    /// The loudness of the result in LUFS; `None` if it is too quiet or too short to have one, and
    /// was not changed.
    pub lufs: Option<f64>,
    /// Whether a gain above 40 dB would be needed.
    needs_more_gain: bool,
}

impl Reached {
    /// Why the result is not within 0.1 LU of the target; `None` if it is.
    pub fn shortfall(&self) -> Option<String> {
        let target = self.target;
        let Some(lufs) = self.lufs else {
            return Some(format!(
                "the loudness stays as it was, not {target} LUFS: the result is too quiet or too \
                 short to measure"
            ));
        };
        if (lufs - f64::from(target.lufs())).abs() <= 0.1 {
            return None;
        }
        let why = match self.needs_more_gain {
            true => format!("it is raised by {MOST} dB at most"),
            false => "more would distort its peaks, which stay below -1 dBTP".into(),
        };
        Some(format!("the loudness is {lufs:.1} LUFS, not {target} LUFS: {why}"))
    }
}

/// Audio that can be read several times.
pub(crate) trait Reread {
    /// Reads it from the start.
    fn reader(&mut self) -> Result<Box<dyn AudioReader + '_>>;
}

/// Finds the factor that brings `audio`, which `meter` has measured completely, to the target
/// loudness after the limiter. Returns it with the outcome, or `None` if the audio stays as it is.
/// `each_block` is awaited after each block that was measured again; its error ends the work.
pub(crate) async fn reach_async(
    audio: &mut impl Reread,
    meter: &LoudnessMeter,
    target: Loudness,
    each_block: impl AsyncFnMut() -> Result<()>,
) -> Result<(Reached, Option<f32>)> {
    let mut reached = Reached { target, lufs: None, needs_more_gain: false };
    let mut gain = None;
    if let Some(lufs) = meter.integrated() {
        let wanted = f64::from(target.lufs()) - lufs;
        reached.needs_more_gain = wanted > MOST;
        let mut trial = Trial { gain: wanted.min(MOST), lufs: lufs + wanted.min(MOST) };
        if limiter::may_act(meter.peak() * factor(trial.gain)) {
            trial = search(audio, trial.gain, target, each_block).await?;
        }
        reached.lufs = Some(trial.lufs);
        gain = Some(factor(trial.gain));
    }
    Ok((reached, gain))
}

/// A gain in dB, and the resulting loudness in LUFS after the limiter.
#[derive(Clone, Copy)]
struct Trial {
    gain: f64,
    lufs: f64,
}

/// The gain that leads to the target, or the nearest allowed one, by the secant method.
async fn search(
    audio: &mut impl Reread,
    first: f64,
    target: Loudness,
    mut each_block: impl AsyncFnMut() -> Result<()>,
) -> Result<Trial> {
    let most = (first + PUSH).min(MOST);
    let mut trial = measure(audio, first, &mut each_block).await?;
    // The change of the loudness after the limiter for each dB of gain.
    let mut slope = 1.0;
    for _ in 1..TRIALS {
        let missing = f64::from(target.lufs()) - trial.lufs;
        let gain = (trial.gain + missing / slope).min(most);
        if missing.abs() <= TOLERANCE || (gain - trial.gain).abs() < 0.001 {
            break;
        }
        let next = measure(audio, gain, &mut each_block).await?;
        slope = ((next.lufs - trial.lufs) / (next.gain - trial.gain)).clamp(0.1, 1.0);
        trial = next;
    }
    Ok(trial)
}

/// Measures the result of a gain.
async fn measure(
    audio: &mut impl Reread,
    gain: f64,
    each_block: &mut impl AsyncFnMut() -> Result<()>,
) -> Result<Trial> {
    let mut reader = audio.reader()?;
    let mut meter = LoudnessMeter::new(reader.format())?;
    let mut levelled = Levelled::new(&mut *reader, factor(gain));
    read_async(&mut levelled, |planes| meter.push(planes), async |_| each_block().await).await?;
    Ok(Trial { gain, lufs: meter.integrated().unwrap_or(f64::NEG_INFINITY) })
}

fn factor(decibels: f64) -> f32 {
    10f64.powf(decibels / 20.0) as f32
}

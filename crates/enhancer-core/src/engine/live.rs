//! Live audio: enhanced as it arrives, with the least delay.

use std::fmt;

use super::bundle::{Aligner, Cutter};
use super::check_controls;
use super::plan::Plan;
use crate::audio::{Planes, append, check_planes, plane_len};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limits, check_not_zero};
use crate::model::{Model, Stream};
use crate::signal::{Controls, SignalPath};

/// Enhances live audio, such as that of a microphone or a call. The thread that pushes does the
/// work, hop by hop.
///
/// After [`finish`](Self::finish), the result is as long as the input and aligned to it. The input
/// must have the model's sample rate; it is not converted. For recorded audio, a
/// [`Session`](crate::Session) is faster and accepts any rate.
///
/// ```
/// use enhancer_core::{Controls, Live, Model};
///
/// # let model = std::fs::read("../../models/passthrough_model_lite.tflite").unwrap();
/// let model = Model::from_tflite(&model)?;
/// let mut live = Live::new(&model, 48_000, 1, &Controls::default())?;
/// let mut enhanced = live.push(&[vec![0.5; 1000]])?;
/// assert!(enhanced[0].len() + live.latency() >= 1000);
/// enhanced[0].append(&mut live.finish()?[0]);
/// // This model returns its input.
/// assert_eq!(enhanced, [vec![0.5; 1000]]);
/// # Ok::<(), enhancer_core::Error>(())
/// ```
pub struct Live {
    path: SignalPath,
    cutter: Cutter,
    aligner: Aligner,
    stream: Stream,
    latency: usize,
    finished: bool,
}

impl Live {
    /// Creates a stream of live audio with this rate in Hz and 1 to [`Limits::CHANNELS`] channels.
    /// It always runs as if the control `exact` were set; that control only affects the default
    /// input gain.
    ///
    /// # Errors
    /// `InvalidValue` if the rate is not the model's, if there are too many channels or none, or if
    /// a control is out of range or the model does not support it; `UnsupportedModel`,
    /// `CorruptModel` or `Inference` if the model cannot be prepared.
    pub fn new(
        model: &Model,
        sample_rate: u32,
        channels: u16,
        controls: &Controls,
    ) -> Result<Live> {
        // Each channel costs as much as a recording.
        if !(1..=Limits::CHANNELS).contains(&channels) {
            let expected = format!("1 to {}", Limits::CHANNELS);
            return Err(Error::invalid("the number of channels", expected, channels));
        }
        check_not_zero(sample_rate, channels)?;
        let channels = usize::from(channels);
        let model_rate = model.sample_rate();
        if let Some(rate) = model_rate.filter(|rate| *rate != sample_rate) {
            let expected = format!("{rate} Hz, at which {} works", model.name());
            let actual = format!("{sample_rate} Hz");
            return Err(Error::invalid("the sample rate of live audio", expected, actual));
        }
        check_controls(controls, model)?;
        let path = SignalPath::new(controls, sample_rate, model_rate, channels, false)?;
        let path = path.unwatched();
        let mut stream = model.stream(channels)?;
        stream.set_post_filter(controls.post_filter)?;
        let latency = model.delay() + longest_wait(path.frame(), model.hop());
        let plan = Plan::live(model);
        Ok(Live {
            path,
            cutter: Cutter::new(plan, channels),
            aligner: Aligner::new(&plan),
            stream,
            latency,
            finished: false,
        })
    }

    /// The maximum number of samples per channel by which the result lags behind the pushed
    /// samples, for pushes of any size. It includes up to 10 ms for the input gain `auto`. With
    /// pushes of whole hops the result lags less. The time to collect the samples of a push comes
    /// on top.
    pub fn latency(&self) -> usize {
        self.latency
    }

    /// Takes any number of samples, `planes[channel]`, and returns the enhanced samples that are
    /// ready. NaN becomes 0 and other samples are clamped to ±65 536. A model that works at any
    /// rate gets every bit unchanged, unless a control requires arithmetic.
    ///
    /// # Errors
    /// `InvalidValue` if the number of planes is not the number of channels or the planes differ in
    /// length, `SessionFinished` after [`finish`](Self::finish), `Inference` if the model fails.
    /// The stream is unusable after that.
    pub fn push(&mut self, planes: &[impl AsRef<[f32]>]) -> Result<Planes> {
        let channels = self.stream.lanes();
        check_planes(planes.len(), channels)?;
        let len = plane_len(planes)?;
        if self.finished {
            return Err(ErrorKind::SessionFinished { id: "live".into() }.into());
        }
        let hop = self.stream.hop();
        let mut enhanced = vec![Vec::new(); channels];
        // One hop at a time, so that few samples wait: waiting samples are moved for every hop.
        for from in (0..len).step_by(hop) {
            let to = len.min(from + hop);
            let part: Vec<_> = planes.iter().map(|plane| &plane.as_ref()[from..to]).collect();
            let heard = self.path.condition(&part)?;
            self.cutter.push(&heard);
            self.run(&mut enhanced)?;
        }
        Ok(enhanced)
    }

    /// Ends the input and returns the rest of the result. Further calls return nothing.
    ///
    /// # Errors
    /// `Inference` if the model fails.
    pub fn finish(&mut self) -> Result<Planes> {
        let mut enhanced = vec![Vec::new(); self.stream.lanes()];
        if self.finished {
            return Ok(enhanced);
        }
        self.finished = true;
        let rest = self.path.finish()?;
        self.cutter.push(&rest);
        self.cutter.finish();
        self.run(&mut enhanced)?;
        append(&mut enhanced, &self.path.finish_restoring()?);
        Ok(enhanced)
    }

    /// Runs the complete hops and appends their output.
    fn run(&mut self, enhanced: &mut Planes) -> Result<()> {
        while let Some(hop) = self.cutter.bundle() {
            // It cannot be stopped: a hop takes much less time than it lasts.
            if let Some(planes) = hop.run(&mut self.stream, || false)? {
                append(enhanced, &self.path.restore(self.aligner.align(planes))?);
            }
        }
        Ok(())
    }
}

/// The maximum number of waiting samples if audio is cut into frames and the frames into hops.
fn longest_wait(frame: usize, hop: usize) -> usize {
    // With whole frames, the number of samples that wait for a hop is a multiple of the greatest
    // common divisor.
    (frame - 1) + (hop - greatest_common_divisor(frame, hop))
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("channels", &self.stream.lanes())
            .field("latency", &self.latency)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{Engine, SessionOptions};
    use crate::model::fake;
    use crate::signal::{InputGain, Output};

    fn noise(channels: usize, len: usize) -> Planes {
        let sample = |c: usize, n: usize| {
            let hash = (n as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(c as u32 + 7);
            (hash as f32 / u32::MAX as f32 - 0.5) * 0.1
        };
        (0..channels).map(|c| (0..len).map(|n| sample(c, n)).collect()).collect()
    }

    /// The whole result for a signal that is pushed in portions, and the maximum number of samples
    /// by which it lagged.
    fn live(live: &mut Live, signal: &Planes, portion: usize) -> (Planes, usize) {
        let (len, mut behind) = (signal[0].len(), 0);
        let mut enhanced = vec![Vec::new(); signal.len()];
        for from in (0..len).step_by(portion) {
            let to = (from + portion).min(len);
            let part: Vec<_> = signal.iter().map(|plane| &plane[from..to]).collect();
            append(&mut enhanced, &live.push(&part).unwrap());
            behind = behind.max(to - enhanced[0].len());
        }
        append(&mut enhanced, &live.finish().unwrap());
        (enhanced, behind)
    }

    /// The result of a session for the same signal, strictly hop by hop.
    fn session(model: &Model, rate: u32, signal: &Planes, controls: Controls) -> Planes {
        let options = SessionOptions { controls, ..SessionOptions::default() };
        let engine = Engine::inline();
        let mut session = engine.open(model, "twin", rate, signal.len() as u16, options).unwrap();
        let mut enhanced = vec![Vec::new(); signal.len()];
        let mut taken = 0;
        while taken < signal[0].len() {
            let rest: Vec<_> = signal.iter().map(|plane| &plane[taken..]).collect();
            taken += session.push(&rest).unwrap();
            if let Some(planes) = session.pull().unwrap() {
                append(&mut enhanced, &planes);
            }
        }
        session.finish().unwrap();
        while let Some(planes) = session.pull().unwrap() {
            append(&mut enhanced, &planes);
        }
        enhanced
    }

    proptest! {
        #[test]
        fn it_is_what_a_session_makes_of_it(
            (hop, delay) in (1usize..700, 0usize..1500),
            (channels, len, portion) in (1usize..4, 0usize..4000, 1usize..900),
            auto in any::<bool>(),
            (mix, removed) in (0f32..=1.0, any::<bool>()),
        ) {
            let model = fake::integrator(hop, delay);
            let input_gain = if auto { InputGain::Auto } else { InputGain::Decibels(6.0) };
            let output = if removed { Output::Removed } else { Output::Enhanced };
            let controls = Controls { input_gain: Some(input_gain), mix, output, ..Controls::default() };
            let signal = noise(channels, len);
            let exact = Controls { exact: true, ..controls };
            let expected = session(&model, 48_000, &signal, exact);
            let mut there = Live::new(&model, 48_000, channels as u16, &controls).unwrap();
            let (enhanced, behind) = live(&mut there, &signal, portion);
            prop_assert_eq!(enhanced, expected);
            prop_assert!(behind <= there.latency(), "{behind} behind, {} said", there.latency());
        }
    }

    #[test]
    fn the_latency_is_reached_and_never_exceeded() {
        for (hop, delay, auto) in
            [(480, 1440, true), (480, 1440, false), (128, 384, true), (7, 0, true), (1, 3, false)]
        {
            let model = fake::integrator(hop, delay);
            let input_gain = Some(if auto { InputGain::Auto } else { InputGain::UNITY });
            let controls = Controls { input_gain, ..Controls::default() };
            let mut there = Live::new(&model, 48_000, 1, &controls).unwrap();
            // Sample by sample, for longer than it takes until the ends of frames and hops
            // coincide.
            let (_, behind) = live(&mut there, &noise(1, 480 * hop + delay), 1);
            assert_eq!(behind, there.latency(), "hop {hop}, delay {delay}, auto {auto}");
        }
    }

    #[test]
    fn it_ends_once_and_then_refuses_samples() {
        let mut there =
            Live::new(&fake::integrator(10, 5), 48_000, 2, &Controls::default()).unwrap();
        assert_eq!(there.push(&[[0.1; 7], [0.1; 7]]).unwrap()[0].len(), 0);
        assert_eq!(there.finish().unwrap()[1].len(), 7);
        assert_eq!(there.finish().unwrap(), [[0f32; 0], [0f32; 0]]);
        for planes in [[vec![0.1; 7], vec![0.1; 7]], [vec![], vec![]]] {
            assert_eq!(there.push(&planes).unwrap_err().code(), "session_finished");
        }
    }

    #[test]
    fn unsuitable_rates_channels_controls_and_planes_are_refused() {
        let model = fake::integrator(10, 5);
        let error = |rate, channels, controls: Controls| {
            Live::new(&model, rate, channels, &controls).unwrap_err().to_string()
        };
        let usual = Controls::default();
        assert!(error(44_100, 1, usual).contains("48000 Hz"), "{}", error(44_100, 1, usual));
        assert!(error(48_000, 0, usual).contains("1 to 64"));
        assert!(error(48_000, 65, usual).contains("1 to 64"));
        assert!(error(48_000, 1, Controls { mix: 2.0, ..usual }).contains("mix"));
        assert!(error(48_000, 1, Controls { post_filter: true, ..usual }).contains("post-filter"));
        let mut there = Live::new(&model, 48_000, 2, &usual).unwrap();
        assert!(there.push(&[[0.0]]).is_err());
        assert!(there.push(&[vec![0.0], vec![0.0, 0.0]]).is_err());
        // The stream still works.
        assert!(there.push(&[[0.0], [0.0]]).is_ok());
    }
}

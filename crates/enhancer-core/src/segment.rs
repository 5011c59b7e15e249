//! Cuts a session's samples into bundles of segments, runs them, and joins what
//! comes out.

use crate::audio::{Planes, append};
use crate::error::Result;
use crate::model::{Follower, Stream};
use crate::past::Pasts;
use crate::plan::Plan;

/// Gathers samples and cuts them into bundles.
pub(crate) struct Segmenter {
    plan: Plan,
    pasts: Pasts,
    /// The samples from position `start` on.
    planes: Planes,
    start: u64,
    /// Where the next bundle begins.
    next: u64,
    /// Where the samples end.
    end: u64,
    finished: bool,
}

impl Segmenter {
    /// Cuts after `plan`; `followers` are one a channel, or none if what a lane
    /// hears in its warm-up is all it must know.
    pub(crate) fn new(plan: Plan, channels: usize, followers: Vec<Box<dyn Follower>>) -> Segmenter {
        Segmenter {
            plan,
            pasts: Pasts::new(followers, &plan),
            planes: vec![Vec::new(); channels],
            start: 0,
            next: 0,
            end: 0,
            finished: false,
        }
    }

    fn lag(&self) -> u64 {
        self.plan.lag.unwrap_or(0) as u64
    }

    /// How many samples may come before the next bundle has to be taken.
    pub(crate) fn room(&self) -> usize {
        self.wanted().saturating_sub(self.end) as usize
    }

    /// Where the samples end that the next bundle hears.
    fn wanted(&self) -> u64 {
        self.next + (self.plan.bundle() + self.plan.after()) as u64
    }

    pub(crate) fn push(&mut self, planes: &[impl AsRef<[f32]>]) {
        debug_assert!(!self.finished);
        append(&mut self.planes, planes);
        self.end += planes[0].as_ref().len() as u64;
        self.pasts.follow(&self.planes, self.start);
    }

    /// No samples will come any more: from here on there is silence.
    pub(crate) fn finish(&mut self) {
        if !self.finished && self.end > 0 {
            let lag = self.lag();
            let lengthen = |plane: &mut Vec<f32>| plane.resize(plane.len() + lag as usize, 0.0);
            self.planes.iter_mut().for_each(lengthen);
            self.end += lag;
        }
        self.finished = true;
    }

    /// The next bundle, if all it hears is there.
    pub(crate) fn bundle(&mut self) -> Option<Bundle> {
        if !self.finished && self.end < self.wanted() {
            return None;
        }
        let end = self.end.min(self.next + self.plan.bundle() as u64);
        if self.next == end {
            return None;
        }
        let segments = self.segments(end);
        let heard = (self.wanted().min(self.end) - self.start) as usize;
        let planes = self.planes.iter().map(|plane| plane[..heard].to_vec()).collect();
        let bundle = Bundle { planes, segments, hop: self.plan.hop, delay: self.plan.delay };
        self.next = end;
        self.forget();
        Some(bundle)
    }

    /// The segments from the next position to `end`.
    fn segments(&mut self, end: u64) -> Vec<Segment> {
        let plan = &self.plan;
        (self.next..end)
            .step_by(plan.segment)
            .map(|begin| {
                let end = end.min(begin + plan.segment as u64);
                let behind = if self.finished { self.end - end } else { u64::MAX };
                let lane = begin.saturating_sub(plan.warm_up as u64);
                Segment {
                    from: (lane - self.start) as usize,
                    warm_up: (begin - lane) as usize,
                    len: (end - begin) as usize,
                    tail: behind.min(plan.fade as u64) as usize,
                    pasts: self.pasts.before(lane),
                }
            })
            .collect()
    }

    /// Drops the samples that no later bundle hears.
    fn forget(&mut self) {
        let heard_from = self.next.saturating_sub(self.plan.warm_up as u64);
        let done = (heard_from - self.start) as usize;
        for plane in &mut self.planes {
            plane.drain(..done);
        }
        self.start = heard_from;
    }
}

/// A stretch of the audio that one lane a channel enhances; lengths in samples.
#[derive(Debug)]
struct Segment {
    /// Where its lane begins, in the bundle's planes.
    from: usize,
    /// What the lane hears before the segment proper.
    warm_up: usize,
    /// The segment proper.
    len: usize,
    /// What is enhanced beyond it, for the crossfade into its successor.
    tail: usize,
    /// What its lanes must know of the past, of each channel; or nothing.
    pasts: Planes,
}

/// Consecutive segments that go through the model in lockstep: a task's work.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// What the segments hear; behind their end there is silence.
    planes: Planes,
    segments: Vec<Segment>,
    hop: usize,
    delay: usize,
}

impl Bundle {
    /// How many lanes it takes: each channel of each segment.
    pub(crate) fn lanes(&self) -> usize {
        self.segments.len() * self.planes.len()
    }

    /// Enhances the segments by a stream of [`lanes()`](Self::lanes) lanes that
    /// is at its beginning, or where the bundle before has left it. Gives `None` if
    /// `stopped` says so on the way.
    pub(crate) fn run(
        &self,
        stream: &mut Stream,
        stopped: impl Fn() -> bool,
    ) -> Result<Option<Vec<EnhancedSegment>>> {
        self.start(stream);
        let mut enhanced: Vec<_> = self.segments.iter().map(|s| self.enhanced(s)).collect();
        let mut input = vec![0.0; self.lanes() * self.hop];
        let mut output = vec![0.0; input.len()];
        for step in 0..self.steps() {
            if stopped() {
                return Ok(None);
            }
            self.gather(step, &mut input);
            stream.step(&input, &mut output)?;
            self.scatter(step, &output, &mut enhanced);
        }
        Ok(Some(enhanced))
    }

    /// Tells the lanes what they must know of the past.
    fn start(&self, stream: &mut Stream) {
        for (first, segment) in self.segments.iter().enumerate() {
            for (channel, past) in segment.pasts.iter().enumerate() {
                stream.start_amid(first * self.planes.len() + channel, past);
            }
        }
    }

    /// A segment's place for its output, still empty.
    fn enhanced(&self, segment: &Segment) -> EnhancedSegment {
        let plane = || Vec::with_capacity(segment.len + segment.tail);
        EnhancedSegment { len: segment.len, planes: self.planes.iter().map(|_| plane()).collect() }
    }

    /// Steps until the slowest lane is done.
    fn steps(&self) -> usize {
        let samples = |s: &Segment| s.warm_up + self.delay + s.len + s.tail;
        self.segments.iter().map(samples).max().unwrap_or(0).div_ceil(self.hop)
    }

    /// Every lane's hop of that step, in the order segment, channel.
    fn gather(&self, step: usize, input: &mut [f32]) {
        let sources = self.segments.iter().flat_map(|s| self.planes.iter().map(move |p| (s, p)));
        for ((segment, plane), hop) in sources.zip(input.chunks_exact_mut(self.hop)) {
            let from = (segment.from + step * self.hop).min(plane.len());
            let to = (from + self.hop).min(plane.len());
            let (heard, silence) = hop.split_at_mut(to - from);
            heard.copy_from_slice(&plane[from..to]);
            silence.fill(0.0);
        }
    }

    /// Appends to each segment what of the lanes' output belongs to it.
    fn scatter(&self, step: usize, output: &[f32], enhanced: &mut [EnhancedSegment]) {
        let mut hops = output.chunks_exact(self.hop);
        for (segment, enhanced) in self.segments.iter().zip(enhanced) {
            let skip = (segment.warm_up + self.delay).saturating_sub(step * self.hop);
            let wanted = segment.len + segment.tail;
            for (plane, hop) in enhanced.planes.iter_mut().zip(&mut hops) {
                let fresh = &hop[skip.min(hop.len())..];
                plane.extend_from_slice(&fresh[..fresh.len().min(wanted - plane.len())]);
            }
        }
    }
}

/// A segment's output: `len` samples and, behind them, its tail.
#[derive(Debug)]
pub(crate) struct EnhancedSegment {
    len: usize,
    planes: Planes,
}

/// Joins enhanced segments, which come in order, and crossfades their seams.
pub(crate) struct Joiner {
    /// Samples that are still to be dropped, by which the whole lags.
    lag: usize,
    /// The last segment's run into the next.
    tail: Planes,
}

impl Joiner {
    pub(crate) fn new(plan: &Plan) -> Joiner {
        Joiner { lag: plan.lag.unwrap_or(0), tail: Planes::new() }
    }

    /// Joins the segments of a bundle into one stretch of audio.
    pub(crate) fn join(&mut self, segments: Vec<EnhancedSegment>) -> Planes {
        let mut joined = Planes::new();
        for mut segment in segments {
            for (plane, tail) in segment.planes.iter_mut().zip(&self.tail) {
                fade_in(plane, tail);
            }
            self.tail = segment.planes.iter_mut().map(|p| p.split_off(segment.len)).collect();
            if joined.is_empty() {
                joined = segment.planes;
            } else {
                append(&mut joined, &segment.planes);
            }
        }
        let early = self.lag.min(joined[0].len());
        joined.iter_mut().for_each(|plane| _ = plane.drain(..early));
        self.lag -= early;
        joined
    }
}

/// Crossfades from `tail` to the beginning of `plane`, which say nearly the
/// same: the two gains are linear and add up to 1.
fn fade_in(plane: &mut [f32], tail: &[f32]) {
    let len = tail.len() as f32;
    for (n, (new, old)) in plane.iter_mut().zip(tail).enumerate() {
        let gain = (n as f32 + 0.5) / len;
        *new = *old + (*new - *old) * gain;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::fake;

    /// A signal without a pattern, different in each channel.
    fn noise(channels: usize, len: usize) -> Planes {
        let sample = |c: usize, n: usize| {
            let hash = (n as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(c as u32 + 7);
            hash as f32 / u32::MAX as f32 - 0.5
        };
        (0..channels).map(|c| (0..len).map(|n| sample(c, n)).collect()).collect()
    }

    /// The whole way without queues and workers, in pushes of `chunk` samples;
    /// `enhance` runs a bundle.
    fn run(
        plan: Plan,
        signal: &Planes,
        chunk: usize,
        mut enhance: impl FnMut(&Bundle) -> Vec<EnhancedSegment>,
    ) -> Planes {
        let mut segmenter = Segmenter::new(plan, signal.len(), vec![]);
        let mut joiner = Joiner::new(&plan);
        let mut enhanced: Planes = vec![Vec::new(); signal.len()];
        let mut bundles = |segmenter: &mut Segmenter| {
            while let Some(bundle) = segmenter.bundle() {
                append(&mut enhanced, &joiner.join(enhance(&bundle)));
            }
        };
        for from in (0..signal[0].len()).step_by(chunk) {
            let to = (from + chunk).min(signal[0].len());
            let part: Vec<_> = signal.iter().map(|plane| &plane[from..to]).collect();
            segmenter.push(&part);
            bundles(&mut segmenter);
        }
        segmenter.finish();
        bundles(&mut segmenter);
        enhanced
    }

    proptest! {
        /// Lanes, warm-ups, seams and the removed delay add up to what one
        /// sequential run gives, for any sizes.
        #[test]
        fn segments_equal_one_sequential_run(
            len in 0usize..9000,
            channels in 1usize..7,
            hop in 1usize..300,
            delay in 0usize..700,
            workers in 1usize..5,
            chunk in 1usize..3000,
            len_known: bool,
        ) {
            let model = fake::integrator(hop, delay);
            let plan = Plan::new(&model, channels, len_known.then_some(len as u64), workers);
            // Short segments, so that there are seams.
            let plan = if len_known { plan } else { Plan { segment: hop * 3, ..plan } };
            let signal = noise(channels, len);
            let enhanced = run(plan, &signal, chunk, |bundle| {
                let mut stream = model.stream(bundle.lanes()).unwrap();
                bundle.run(&mut stream, || false).unwrap().unwrap()
            });
            for (enhanced, signal) in enhanced.iter().zip(&signal) {
                let expected = fake::integrated(signal);
                prop_assert_eq!(enhanced.len(), expected.len());
                for (n, (enhanced, expected)) in enhanced.iter().zip(&expected).enumerate() {
                    prop_assert!((enhanced - expected).abs() < 1e-5, "sample {}", n);
                }
            }
        }
    }

    proptest! {
        /// One run, handed on from bundle to bundle, gives what it would give alone.
        #[test]
        fn a_sequence_of_bundles_equals_one_run(
            len in 0usize..9000,
            channels in 1usize..4,
            hop in 1usize..100,
            hops in 1usize..8,
            delay in 0usize..700,
            chunk in 1usize..3000,
        ) {
            let model = fake::slow_integrator(hop, delay);
            let plan = Plan::sequential(&model, channels, hops);
            // Short bundles, so that there are many.
            let plan = Plan { segment: 3 * plan.hop, ..plan };
            let signal = noise(channels, len);
            let mut stream = model.sequence(channels, hops).unwrap();
            let enhanced = run(plan, &signal, chunk, |bundle| {
                bundle.run(&mut stream, || false).unwrap().unwrap()
            });
            for (enhanced, signal) in enhanced.iter().zip(&signal) {
                prop_assert_eq!(enhanced, &fake::integrated_by(fake::SLOW_LEAK, signal));
            }
        }
    }

    #[test]
    fn a_seam_is_faded_from_the_old_segment_to_the_new() {
        let segment =
            |value: f32, len, tail| EnhancedSegment { len, planes: vec![vec![value; len + tail]] };
        let plan = Plan { lag: Some(2), ..Plan::new(&fake::integrator(1, 0), 1, None, 1) };
        let mut joiner = Joiner::new(&plan);
        let joined = joiner.join(vec![segment(0.0, 4, 4), segment(1.0, 6, 0)]);
        assert_eq!(joined[0], [0.0, 0.0, 0.125, 0.375, 0.625, 0.875, 1.0, 1.0]);
    }
}

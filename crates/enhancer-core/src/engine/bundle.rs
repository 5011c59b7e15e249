//! Cuts a session's samples into bundles, runs them, and removes the delay from the output.

use super::plan::{Order, Plan};
use crate::audio::{Planes, append};
use crate::error::Result;
use crate::model::Stream;

/// Collects samples and cuts them into bundles.
pub(crate) struct Cutter {
    plan: Plan,
    /// Samples that are not part of a bundle yet.
    planes: Planes,
    /// Whether any samples were pushed.
    begun: bool,
    finished: bool,
}

impl Cutter {
    /// Cuts the samples of this many channels according to `plan`.
    pub(crate) fn new(plan: Plan, channels: usize) -> Cutter {
        Cutter { plan, planes: vec![Vec::new(); channels], begun: false, finished: false }
    }

    /// The number of samples that fit before the next bundle has to be taken.
    pub(crate) fn room(&self) -> usize {
        self.plan.bundle.saturating_sub(self.planes[0].len())
    }

    pub(crate) fn push(&mut self, planes: &[impl AsRef<[f32]>]) {
        debug_assert!(!self.finished);
        append(&mut self.planes, planes);
        self.begun |= !planes[0].as_ref().is_empty();
    }

    /// Ends the input. Silence follows it: as many samples as the output lags.
    pub(crate) fn finish(&mut self) {
        if !self.finished && self.begun {
            let lag = self.plan.lag();
            self.planes.iter_mut().for_each(|plane| plane.resize(plane.len() + lag, 0.0));
        }
        self.finished = true;
    }

    /// The next bundle, if it is complete.
    pub(crate) fn bundle(&mut self) -> Option<Bundle> {
        let there = self.planes[0].len();
        let len = there.min(self.plan.bundle);
        if len == 0 || (len < self.plan.bundle && !self.finished) {
            return None;
        }
        let planes = self.planes.iter_mut().map(|plane| plane.drain(..len).collect()).collect();
        Some(Bundle { planes, hop: self.plan.hop })
    }
}

impl Plan {
    /// The number of samples by which the output lags.
    fn lag(&self) -> usize {
        match self.order {
            Order::Sequential { delay } => delay,
            Order::Parallel => 0,
        }
    }
}

/// A section of the audio with one lane per channel. It is the work of one task.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Never empty. Silence follows the last sample.
    planes: Planes,
    /// Samples per lane that a step takes.
    hop: usize,
}

impl Bundle {
    /// The number of lanes: one per channel.
    pub(crate) fn lanes(&self) -> usize {
        self.planes.len()
    }

    /// Samples per lane that a step takes.
    pub(crate) fn hop(&self) -> usize {
        self.hop
    }

    /// Enhances the bundle with a stream that is new, or that has just run the bundle before.
    /// Returns as many samples as the bundle holds, or `None` if `stopped` returned true on the
    /// way.
    pub(crate) fn run(
        &self,
        stream: &mut Stream,
        stopped: impl Fn() -> bool,
    ) -> Result<Option<Planes>> {
        let len = self.planes[0].len();
        let mut enhanced = vec![Vec::with_capacity(len); self.lanes()];
        let mut input = vec![0.0; self.lanes() * self.hop];
        let mut output = vec![0.0; input.len()];
        for from in (0..len).step_by(self.hop) {
            if stopped() {
                return Ok(None);
            }
            let fresh = self.hop.min(len - from);
            for (plane, hop) in self.planes.iter().zip(input.chunks_exact_mut(self.hop)) {
                hop[..fresh].copy_from_slice(&plane[from..from + fresh]);
                hop[fresh..].fill(0.0);
            }
            stream.step(&input, &mut output)?;
            for (plane, hop) in enhanced.iter_mut().zip(output.chunks_exact(self.hop)) {
                plane.extend_from_slice(&hop[..fresh]);
            }
        }
        Ok(Some(enhanced))
    }
}

/// Drops the samples by which the enhanced bundles lag. They must come in order.
pub(crate) struct Aligner {
    /// Samples still to be dropped.
    lag: usize,
}

impl Aligner {
    pub(crate) fn new(plan: &Plan) -> Aligner {
        Aligner { lag: plan.lag() }
    }

    /// The samples of the next bundle that belong to the result.
    pub(crate) fn align(&mut self, mut enhanced: Planes) -> Planes {
        let early = self.lag.min(enhanced[0].len());
        self.lag -= early;
        if early > 0 {
            enhanced.iter_mut().for_each(|plane| _ = plane.drain(..early));
        }
        enhanced
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::fake;

    /// Noise that differs in each channel.
    fn noise(channels: usize, len: usize) -> Planes {
        let sample = |c: usize, n: usize| {
            let hash = (n as u32 + 1).wrapping_mul(2_654_435_761).rotate_left(c as u32 + 7);
            hash as f32 / u32::MAX as f32 - 0.5
        };
        (0..channels).map(|c| (0..len).map(|n| sample(c, n)).collect()).collect()
    }

    /// The whole process without queues and workers, in pushes of `chunk` samples. `enhance` runs a
    /// bundle.
    fn run(
        plan: Plan,
        signal: &Planes,
        chunk: usize,
        mut enhance: impl FnMut(&Bundle) -> Planes,
    ) -> Planes {
        let mut cutter = Cutter::new(plan, signal.len());
        let mut aligner = Aligner::new(&plan);
        let mut enhanced: Planes = vec![Vec::new(); signal.len()];
        let mut bundles = |cutter: &mut Cutter| {
            while let Some(bundle) = cutter.bundle() {
                append(&mut enhanced, &aligner.align(enhance(&bundle)));
            }
        };
        for from in (0..signal[0].len()).step_by(chunk) {
            let to = (from + chunk).min(signal[0].len());
            let part: Vec<_> = signal.iter().map(|plane| &plane[from..to]).collect();
            cutter.push(&part);
            bundles(&mut cutter);
        }
        cutter.finish();
        bundles(&mut cutter);
        enhanced
    }

    proptest! {
        /// Bundles that run independently add up to the model's output for the whole signal.
        #[test]
        fn parallel_bundles_equal_the_whole(
            len in 0usize..9000,
            channels in 1usize..7,
            hop in 1usize..300,
            workers in 1usize..5,
            chunk in 1usize..3000,
            len_known: bool,
        ) {
            let model = fake::reversing(hop);
            let plan = Plan::new(&model, channels, len_known.then_some(len as u64), workers);
            // Short bundles, so that there are many.
            let plan = if len_known { plan } else { Plan { bundle: hop * 3, ..plan } };
            prop_assert_eq!(plan.order, Order::Parallel);
            let signal = noise(channels, len);
            let enhanced = run(plan, &signal, chunk, |bundle| {
                let mut stream = model.stream(bundle.lanes()).unwrap();
                bundle.run(&mut stream, || false).unwrap().unwrap()
            });
            for (enhanced, signal) in enhanced.iter().zip(&signal) {
                prop_assert_eq!(enhanced, &fake::reversed(signal, hop));
            }
        }
    }

    proptest! {
        /// A run that is passed from bundle to bundle gives the same result as a run over the whole
        /// signal.
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
            let plan = Plan { bundle: 3 * plan.hop, ..plan };
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
}

//! How a session's audio is cut into bundles.

use crate::model::Model;

/// The approximate maximum number of samples, over all channels, in a bundle: large enough that the
/// cost of the queues does not matter, small enough that other sessions get their turns soon and
/// windows stay small.
const BUNDLE_SAMPLES: usize = 1 << 16;

/// Hops per channel in a step of a run over the whole audio, with one worker. It is large enough that work
/// which does not depend on the previous hop runs together, and small enough that little is wasted on
/// the silence after the end.
const HOPS_IN_STEP: usize = 64;

/// The limit for all channels together, which bounds the memory of a step. With several workers, one
/// channel takes all of it: workers wait for each other at the end of a step, and eight blocks keep
/// more of them busy than four. By list scheduling, eight workers are then more than 5 times as fast as
/// one, and 3.8 times with four blocks.
const LANE_HOPS_IN_STEP: usize = 128;

/// How a session's audio is cut into *bundles* of equal length. In each bundle, every channel is a
/// lane of a run. Lengths are in samples per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Samples per lane that a step takes: one or more hops of the model.
    pub(crate) hop: usize,
    /// The length of a bundle, a multiple of the hop.
    pub(crate) bundle: usize,
    pub(crate) order: Order,
}

/// The order in which bundles run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// One after the other: a single run processes all of them. Its output lags behind its input by
    /// `delay` samples.
    Sequential { delay: usize },
    /// In parallel, each with its own run. This is for models without memory: they give the same
    /// result for any cut into whole hops.
    Parallel,
}

impl Plan {
    /// The plan for `channels` channels of `len` samples, if the length is known.
    pub(crate) fn new(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        match model.has_memory() {
            true => Plan::sequential(model, channels, hops_in_step(channels, workers)),
            false => Plan::parallel(model, channels, len, workers),
        }
    }

    /// The plan for a single run over the whole audio that takes `hops` hops per step.
    pub(crate) fn sequential(model: &Model, channels: usize, hops: usize) -> Plan {
        let hop = model.hop() * hops;
        let order = Order::Sequential { delay: model.delay() };
        Plan { hop, bundle: hop * steps_in_bundle(hop, channels), order }
    }

    /// The plan for live audio: a bundle is a hop.
    pub(crate) fn live(model: &Model) -> Plan {
        let (hop, delay) = (model.hop(), model.delay());
        Plan { hop, bundle: hop, order: Order::Sequential { delay } }
    }

    /// The plan that gives each worker a bundle even for short audio.
    fn parallel(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        let hop = model.hop();
        let most = steps_in_bundle(hop, channels);
        let share = len.map_or(most as u64, |len| len.div_ceil((workers * hop) as u64));
        Plan { hop, bundle: hop * share.clamp(1, most as u64) as usize, order: Order::Parallel }
    }
}

/// Steps in a bundle of the usual length.
fn steps_in_bundle(hop: usize, channels: usize) -> usize {
    (BUNDLE_SAMPLES / hop.saturating_mul(channels)).max(1)
}

/// Hops per channel in a step of a run over the whole audio. It is a power of two, which fills the
/// blocks that the hops run in.
fn hops_in_step(channels: usize, workers: usize) -> usize {
    let of_channel = if workers > 1 { LANE_HOPS_IN_STEP } else { HOPS_IN_STEP };
    let most = (LANE_HOPS_IN_STEP / channels).clamp(1, of_channel);
    1 << most.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fake;

    #[test]
    fn short_audio_gives_every_worker_a_bundle() {
        let model = fake::reversing(10);
        for workers in 1..=8 {
            let plan = Plan::new(&model, 1, Some(80_000), workers);
            assert!(80_000_usize.div_ceil(plan.bundle) >= workers, "{plan:?}");
        }
    }

    #[test]
    fn a_model_with_memory_is_one_run_for_any_number_of_workers() {
        let model = fake::integrator(100, 700);
        let one = Plan::new(&model, 2, Some(50_000), 1);
        assert_eq!(one.order, Order::Sequential { delay: 700 });
        assert!((2..9).all(|workers| Plan::new(&model, 2, Some(50_000), workers) == one));
        let of_mono = |workers| Plan::new(&model, 1, None, workers);
        assert_eq!((of_mono(1).hop, of_mono(2).hop), (6400, 12_800));
        assert_eq!(of_mono(8), of_mono(2));
    }

    #[test]
    fn a_step_is_bounded_for_any_number_of_channels() {
        let hops = |workers| [1, 2, 3, 4, 6, 64, 65_535].map(|count| hops_in_step(count, workers));
        assert_eq!(hops(1), [64, 64, 32, 32, 16, 2, 1]);
        assert_eq!(hops(2), [128, 64, 32, 32, 16, 2, 1]);
    }

    #[test]
    fn a_bundle_of_many_channels_is_no_larger_than_one_of_few() {
        for model in [fake::integrator(100, 0), fake::reversing(100)] {
            let samples = |channels| channels * Plan::new(&model, channels, None, 2).bundle;
            assert!(samples(32) <= 2 * samples(1).max(32 * 1_600));
        }
    }
}

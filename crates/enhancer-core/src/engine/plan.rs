//! How a session's audio is cut into bundles.

use crate::model::Model;

/// The most samples of all channels that a bundle covers, about: long enough to
/// make the cost of queues vanish, short enough for other sessions to get their
/// turns soon and for a window to stay small.
const BUNDLE_SAMPLES: usize = 1 << 16;

/// Hops that a run over all of the audio takes in a step: enough for what need not
/// wait for the hop before to run together, few enough that little is wasted on
/// the silence behind the audio's end. They make four blocks, so that some workers are
/// always busy with one recording.
pub(crate) const HOPS_IN_STEP: usize = 64;

/// The same for all channels together, which bounds what a step holds.
const LANE_HOPS_IN_STEP: usize = 128;

/// The cut of a session's audio into *bundles* of equal length, in each of which
/// every channel is a lane of a run. Lengths are samples of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Samples that a step takes of a lane: the model's hop, or some of them.
    pub(crate) hop: usize,
    /// Length of a bundle; a multiple of the hop.
    pub(crate) bundle: usize,
    pub(crate) order: Order,
}

/// In which order bundles run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// One after the other: a single run goes through all of them. What it gives
    /// lags behind its input by `delay` samples.
    Sequential { delay: usize },
    /// Side by side, each by a run of its own. That is for models without memory,
    /// of which any cut into whole hops gives the same.
    Parallel,
}

impl Plan {
    /// The cut for `channels` channels of `len` samples, if that is known.
    pub(crate) fn new(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        match model.has_memory() {
            true => Plan::sequential(model, channels, hops_in_step(channels)),
            false => Plan::parallel(model, channels, len, workers),
        }
    }

    /// The cut for one run over all of the audio which takes `hops` hops in a step.
    pub(crate) fn sequential(model: &Model, channels: usize, hops: usize) -> Plan {
        let hop = model.hop() * hops;
        let order = Order::Sequential { delay: model.delay() };
        Plan { hop, bundle: hop * steps_in_bundle(hop, channels), order }
    }

    /// The cut of live audio: a bundle is a hop.
    pub(crate) fn live(model: &Model) -> Plan {
        let (hop, delay) = (model.hop(), model.delay());
        Plan { hop, bundle: hop, order: Order::Sequential { delay } }
    }

    /// The cut that gives every worker a bundle even of short audio.
    fn parallel(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        let hop = model.hop();
        let most = steps_in_bundle(hop, channels);
        let share = len.map_or(most as u64, |len| len.div_ceil((workers * hop) as u64));
        Plan { hop, bundle: hop * share.clamp(1, most as u64) as usize, order: Order::Parallel }
    }
}

/// Steps of a bundle of the usual length.
fn steps_in_bundle(hop: usize, channels: usize) -> usize {
    (BUNDLE_SAMPLES / hop.saturating_mul(channels)).max(1)
}

/// Hops of each channel in a step of a run over all of the audio: a power of two,
/// which fills the blocks that the hops run in.
fn hops_in_step(channels: usize) -> usize {
    let most = (LANE_HOPS_IN_STEP / channels).clamp(1, HOPS_IN_STEP);
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
    }

    #[test]
    fn a_step_is_bounded_for_any_number_of_channels() {
        assert_eq!([1, 2, 3, 4, 6, 64, 65_535].map(hops_in_step), [64, 64, 32, 32, 16, 2, 1]);
    }

    #[test]
    fn a_bundle_of_many_channels_is_no_larger_than_one_of_few() {
        for model in [fake::integrator(100, 0), fake::reversing(100)] {
            let samples = |channels| channels * Plan::new(&model, channels, None, 2).bundle;
            assert!(samples(32) <= 2 * samples(1).max(32 * 1_600));
        }
    }
}

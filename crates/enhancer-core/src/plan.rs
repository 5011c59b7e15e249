//! How a session's audio is cut into tasks.

use crate::model::Model;

/// Lanes that a bundle of segments aims at: where the measured cost of a lane's step
/// is near its least, while a short file still gives every worker a bundle.
const LANES: usize = 8;

/// Samples of all channels that a bundle covers, about, if nothing speaks for
/// another size: long enough to make the cost of queues vanish, short enough for
/// other sessions to get their turns soon and for a window to stay small.
const BUNDLE_SAMPLES: usize = 1 << 16;

/// Samples of all channels that a bundle of several segments covers at the most.
const MOST_BUNDLE_SAMPLES: usize = 1 << 22;

/// Short audio is cut into so many segments, if they do not get too short.
const SEGMENTS_OF_SHORT_AUDIO: u64 = 32;

/// A segment is at least this many times its warm-up, whose output is dropped.
const WARM_UPS_IN_SEGMENT: usize = 8;

/// Hops that a run over all of the audio takes in a step: enough for what need not
/// wait for the hop before to run together, few enough that little is wasted on
/// the silence behind the audio's end. They make two blocks, so that two threads
/// have the most of one recording; more have more channels, or recordings.
const HOPS_IN_STEP: usize = 32;

/// The same for all channels together, which bounds what a step holds.
const LANE_HOPS_IN_STEP: usize = 64;

/// The cut of a session's audio: *segments* of equal length, and *bundles* of as
/// many consecutive segments, all channels of which are lanes of one run.
///
/// All lengths are samples of one channel. Segments begin at multiples of the
/// hop, so that every lane sees the frames that one sequential run would see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// What a step of a lane takes: the model's hop, or some of them.
    pub(crate) hop: usize,
    /// Length of a segment; a multiple of the hop.
    pub(crate) segment: usize,
    /// Segments in a bundle.
    pub(crate) segments: usize,
    /// What a segment's lane hears before the segment begins; a multiple of the hop.
    pub(crate) warm_up: usize,
    /// By how much a segment's lane lags.
    pub(crate) delay: usize,
    /// How far a segment runs into its successor, for the crossfade of the seam.
    pub(crate) fade: usize,
    /// By how much the joined output lags, if one run goes through all segments, one
    /// after the other; then none has a warm-up, a delay or a fade of its own.
    pub(crate) lag: Option<usize>,
}

impl Plan {
    /// The cut for `channels` channels of `len` samples, if that is known.
    ///
    /// Where the seams are does not depend on the number of `workers`, which
    /// decides only how many segments make a bundle: the result is the same for
    /// any number, to float rounding.
    pub(crate) fn new(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        let Some(warm_up) = model.warm_up() else {
            return Plan::sequential(model, channels, hops_in_step(channels));
        };
        let segment = segment(model, warm_up, channels, len);
        // Long segments make small bundles, for a window holds some of them.
        let fitting = MOST_BUNDLE_SAMPLES / segment.saturating_mul(channels);
        let most = (LANES / channels).min(fitting).max(1);
        let share =
            len.map_or(most as u64, |len| len.div_ceil(segment as u64).div_ceil(workers as u64));
        Plan {
            hop: model.hop(),
            segment,
            segments: share.clamp(1, most as u64) as usize,
            warm_up: warm_up * model.hop(),
            delay: model.delay(),
            fade: if warm_up == 0 { 0 } else { model.hop() },
            lag: None,
        }
    }

    /// The cut for one run over all of the audio, in as many lanes as channels,
    /// which takes `hops` hops in a step.
    pub(crate) fn sequential(model: &Model, channels: usize, hops: usize) -> Plan {
        let hop = model.hop() * hops;
        Plan {
            hop,
            segment: hop * (BUNDLE_SAMPLES / hop.saturating_mul(channels)).max(1),
            segments: 1,
            warm_up: 0,
            delay: 0,
            fade: 0,
            lag: Some(model.delay()),
        }
    }

    /// Whether one run goes through all segments, one after the other.
    pub(crate) fn is_sequential(&self) -> bool {
        self.lag.is_some()
    }

    /// Samples that a bundle covers.
    pub(crate) fn bundle(&self) -> usize {
        self.segment * self.segments
    }

    /// Samples behind its end that a segment's lane hears, in whole hops.
    pub(crate) fn after(&self) -> usize {
        (self.delay + self.fade).next_multiple_of(self.hop)
    }
}

/// Hops of each channel in a step of a run over all of the audio: a power of two,
/// which fills the blocks that the hops run in.
fn hops_in_step(channels: usize) -> usize {
    let most = (LANE_HOPS_IN_STEP / channels).clamp(1, HOPS_IN_STEP);
    1 << most.ilog2()
}

/// The length of a segment.
fn segment(model: &Model, warm_up: usize, channels: usize, len: Option<u64>) -> usize {
    let hop = model.hop();
    let fewest = (WARM_UPS_IN_SEGMENT * warm_up).max(1);
    let lanes = LANES.max(channels);
    let usual = BUNDLE_SAMPLES.div_ceil(hop.saturating_mul(lanes)).max(fewest);
    let even =
        len.map_or(usual as u64, |len| len.div_ceil(SEGMENTS_OF_SHORT_AUDIO).div_ceil(hop as u64));
    even.clamp(fewest as u64, usual as u64) as usize * hop
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fake;

    #[test]
    fn seams_do_not_depend_on_the_workers() {
        let model = fake::integrator(100, 0);
        for len in [None, Some(10), Some(50_000), Some(10_000_000)] {
            let one = Plan::new(&model, 2, len, 1).segment;
            assert!((2..9).all(|workers| Plan::new(&model, 2, len, workers).segment == one));
        }
    }

    #[test]
    fn short_audio_gives_every_worker_a_bundle() {
        let model = fake::integrator(1, 0);
        for workers in 1..=8 {
            let plan = Plan::new(&model, 1, Some(80_000), workers);
            assert!(80_000_usize.div_ceil(plan.bundle()) >= workers, "{plan:?}");
        }
    }

    #[test]
    fn a_step_is_bounded_for_any_number_of_channels() {
        assert_eq!([1, 2, 3, 4, 6, 64, 65_535].map(hops_in_step), [32, 32, 16, 16, 8, 1, 1]);
    }

    #[test]
    fn a_bundle_of_many_channels_is_no_larger_than_one_of_few() {
        let model = fake::integrator(100, 0);
        let samples = |channels| channels * Plan::new(&model, channels, None, 2).bundle();
        assert!(samples(32) <= 2 * samples(1).max(32 * 1_600));
    }
}

//! How a session's audio is cut into tasks.

use crate::model::Model;

/// Lanes that a bundle aims at: where the measured cost of a lane's step is near
/// its least, while a short file still gives every worker a bundle.
const LANES: usize = 8;

/// Samples of all channels that a bundle covers, about, if nothing speaks for
/// another size: long enough to make the cost of queues vanish, short enough for
/// other sessions to get their turns soon and for a window to stay small.
const BUNDLE_SAMPLES: usize = 1 << 16;

/// Short audio is cut into so many segments, if they do not get too short.
const SEGMENTS_OF_SHORT_AUDIO: u64 = 32;

/// A segment is at least this many times its warm-up, whose output is dropped.
const WARM_UPS_IN_SEGMENT: usize = 8;

/// The cut of a session's audio: *segments* of equal length, and *bundles* of as
/// many consecutive segments, all channels of which are lanes of one run.
///
/// All lengths are samples of one channel. Segments begin at multiples of the
/// hop, so that every lane sees the frames that one sequential run would see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) hop: usize,
    /// Length of a segment; a multiple of the hop.
    pub(crate) segment: usize,
    /// Segments in a bundle.
    pub(crate) segments: usize,
    /// What a segment's lane hears before the segment begins; a multiple of the hop.
    pub(crate) warm_up: usize,
    /// By how much a lane's output lags.
    pub(crate) delay: usize,
    /// How far a segment runs into its successor, for the crossfade of the seam.
    pub(crate) fade: usize,
}

impl Plan {
    /// The cut for `channels` channels of `len` samples, if that is known.
    ///
    /// Where the seams are does not depend on the number of `workers`, which
    /// decides only how many segments make a bundle: the result is the same for
    /// any number, to float rounding.
    pub(crate) fn new(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        let segment = segment(model, channels, len);
        let most = (LANES / channels).max(1);
        let share =
            len.map_or(most as u64, |len| len.div_ceil(segment as u64).div_ceil(workers as u64));
        Plan {
            hop: model.hop(),
            segment,
            segments: share.clamp(1, most as u64) as usize,
            warm_up: model.warm_up() * model.hop(),
            delay: model.delay(),
            fade: if model.warm_up() == 0 { 0 } else { model.hop() },
        }
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

/// The length of a segment.
fn segment(model: &Model, channels: usize, len: Option<u64>) -> usize {
    let hop = model.hop();
    let fewest = (WARM_UPS_IN_SEGMENT * model.warm_up()).max(1);
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
    fn a_bundle_of_many_channels_is_no_larger_than_one_of_few() {
        let model = fake::integrator(100, 0);
        let samples = |channels| channels * Plan::new(&model, channels, None, 2).bundle();
        assert!(samples(32) <= 2 * samples(1).max(32 * 1_600));
    }
}

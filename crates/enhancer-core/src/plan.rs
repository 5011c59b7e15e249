//! How a session's audio is cut into tasks.

use crate::model::Model;

/// Lanes that a bundle aims at: where the measured cost of a lane's step is near
/// its least, while a short file still gives every worker a bundle.
const LANES: usize = 8;

/// Samples of one channel that a bundle covers, about, if nothing speaks for
/// another size: long enough to make the cost of queues vanish, short enough for
/// a second session to get its turn soon.
const BUNDLE_SAMPLES: usize = 1 << 16;

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
    /// The cut for `channels` channels of `len` samples, if that is known, to
    /// keep `workers` workers busy.
    pub(crate) fn new(model: &Model, channels: usize, len: Option<u64>, workers: usize) -> Plan {
        let hop = model.hop();
        let segments = (LANES / channels).max(1);
        let fewest = (WARM_UPS_IN_SEGMENT * model.warm_up()).max(1);
        let usual = BUNDLE_SAMPLES.div_ceil(hop * segments).max(fewest);
        // Short audio is spread over all lanes of all workers.
        let lanes = (workers * segments) as u64;
        let even = len.map_or(usual, |len| {
            usize::try_from(len.div_ceil(lanes).div_ceil(hop as u64)).unwrap_or(usual)
        });
        Plan {
            hop,
            segment: even.clamp(fewest, usual) * hop,
            segments,
            warm_up: model.warm_up() * hop,
            delay: model.delay(),
            fade: if model.warm_up() == 0 { 0 } else { hop },
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

//! What each front-end gives its networks and takes from them.

use std::ops::RangeInclusive;

use super::super::dnsmos;
use super::{FrontEndKind, Layout, Spectral};

/// Roles with the shape of a lane.
pub(super) type Roles = Vec<(&'static str, Vec<usize>)>;

/// What one part takes and gives, states aside.
pub(super) struct Contract {
    pub(super) inputs: Roles,
    pub(super) outputs: Roles,
    /// Whether dimensions of 1 may stand anywhere in a shape.
    pub(super) with_ones: bool,
}

/// The parts that a front-end runs, in order, for a window of so many samples.
/// `spectral` is there for the front-end of that name.
pub(super) fn of(
    front_end: FrontEndKind,
    window: usize,
    spectral: Option<Spectral>,
) -> Vec<Contract> {
    match front_end {
        FrontEndKind::DeepFilterNet => vec![Contract {
            inputs: vec![("erb_features", vec![32]), ("complex_features", vec![96, 2])],
            outputs: vec![("gains", vec![32]), ("coefficients", vec![96, 10]), ("lsnr", vec![1])],
            with_ones: false,
        }],
        FrontEndKind::Dnsmos => vec![
            Contract {
                inputs: vec![("samples", dnsmos::TILE.into())],
                outputs: vec![("features", dnsmos::TILE_FEATURES.into())],
                with_ones: false,
            },
            Contract {
                inputs: vec![("features", dnsmos::FEATURES.into())],
                outputs: vec![("scores", vec![3])],
                with_ones: false,
            },
        ],
        FrontEndKind::Dtln => {
            let spectrum = vec![1, window / 2 + 1];
            vec![
                Contract {
                    inputs: vec![("magnitude", spectrum.clone())],
                    outputs: vec![("mask", spectrum)],
                    with_ones: false,
                },
                Contract {
                    inputs: vec![("block", vec![1, window])],
                    outputs: vec![("block", vec![1, window])],
                    with_ones: false,
                },
            ]
        }
        FrontEndKind::Spectral => {
            let spectrum = spectral.map_or(vec![], |spectral| {
                let bins = spectral.fft / 2 + 1;
                match spectral.layout {
                    Layout::Interleaved => vec![bins, 2],
                    Layout::Planar => vec![2, bins],
                }
            });
            vec![Contract {
                inputs: vec![("spectrum", spectrum.clone())],
                outputs: vec![("spectrum", spectrum)],
                with_ones: true,
            }]
        }
    }
}

/// How long the windows of a front-end are, in hops: the least and the most.
pub(super) fn window_in_hops(front_end: FrontEndKind) -> (usize, usize) {
    match front_end {
        // Its window function sums to one over two frames.
        FrontEndKind::DeepFilterNet => (2, 2),
        FrontEndKind::Dnsmos => (2, 2),
        FrontEndKind::Dtln | FrontEndKind::Spectral => (1, 64),
    }
}

/// How many hops a front-end may look ahead.
pub(super) fn lookahead(front_end: FrontEndKind) -> RangeInclusive<u64> {
    match front_end {
        // Within the frames of its filter.
        FrontEndKind::DeepFilterNet => 0..=4,
        FrontEndKind::Dnsmos | FrontEndKind::Dtln => 0..=0,
        // Behind the network, which may look ahead as far as it likes.
        FrontEndKind::Spectral => 0..=64,
    }
}

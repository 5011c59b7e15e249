//! The inputs and outputs that each front-end expects of its networks.

use std::ops::RangeInclusive;

use super::super::dnsmos;
use super::{FrontEndKind, Layout, Spectral};

/// Roles with the shape of one lane.
pub(super) type Roles = Vec<(&'static str, Vec<usize>)>;

/// The inputs and outputs of one part, without the states.
pub(super) struct Contract {
    pub(super) inputs: Roles,
    pub(super) outputs: Roles,
    /// Whether shapes may contain dimensions of 1 anywhere.
    pub(super) with_ones: bool,
}

/// The parts of a front-end in the order in which they run, for a window of this many samples.
/// `spectral` is set for the front-end of that name.
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

/// The minimum and maximum length of a front-end's window, in hops.
pub(super) fn window_in_hops(front_end: FrontEndKind) -> (usize, usize) {
    match front_end {
        // The front-end's windows add up to one over two frames.
        FrontEndKind::DeepFilterNet => (2, 2),
        FrontEndKind::Dnsmos => (2, 2),
        FrontEndKind::Dtln | FrontEndKind::Spectral => (1, 64),
    }
}

/// The range of a front-end's lookahead, in hops.
pub(super) fn lookahead(front_end: FrontEndKind) -> RangeInclusive<u64> {
    match front_end {
        // Within the frames of its filter.
        FrontEndKind::DeepFilterNet => 0..=4,
        FrontEndKind::Dnsmos | FrontEndKind::Dtln => 0..=0,
        // The network itself delays its output, as far as it likes.
        FrontEndKind::Spectral => 0..=64,
    }
}

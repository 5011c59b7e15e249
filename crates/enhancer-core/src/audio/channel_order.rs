//! The order of channels.
//!
//! Results have the order of WAVE: ascending bits of its channel mask. Vorbis and Opus have a
//! different order.

/// The channel mask of the layout that Vorbis and Opus use for this number of channels (Vorbis I
/// specification, section 4.3.9), or 0 if they define none.
pub(crate) fn vorbis_mask(channels: usize) -> u32 {
    const MASKS: [u32; 8] = [0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f];
    channels.checked_sub(1).and_then(|n| MASKS.get(n)).copied().unwrap_or(0)
}

/// For each channel in WAVE's order, its position in the order of Vorbis and Opus.
pub(crate) fn from_vorbis(channels: usize) -> &'static [usize] {
    match channels {
        3 => &[0, 2, 1],
        5 => &[0, 2, 1, 3, 4],
        6 => &[0, 2, 1, 5, 3, 4],
        7 => &[0, 2, 1, 6, 5, 3, 4],
        8 => &[0, 2, 1, 7, 5, 6, 3, 4],
        _ => &[],
    }
}

/// Reorders planes: plane `n` becomes what plane `order[n]` was. An empty order changes nothing.
pub(crate) fn reorder(planes: &mut [Vec<f32>], order: &[usize]) {
    if order.len() == planes.len() {
        let mut taken: Vec<_> = planes.iter_mut().map(std::mem::take).collect();
        for (plane, &from) in planes.iter_mut().zip(order) {
            *plane = std::mem::take(&mut taken[from]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_a_permutation_that_fits_its_mask() {
        for channels in 1..=8 {
            let mut order = from_vorbis(channels).to_vec();
            order.sort_unstable();
            assert!(order.is_empty() || order == (0..channels).collect::<Vec<_>>());
            assert_eq!(vorbis_mask(channels).count_ones() as usize, channels);
        }
        assert_eq!((vorbis_mask(0), vorbis_mask(9)), (0, 0));
    }

    #[test]
    fn the_surround_of_vorbis_becomes_that_of_wave() {
        // Left, centre, right, rear left, rear right, low frequencies.
        let mut planes: Vec<_> = (0..6u8).map(|n| vec![f32::from(n)]).collect();
        reorder(&mut planes, from_vorbis(6));
        assert_eq!(planes.concat(), [0.0, 2.0, 1.0, 5.0, 3.0, 4.0]);
    }
}

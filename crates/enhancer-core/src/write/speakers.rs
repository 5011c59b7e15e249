//! The speakers of a format's channels.

/// The speakers at the sides and at the back, a pair each, as WAVE masks.
const SIDES: u32 = 0x600;
const BACKS: u32 = 0x30;

/// Whether a format that uses the speakers `usual` for this number of channels can hold those of
/// `mask`, which is 0 if they are unknown. A pair at the sides may stand for one at the back, and
/// vice versa.
pub(super) fn are_written(usual: u32, channels: u16, mask: u32) -> bool {
    channels <= 2 || mask == 0 || [usual, other_pair(usual)].contains(&mask)
}

fn other_pair(mask: u32) -> u32 {
    match mask & (SIDES | BACKS) {
        BACKS | SIDES => mask ^ (SIDES | BACKS),
        _ => mask,
    }
}

//! Which speakers the channels of a format have.

/// The speakers beside and behind the listener, a pair each, by the mask of WAVE.
const SIDES: u32 = 0x600;
const BACKS: u32 = 0x30;

/// Whether a format that gives so many channels the speakers `usual` can hold those of `mask`, which
/// is 0 if they are not known. A pair beside the listener may stand for one behind, and the other
/// way.
pub(super) fn are_written(usual: u32, channels: u16, mask: u32) -> bool {
    channels <= 2 || mask == 0 || [usual, other_pair(usual)].contains(&mask)
}

fn other_pair(mask: u32) -> u32 {
    match mask & (SIDES | BACKS) {
        BACKS | SIDES => mask ^ (SIDES | BACKS),
        _ => mask,
    }
}

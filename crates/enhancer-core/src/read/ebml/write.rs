//! Writes elements.

/// The largest size that can be stated in eight bytes.
const MOST: u64 = (1 << 56) - 2;

/// An element with this content.
pub(crate) fn element(id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = id_bytes(id);
    bytes.extend(size(body.len() as u64));
    bytes.extend(body);
    bytes
}

/// An element with a number, in as few bytes as possible.
pub(crate) fn number_element(id: u32, number: u64) -> Vec<u8> {
    let unused = (number.leading_zeros() / 8).min(7) as usize;
    element(id, &number.to_be_bytes()[unused..])
}

/// An element with a 64-bit float.
pub(crate) fn float_element(id: u32, number: f64) -> Vec<u8> {
    element(id, &number.to_be_bytes())
}

/// The header of an element whose size is written later, in its last eight bytes. Until then the
/// size is unknown.
pub(crate) fn master_head(id: u32) -> Vec<u8> {
    let mut bytes = id_bytes(id);
    bytes.extend(u64::MAX.wrapping_shr(7).to_be_bytes());
    bytes
}

/// A size in eight bytes.
pub(crate) fn long_size(size: u64) -> [u8; 8] {
    (1 << 56 | size.min(MOST)).to_be_bytes()
}

fn id_bytes(id: u32) -> Vec<u8> {
    let unused = (id.leading_zeros() / 8).min(3) as usize;
    id.to_be_bytes()[unused..].to_vec()
}

/// A size, or the track number in a block, in as few bytes as possible. If all bits are set, it is
/// unknown.
pub(crate) fn size(size: u64) -> Vec<u8> {
    let fits = |len: &u32| size < (1 << (7 * len)) - 1;
    let len = (1..8).find(fits).unwrap_or(8);
    let bytes = (size.min(MOST) | 1 << (7 * len)).to_be_bytes();
    bytes[8 - len as usize..].to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Elements, float, number, read_id, read_number};
    use super::*;

    #[test]
    fn sizes_are_as_short_as_they_can_be_and_never_unknown() {
        assert_eq!(size(126), [0xfe]);
        assert_eq!(size(127), [0x40, 127]);
        assert_eq!(size((1 << 14) - 1), [0x20, 0x3f, 0xff]);
        assert_eq!(long_size(5), [1, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(master_head(0xa0), [0xa0, 1, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(read_number(&mut &master_head(0xa0)[1..]).unwrap(), (None, 8));
        for len in 1..8 {
            for near in [(1_u64 << (7 * len)) - 2, (1 << (7 * len)) - 1, 1 << (7 * len)] {
                let written = size(near);
                let read = read_number(&mut &written[..]).unwrap();
                assert_eq!(read, (Some(near), written.len() as u64));
            }
        }
    }

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        assert_eq!(number_element(0xd7, 0), [0xd7, 0x81, 0]);
        assert_eq!(number_element(0x56aa, 6_500_000), [0x56, 0xaa, 0x83, 0x63, 0x2e, 0xa0]);
        let written = float_element(0xb5, 48_000.0);
        assert_eq!(Elements(&written).next().and_then(|(_, body)| float(body)), Some(48_000.0));
    }

    proptest! {
        #[test]
        fn written_elements_can_be_read(
            id in prop::sample::select(vec![0xa3, 0x4dbb, 0x0023_e383, 0x1f43_b675_u32]),
            value: u64,
            len in 0_usize..40_000,
        ) {
            let bytes = [number_element(id, value), element(id, &vec![7; len])].concat();
            let mut read = Elements(&bytes);
            let marked = |found: Option<(u32, &[u8])>| found.map(|(id, body)| (id, body.to_vec()));
            let (found, body) = marked(read.next()).unwrap();
            prop_assert_eq!((found, number(&body)), (id, value));
            prop_assert_eq!(marked(read.next()), Some((id, vec![7; len])));
            prop_assert_eq!(read.next(), None);
            prop_assert_eq!(read_id(&mut &bytes[..]).unwrap().0, id);
        }
    }
}

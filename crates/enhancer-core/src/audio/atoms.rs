//! Atoms, the parts of an MP4 file (ISO/IEC 14496-12): a length, a kind, and a content.

/// The kind of an atom: four characters.
pub(crate) type Kind = [u8; 4];

/// An atom with this content.
pub(crate) fn atom(kind: &Kind, content: &[u8]) -> Vec<u8> {
    // The length includes itself and the kind. All contents here are far below 4 GiB.
    let len = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&len.to_be_bytes()[..], kind, content].concat()
}

/// An atom that contains other atoms.
pub(crate) fn group<const N: usize>(kind: &Kind, parts: [Vec<u8>; N]) -> Vec<u8> {
    atom(kind, &parts.concat())
}

/// An atom that begins with a version and 24 flags.
pub(crate) fn full(kind: &Kind, version: u8, flags: u32, content: &[u8]) -> Vec<u8> {
    let head = u32::from(version) << 24 | flags;
    atom(kind, &[&head.to_be_bytes()[..], content].concat())
}

/// A handler atom: the kind, the maker and a name of what reads the parent's content.
pub(crate) fn handler(kind: &Kind, maker: Kind, name: &[u8]) -> Vec<u8> {
    full(b"hdlr", 0, 0, &[&[0; 4][..], kind, &maker, &[0; 8], name, &[0]].concat())
}

/// A list: the number of items, then each item.
pub(crate) fn list<const N: usize>(items: impl ExactSizeIterator<Item = [u8; N]>) -> Vec<u8> {
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(4 + N * items.len());
    bytes.extend(count.to_be_bytes());
    items.for_each(|item| bytes.extend(item));
    bytes
}

/// Concatenates numbers.
pub(crate) fn numbers<const N: usize>(values: [u32; N]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

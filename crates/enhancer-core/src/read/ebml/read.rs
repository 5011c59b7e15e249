//! Reads elements.

use std::io::{self, Read};

/// Reads an identifier, including its marker bit. Returns it with its size in bytes.
pub(crate) fn read_id(source: &mut impl Read) -> io::Result<(u32, u64)> {
    let first = read_byte(source)?;
    let more = first.leading_zeros().min(3);
    let mut id = u32::from(first);
    for _ in 0..more {
        id = id << 8 | u32::from(read_byte(source)?);
    }
    Ok((id, u64::from(more) + 1))
}

/// Reads a number of one to eight bytes. Returns it with its size in bytes. `None` if all bits are
/// set, which means an unknown size.
pub(crate) fn read_number(source: &mut impl Read) -> io::Result<(Option<u64>, u64)> {
    let first = read_byte(source)?;
    let more = first.leading_zeros().min(7);
    let mask = 0xff_u64 >> (more + 1);
    let mut number = u64::from(first) & mask;
    let mut unknown = mask;
    for _ in 0..more {
        number = number << 8 | u64::from(read_byte(source)?);
        unknown = unknown << 8 | 0xff;
    }
    Ok(((number != unknown).then_some(number), u64::from(more) + 1))
}

/// Reads a signed number of `len` bytes, at most 8.
pub(crate) fn read_signed(source: &mut impl Read, len: u64) -> io::Result<i64> {
    let mut number = 0_i64;
    for n in 0..len.min(8) {
        let byte = read_byte(source)?;
        number = if n == 0 { (byte as i8).into() } else { number << 8 | i64::from(byte) };
    }
    Ok(number)
}

fn read_byte(source: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    source.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// The elements in a body, with their identifiers and bodies, up to the first broken one.
pub(crate) struct Elements<'b>(pub(crate) &'b [u8]);

impl<'b> Iterator for Elements<'b> {
    type Item = (u32, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, rest) = vint(self.0, 4)?;
        let (size, rest) = vint(rest, 8)?;
        // Without its marker.
        let size = usize::try_from(size ^ 1 << size.ilog2()).ok()?;
        let (body, rest) = rest.split_at_checked(size)?;
        self.0 = rest;
        Some((u32::try_from(id).ok()?, body))
    }
}

/// A number of up to `most` bytes, including the marker of its length, and the rest of the bytes.
fn vint(bytes: &[u8], most: usize) -> Option<(u64, &[u8])> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let (number, rest) = bytes.split_at_checked(len).filter(|_| len <= most)?;
    Some((number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), rest))
}

/// A number of up to eight bytes.
pub(crate) fn number(body: &[u8]) -> u64 {
    body.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number of 4 or 8 bytes.
pub(crate) fn float(body: &[u8]) -> Option<f64> {
    match *body {
        [a, b, c, d] => Some(f32::from_be_bytes([a, b, c, d]).into()),
        _ => body.try_into().ok().map(f64::from_be_bytes),
    }
}

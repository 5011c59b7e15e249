//! Constant numbers of kernels, such as weights. Those that float16 can hold stay float16: they take half
//! the memory, and half the bytes of a file.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::half;

/// Numbers as float16 if that changes none of them, or else as float32.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    Half(Vec<u16>),
    Single(Vec<f32>),
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Numbers::Half(halves) => halves.len(),
            Numbers::Single(singles) => singles.len(),
        }
    }

    /// Copies some of them.
    ///
    /// # Panics
    /// If `to` has another length.
    pub(super) fn copy(&self, range: Range<usize>, to: &mut [f32]) {
        match self {
            Numbers::Half(halves) => {
                let halves = &halves[range];
                assert_eq!(halves.len(), to.len());
                for (halves, to) in halves.chunks(AT_ONCE).zip(to.chunks_mut(AT_ONCE)) {
                    widen(halves, to);
                }
            }
            Numbers::Single(singles) => to.copy_from_slice(&singles[range]),
        }
    }

    /// All of them as float32.
    pub(super) fn singles(&self) -> Cow<'_, [f32]> {
        match self {
            Numbers::Half(halves) => {
                let mut singles = vec![0.0; halves.len()];
                self.copy(0..halves.len(), &mut singles);
                singles.into()
            }
            Numbers::Single(singles) => singles.into(),
        }
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(singles: Vec<f32>) -> Numbers {
        let halves: Option<_> = singles.iter().map(|&number| half::exact(number)).collect();
        halves.map_or(Numbers::Single(singles), Numbers::Half)
    }
}

/// The numbers of a call of `widen`. A browser first runs slow code of a function, and gets to the fast
/// one only between calls.
const AT_ONCE: usize = 1024;

#[inline(never)]
fn widen(halves: &[u16], singles: &mut [f32]) {
    halves.iter().zip(singles).for_each(|(&half, single)| *single = half::widen(half));
}

/// The first byte says how the numbers are stored.
const HALF: u8 = 2;
const SINGLE: u8 = 4;

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = vec![];
        match self {
            Numbers::Half(halves) => {
                bytes.push(HALF);
                bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
            }
            Numbers::Single(singles) => {
                bytes.push(SINGLE);
                bytes.extend(singles.iter().flat_map(|single| single.to_le_bytes()));
            }
        }
        to.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Numbers, D::Error> {
        from.deserialize_bytes(OfBytes)
    }
}

struct OfBytes;

impl Visitor<'_> for OfBytes {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers as bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Numbers, E> {
        let odd = || E::custom("numbers of an unknown size");
        let (size, numbers) = bytes.split_first().ok_or_else(odd)?;
        match (*size, numbers.as_chunks::<2>(), numbers.as_chunks::<4>()) {
            (HALF, (halves, []), _) => {
                Ok(Numbers::Half(halves.iter().map(|half| u16::from_le_bytes(*half)).collect()))
            }
            (SINGLE, _, (singles, [])) => {
                let singles = singles.iter().map(|single| f32::from_le_bytes(*single));
                Ok(Numbers::Single(singles.collect()))
            }
            _ => Err(odd()),
        }
    }
}

pub(crate) fn serialize<S: Serializer>(numbers: &[f32], to: S) -> Result<S::Ok, S::Error> {
    Numbers::from(numbers.to_vec()).serialize(to)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    Ok(Numbers::deserialize(from)?.singles().into_owned())
}

/// The same for a list of lists.
pub(crate) mod lists {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct List(#[serde(with = "super")] Vec<f32>);

    pub(crate) fn serialize<S: Serializer>(lists: &[Vec<f32>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(lists.iter().map(|list| List(list.clone())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Vec<f32>>, D::Error> {
        let lists = Vec::<List>::deserialize(from)?;
        Ok(lists.into_iter().map(|List(numbers)| numbers).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Stored(#[serde(with = "super")] Vec<f32>);

    fn stored(numbers: &[f32]) -> Vec<u8> {
        postcard::to_allocvec(&Stored(numbers.to_vec())).unwrap()
    }

    #[test]
    fn numbers_keep_every_bit() {
        for numbers in [&[][..], &[0.5, -0.0, 1e-7, 65504.0], &[0.1, f32::NAN, f32::INFINITY]] {
            let Stored(read) = postcard::from_bytes(&stored(numbers)).unwrap();
            let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&read), bits(numbers));
        }
    }

    #[test]
    fn a_part_is_copied_as_it_was() {
        for (factor, is_half) in [(0.5, true), (0.1, false)] {
            let singles: Vec<f32> = (0..5000).map(|at| (at % 1024) as f32 * factor).collect();
            let kept = Numbers::from(singles.clone());
            assert_eq!(matches!(kept, Numbers::Half(_)), is_half);
            let mut part = vec![0.0; 3000];
            kept.copy(7..3007, &mut part);
            assert_eq!((kept.len(), &part[..]), (5000, &singles[7..3007]));
            assert_eq!(kept.singles(), singles);
        }
    }

    #[test]
    fn numbers_that_float16_can_hold_take_two_bytes() {
        assert_eq!(stored(&[0.5, 2.0]).len(), 1 + 1 + 4);
        assert_eq!(stored(&[0.5, 0.1]).len(), 1 + 1 + 8);
    }

    #[test]
    fn an_odd_number_of_bytes_is_refused() {
        for bytes in [&[][..], &[HALF, 0], &[SINGLE, 0, 0], &[3, 0, 0]] {
            let mut file = vec![bytes.len() as u8];
            file.extend(bytes);
            assert!(postcard::from_bytes::<Stored>(&file).is_err(), "{bytes:?}");
        }
    }
}

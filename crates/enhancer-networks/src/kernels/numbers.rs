//! Stores weights as bytes: as float16 if that changes none of them, or else as float32.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::half;

/// The first byte says how the numbers are stored.
const HALF: u8 = 2;
const SINGLE: u8 = 4;

pub(crate) fn serialize<S: Serializer>(numbers: &[f32], to: S) -> Result<S::Ok, S::Error> {
    let halves: Option<Vec<u16>> = numbers.iter().map(|&number| half::exact(number)).collect();
    let mut bytes = Vec::with_capacity(1 + size_of_val(numbers));
    match halves {
        Some(halves) => {
            bytes.push(HALF);
            bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
        }
        None => {
            bytes.push(SINGLE);
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
    }
    to.serialize_bytes(&bytes)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    from.deserialize_bytes(Numbers)
}

/// The numbers of a call of `widen`. A browser first runs slow code of a function, and gets to the fast
/// one only between calls.
const AT_ONCE: usize = 1024;

#[inline(never)]
fn widen(halves: &[[u8; 2]], numbers: &mut Vec<f32>) {
    numbers.extend(halves.iter().map(|half| half::widen(u16::from_le_bytes(*half))));
}

struct Numbers;

impl Visitor<'_> for Numbers {
    type Value = Vec<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers as bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<f32>, E> {
        let odd = || E::custom("numbers of an unknown size");
        let (size, numbers) = bytes.split_first().ok_or_else(odd)?;
        match (*size, numbers.as_chunks::<2>(), numbers.as_chunks::<4>()) {
            (HALF, (halves, []), _) => {
                let mut numbers = Vec::with_capacity(halves.len());
                halves.chunks(AT_ONCE).for_each(|part| widen(part, &mut numbers));
                Ok(numbers)
            }
            (SINGLE, _, (singles, [])) => {
                Ok(singles.iter().map(|single| f32::from_le_bytes(*single)).collect())
            }
            _ => Err(odd()),
        }
    }
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

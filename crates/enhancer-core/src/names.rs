//! Enums whose values have names: the same in JSON and as text.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// Gives an enum without fields, which serde has names for, these names as text. With `what`, which is
/// for the error of another name, it reads them back, too: of a list of all values, which becomes
/// `ALL`, or with `expected`, which is for that error.
macro_rules! names {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    };
    ($type:ty, $what:literal, [$($value:ident),+]) => {
        crate::names::names!($type, $what, crate::names::one_of(Self::ALL));

        impl $type {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];
        }

        // Does not compile if the list lacks a value.
        const _: fn($type) = |value| match value {
            $(<$type>::$value => (),)+
        };
    };
    ($type:ty, $what:literal, $expected:expr) => {
        crate::names::names!($type);

        impl std::str::FromStr for $type {
            type Err = crate::error::Error;

            fn from_str(name: &str) -> crate::error::Result<Self> {
                crate::names::read(name)
                    .ok_or_else(|| crate::error::Error::invalid($what, $expected, name))
            }
        }
    };
}

pub(crate) use names;

/// What has that name in JSON.
pub(crate) fn read<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok()
}

/// The names of values, for people: `a, b or c`.
pub(crate) fn one_of(values: &[impl ToString]) -> String {
    let names: Vec<_> = values.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

//! Enums whose values have names. The names are the same in JSON and in text.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// Implements `Display` for an enum without fields, with the names that serde gives its values.
/// Implements `FromStr` too, if it gets `what`, the name of the enum in the error for an unknown
/// name, and either a list of all values, which becomes `ALL`, or `expected`, the text for that
/// error.
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

        // Fails to compile if a value is missing from the list.
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

/// The value with this name in JSON.
pub(crate) fn read<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(name)).ok()
}

/// The names of the values, for people: `a, b or c`.
pub(crate) fn one_of(values: &[impl ToString]) -> String {
    let names: Vec<_> = values.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

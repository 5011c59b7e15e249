//! Enums whose values have names: the same in JSON and as text.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// Gives an enum without fields, which serde has names for, these names as text. With `what` and
/// `expected`, which are for the error of a name that it does not have, it reads them back, too.
macro_rules! names {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    };
    ($type:ty, $what:literal, $expected:literal) => {
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

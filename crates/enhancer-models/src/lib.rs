#![doc = include_str!("../README.md")]
// With fewer models, some variants of a model are unused.
#![cfg_attr(not(feature = "default"), allow(dead_code, unused_macros))]

mod built_in;
mod load;

pub use built_in::{About, BUILT_IN, BuiltIn, DEFAULT, load_dnsmos};
pub use load::{LoadError, NamedModel, load, load_built_in};

#![doc = include_str!("../README.md")]

mod built_in;
mod load;

pub use built_in::{About, BUILT_IN, BuiltIn, DEFAULT, load_dnsmos};
pub use load::{LoadError, NamedModel, load, load_built_in};

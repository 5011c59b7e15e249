#![doc = include_str!("../README.md")]

mod attachment;
mod fields;
mod name;
mod problem;

pub use attachment::attachment;
pub use fields::{Asked, Switch, is_option, read};
pub use name::{MAX_CHARS, enhanced_name, is_of_recording, sane};
pub use problem::{FieldError, MOST_DETAIL, cut, report, status_of};

#![doc = include_str!("../README.md")]

mod attachment;
mod code;
mod fault;
mod fields;
mod form;
mod name;
mod problem;
mod sent;

pub use attachment::attachment;
pub use code::ProblemCode;
pub use fault::Fault;
pub use fields::{Asked, LEAST_RAW_RATE, Switch, is_option, read};
pub use form::{FileName, Form, Part, Value};
pub use name::enhanced_name;
pub use problem::{FieldError, MOST_DETAIL, cut, report};
pub use sent::{Sent, empty, query_fields, take};

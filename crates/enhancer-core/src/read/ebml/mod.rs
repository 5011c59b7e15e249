//! Reads and writes elements of EBML (RFC 8794), the basis of Matroska and WebM.

pub(crate) mod ids;
mod read;
mod stream;
mod write;

pub(crate) use read::{Elements, float, number, read_id, read_number, read_signed};
pub(crate) use stream::Stream;
pub(crate) use write::{element, float_element, long_size, master_head, number_element, size};

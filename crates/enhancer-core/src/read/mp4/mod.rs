//! The index of MP4 and MOV in memory (ISO/IEC 14496-12, QuickTime File Format): its boxes, tracks and
//! tables, which the reader and the writer of videos look into, and the chapters.

pub(crate) mod boxes;
mod chapters;
pub(crate) mod tables;
mod track;

pub(crate) use chapters::chapters;
pub(crate) use track::Track;

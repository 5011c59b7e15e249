//! Floats that begin at a cache line, so that no vector crosses from one line to the next.

use std::fmt;
use std::ops::{Deref, DerefMut};

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// A fixed number of floats.
#[derive(Clone, Default)]
pub(crate) struct Floats {
    lines: Vec<Line>,
    len: usize,
}

impl Floats {
    pub(crate) fn new(len: usize, fill: f32) -> Floats {
        Floats { lines: vec![Line([fill; 16]); len.div_ceil(16)], len }
    }
}

impl From<&[f32]> for Floats {
    fn from(values: &[f32]) -> Floats {
        let mut floats = Floats::new(values.len(), 0.0);
        floats.copy_from_slice(values);
        floats
    }
}

impl Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: each line is 16 floats, lines follow each other without gaps, and there are at
        // least `len` floats.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Floats {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl fmt::Debug for Floats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} floats", self.len)
    }
}

//! Stands in for [`loss`](super::loss) in a build without the feature `loudness`.

use std::convert::Infallible;

use crate::audio::Planes;

/// A comparison that cannot be created.
pub(crate) struct Loss {
    never: Infallible,
}

impl Loss {
    pub(crate) fn new(_sample_rate: u32, _channels: usize) -> Option<Loss> {
        None
    }

    pub(crate) fn push_dry(&mut self, _planes: &Planes) {
        match self.never {}
    }

    pub(crate) fn push_wet(&mut self, _planes: &Planes) {
        match self.never {}
    }

    pub(crate) fn fall(&self) -> Option<f64> {
        match self.never {}
    }
}

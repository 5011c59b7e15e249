//! The interface `streaming`.

use std::cell::RefCell;

use enhancer_core::{ErrorCode, Live, Model, Planes};

use super::Library;
use super::bindings::exports::enhancer::audio::models::ModelBorrow;
use super::bindings::exports::enhancer::audio::streaming::{
    Controls, Error, Guest, GuestSession, Session as Handle,
};
use super::error::core;

impl Guest for Library {
    type Session = Session;
}

/// A stream of live audio. Samples go in and come out interleaved.
pub(crate) struct Session {
    live: RefCell<Live>,
    channels: usize,
}

impl GuestSession for Session {
    fn open(
        model: ModelBorrow<'_>,
        sample_rate: u32,
        channels: u32,
        controls: Controls,
    ) -> Result<Handle, Error> {
        // The core refuses `u16::MAX` channels in any case.
        let checked = u16::try_from(channels).unwrap_or(u16::MAX);
        let live = Live::new(model.get::<Model>(), sample_rate, checked, &controls.into());
        let live = RefCell::new(live.map_err(core)?);
        Ok(Handle::new(Session { live, channels: checked.into() }))
    }

    fn latency(&self) -> u32 {
        self.live.borrow().latency() as u32
    }

    fn push(&self, samples: Vec<f32>) -> Result<Vec<f32>, Error> {
        let planes = self.separated(&samples)?;
        self.live.borrow_mut().push(&planes).map(|planes| interleaved(&planes)).map_err(core)
    }

    fn finish(&self) -> Result<Vec<f32>, Error> {
        self.live.borrow_mut().finish().map(|planes| interleaved(&planes)).map_err(core)
    }
}

impl Session {
    fn separated(&self, samples: &[f32]) -> Result<Planes, Error> {
        if !samples.len().is_multiple_of(self.channels) {
            let message = format!(
                "the number of samples is {}, expected a multiple of the {} channels",
                samples.len(),
                self.channels,
            );
            return Err(Error { code: ErrorCode::InvalidValue.to_string(), message });
        }
        let channel = |c| samples.iter().skip(c).step_by(self.channels).copied().collect();
        Ok((0..self.channels).map(channel).collect())
    }
}

fn interleaved(planes: &Planes) -> Vec<f32> {
    (0..planes[0].len()).flat_map(|n| planes.iter().map(move |plane| plane[n])).collect()
}

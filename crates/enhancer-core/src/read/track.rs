//! Which of the audio tracks of a source is read.

use serde::Serialize;

/// An audio track of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[non_exhaustive]
pub struct AudioTrack {
    /// Its number among the audio tracks, from 1.
    pub number: u32,
    /// How many audio tracks the source has, at least 1.
    pub count: u32,
}

impl AudioTrack {
    /// That of a source which has no other.
    pub const ONLY: AudioTrack = AudioTrack { number: 1, count: 1 };

    /// The track of that number, from 1, of so many.
    pub fn new(number: u32, count: u32) -> AudioTrack {
        AudioTrack { number, count }
    }
}

//! Which of the audio tracks of a source is read.

use serde::Serialize;

/// An audio track of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AudioTrack {
    /// Its number among the audio tracks, from 1.
    pub number: u32,
    /// How many audio tracks the source has, at least 1.
    pub count: u32,
}

impl AudioTrack {
    /// That of a source which has no other.
    pub const ONLY: AudioTrack = AudioTrack { number: 1, count: 1 };
}

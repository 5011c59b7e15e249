//! What stays of a source that was opened.

use crate::audio::{AudioFormat, Planes};
use crate::error::Result;
use crate::read::{AudioReader, AudioTrack, Damage};
use crate::tags::Tags;
use crate::warning::Warning;

/// A source of which all is known but the samples, which are elsewhere: it gives none.
#[derive(Clone, Debug)]
pub(super) struct Known {
    format: AudioFormat,
    len: Option<u64>,
    tags: Tags,
    has_video: bool,
    track: AudioTrack,
    damage: Option<Damage>,
    notes: Vec<Warning>,
}

impl Known {
    pub(super) fn of(reader: &dyn AudioReader) -> Known {
        Known {
            format: *reader.format(),
            len: reader.len(),
            tags: reader.tags().clone(),
            has_video: reader.has_video(),
            track: reader.track(),
            damage: reader.damage().cloned(),
            notes: reader.notes().to_vec(),
        }
    }
}

impl AudioReader for Known {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        self.len
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn has_video(&self) -> bool {
        self.has_video
    }

    fn track(&self) -> AudioTrack {
        self.track
    }

    fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    fn notes(&self) -> &[Warning] {
        &self.notes
    }

    fn read(&mut self, _: &mut Planes, _: usize) -> Result<usize> {
        Ok(0)
    }
}

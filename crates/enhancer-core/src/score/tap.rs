//! Meters at both ends of an enhancement.

use super::Meter;
use crate::audio::Planes;
use crate::error::Result;
use crate::read::{AudioReader, forward_source};
use crate::warning::Warning;
use crate::write::{AudioWriter, Clipping};

/// A reader that also passes its samples to a meter, if there is one.
pub(crate) struct TappedReader<'a> {
    pub(crate) reader: &'a mut dyn AudioReader,
    pub(crate) meter: Option<Meter>,
}

impl AudioReader for TappedReader<'_> {
    forward_source!(reader);

    fn notes(&self) -> &[Warning] {
        self.reader.notes()
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        let there: Vec<usize> = planes.iter().map(Vec::len).collect();
        let came = self.reader.read(planes, max)?;
        if let Some(meter) = &mut self.meter {
            let new = planes.iter().zip(there).map(|(plane, there)| plane[there..].to_vec());
            meter.push(&new.collect::<Planes>())?;
        }
        Ok(came)
    }
}

/// A writer that also passes its samples to a meter, if there is one.
pub(crate) struct TappedWriter<'a> {
    pub(crate) writer: &'a mut dyn AudioWriter,
    pub(crate) meter: Option<Meter>,
}

impl AudioWriter for TappedWriter<'_> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        if let Some(meter) = &mut self.meter {
            meter.push(planes)?;
        }
        self.writer.write(planes)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish()
    }

    fn note(&self) -> Option<Warning> {
        self.writer.note()
    }

    fn clipping(&self) -> Option<Clipping> {
        self.writer.clipping()
    }
}

//! Replaces samples that are NaN or infinite by silence.

use super::AudioReader;
use crate::audio::{Planes, duration};
use crate::error::Result;
use crate::warning::{Warning, WarningCode};

/// Reads from another reader, and replaces such samples by silence.
pub(super) struct Finite<'a> {
    inner: Box<dyn AudioReader + 'a>,
    /// Samples per channel that were read.
    position: u64,
    /// The number of replaced samples, and the position of the first one.
    replaced: u64,
    first: u64,
    /// The other reader's notes, and one about these samples.
    notes: Vec<Warning>,
}

impl<'a> Finite<'a> {
    pub(super) fn new(inner: Box<dyn AudioReader + 'a>) -> Finite<'a> {
        Finite { inner, position: 0, replaced: 0, first: 0, notes: Vec::new() }
    }

    /// Replaces such samples among the last `came` of each plane.
    fn replace(&mut self, planes: &mut Planes, came: usize) {
        for plane in planes {
            let start = plane.len() - came;
            for (n, sample) in plane[start..].iter_mut().enumerate() {
                if !sample.is_finite() {
                    let at = self.position + n as u64;
                    self.first = if self.replaced == 0 { at } else { self.first.min(at) };
                    self.replaced += 1;
                    *sample = 0.0;
                }
            }
        }
    }

    fn note(&mut self) {
        let at = duration(self.first, self.inner.format().sample_rate).as_secs_f64();
        let these = match self.replaced {
            1 => "1 sample of the source is",
            more => &format!("{more} samples of the source are"),
        };
        let text =
            format!("{these} infinite or not a number, from {at:.2} s on, and became silence");
        self.notes = self.inner.notes().to_vec();
        self.notes.push(Warning { code: WarningCode::NotFinite, text });
    }
}

impl AudioReader for Finite<'_> {
    forward_source!(inner);

    fn notes(&self) -> &[Warning] {
        if self.replaced == 0 { self.inner.notes() } else { &self.notes }
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        let came = self.inner.read(planes, max)?;
        self.replace(planes, came);
        self.position += came as u64;
        if self.replaced > 0 {
            self.note();
        }
        Ok(came)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::audio::{AudioFormat, SampleFormat};
    use crate::read::{OpenOptions, open};

    #[test]
    fn nan_and_infinity_become_silence_and_are_counted() {
        let mut samples = vec![0.5f32; 40_000];
        (samples[16_001], samples[30_000], samples[39_999]) = (f32::INFINITY, f32::NAN, -f32::NAN);
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let raw = Some(AudioFormat::raw(SampleFormat::F32le, 8000, 2));
        let options = OpenOptions { raw, ..OpenOptions::default() };
        let mut reader = open(Cursor::new(bytes), &options).unwrap();
        let mut planes = vec![Vec::new(); 2];
        while reader.read(&mut planes, 333).unwrap() > 0 {}
        assert_eq!((planes[1][8000], planes[0][15_000], planes[1][19_999]), (0.0, 0.0, 0.0));
        assert_eq!(planes.concat().iter().filter(|sample| **sample == 0.5).count(), 39_997);
        let [note] = reader.notes() else { panic!("one note") };
        assert!(
            note.text.starts_with("3 samples") && note.text.contains("from 1.00 s"),
            "{note:?}"
        );
    }
}

//! The start times and durations of the fragments of an MP4 file (ISO/IEC 14496-12, section 8.8).
//! symphonia assumes that fragments follow one another without a gap.

use std::io::{self, BufReader, Read};

use super::mp4::{read_bytes, read_u32, read_u64, read_version, skip};

/// Defaults for the samples of a track in fragments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    track: u32,
    duration: u32,
}

impl Defaults {
    /// Reads the body of a `trex` box.
    ///
    /// # Errors
    /// If the source fails or ends.
    pub(super) fn read(source: &mut impl Read) -> io::Result<Defaults> {
        skip(source, 4)?;
        let track = read_u32(source)?;
        skip(source, 4)?;
        Ok(Defaults { track, duration: read_u32(source)? })
    }
}

/// The part of a track in one fragment, in units of the track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) track: u32,
    /// Its start, if stated.
    pub(super) start: Option<u64>,
    /// The duration of all of its samples.
    pub(super) duration: u64,
    /// The default duration of a sample.
    usual: u32,
}

impl Fragment {
    /// Reads the body of one of the fragment's boxes.
    ///
    /// # Errors
    /// If the source fails or ends.
    pub(super) fn read(
        &mut self,
        source: &mut impl Read,
        kind: &[u8; 4],
        defaults: &[Defaults],
    ) -> io::Result<()> {
        match kind {
            b"tfhd" => self.read_header(source, defaults),
            b"tfdt" => {
                let is_long = read_version(source)? == 1;
                let start = if is_long { read_u64(source)? } else { read_u32(source)?.into() };
                self.start = Some(start);
                Ok(())
            }
            _ => self.read_run(source),
        }
    }

    fn read_header(&mut self, source: &mut impl Read, defaults: &[Defaults]) -> io::Result<()> {
        let flags = u32::from_be_bytes(read_bytes(source)?);
        self.track = read_u32(source)?;
        let own = defaults.iter().find(|defaults| defaults.track == self.track);
        self.usual = own.map_or(0, |defaults| defaults.duration);
        let before = [(0x1, 8), (0x2, 4)].iter().filter(|(flag, _)| flags & flag != 0);
        skip(source, before.map(|(_, bytes)| bytes).sum())?;
        if flags & 0x8 != 0 {
            self.usual = read_u32(source)?;
        }
        Ok(())
    }

    /// Adds the durations of a run of samples.
    fn read_run(&mut self, source: &mut impl Read) -> io::Result<()> {
        let source = &mut BufReader::new(source);
        let flags = u32::from_be_bytes(read_bytes(source)?);
        let count = read_u32(source)?;
        let mut add = |duration: u64| self.duration = self.duration.saturating_add(duration);
        if flags & 0x100 == 0 {
            add(u64::from(count) * u64::from(self.usual));
            return Ok(());
        }
        let before = [0x1, 0x4].iter().filter(|flag| flags & **flag != 0).count() as u64;
        skip(source, before * 4)?;
        let behind = [0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count();
        for _ in 0..count {
            add(read_u32(source)?.into());
            skip(source, behind as u64 * 4)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn durations_are_those_of_the_samples_of_the_fragment_or_of_the_track() {
        let defaults = [Defaults::read(&mut &words(&[0, 7, 1, 1024, 0, 0])[..]).unwrap()];
        let mut fragment = Fragment::default();
        let mut read = |kind: &[u8; 4], body: &[u32]| {
            fragment.read(&mut &words(body)[..], kind, &defaults).unwrap();
            fragment
        };
        read(b"tfhd", &[0x2_0000, 7]);
        assert_eq!(read(b"tfdt", &[1 << 24, 1, 5]).start, Some((1 << 32) + 5));
        assert_eq!(read(b"trun", &[0x201, 3, 99, 10, 10, 10]).duration, 3 * 1024);
        assert_eq!(read(b"trun", &[0x305, 2, 99, 0, 500, 10, 600, 10]).duration, 3072 + 1100);
        read(b"tfhd", &[0xb, 7, 0, 0, 1, 20]);
        assert_eq!(read(b"trun", &[0, 2]).duration, 3072 + 1100 + 40);
        assert_eq!((fragment.track, fragment.usual), (7, 20));
    }

    #[test]
    fn a_run_that_is_cut_off_ends_the_reading() {
        let mut fragment = Fragment::default();
        let cut = words(&[0x100, u32::MAX, 8, 8]);
        assert!(fragment.read(&mut &cut[..], b"trun", &[]).is_err());
        assert_eq!(fragment.duration, 16);
    }
}

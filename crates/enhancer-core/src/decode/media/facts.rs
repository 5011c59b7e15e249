//! What a look of our own at a file finds that symphonia does not pass on.

use std::io::{self, Read, Seek, SeekFrom};

use super::source::Overlay;
use super::{chunks, id3, matroska, mp4};
use crate::format::Container;
use crate::tags::Tags;

/// What our own look at the file found, beside symphonia's.
#[derive(Default)]
pub(super) struct Facts {
    /// Where the frames of MPEG audio begin, and the tags before them.
    pub(super) start: u64,
    pub(super) tags: Tags,
    pub(super) tracks: Vec<mp4::Track>,
    /// Track numbers, and nanoseconds of padding at their end.
    paddings: Vec<(u32, u64)>,
    /// Whether an MP3 file states how many frames it has.
    pub(super) frames_are_counted: bool,
    /// The chunk of the samples.
    pub(super) sound: Option<chunks::Sound>,
}

impl Facts {
    /// Leaves `source` anywhere.
    pub(super) fn read(
        source: &mut (impl Read + Seek),
        container: Container,
        len: u64,
    ) -> io::Result<Facts> {
        let mut facts = Facts::default();
        match container {
            Container::Mp4 => facts.tracks = mp4::tracks(source, len)?,
            Container::Matroska => facts.paddings = matroska::end_paddings(source, len)?,
            Container::Aiff | Container::Caf => {
                facts.sound = chunks::sound(source, container, len)?;
            }
            Container::Mp3 | Container::Adts => {
                (facts.start, facts.tags) = id3::read(source)?;
                facts.frames_are_counted = frames_are_counted(source, facts.start)?;
            }
            _ => {}
        }
        Ok(facts)
    }

    /// For a file that was cut off, the size of its samples as it is.
    pub(super) fn overlay(&self) -> Option<Overlay> {
        let cut = self.sound.filter(|sound| sound.there < sound.declared)?;
        let size = cut.there.to_be_bytes();
        Some((cut.size_at, size[size.len() - cut.width..].to_vec()))
    }

    /// What MP4 says of a track.
    pub(super) fn track(&self, id: u32) -> Option<&mp4::Track> {
        self.tracks.iter().find(|track| track.id == id)
    }

    /// Samples at the beginning of a track that its container says are not to be
    /// heard.
    pub(super) fn edit_start(&self, track: u32, sample_rate: u32) -> Option<u64> {
        let track = self.track(track)?;
        (track.edit_start > 0).then(|| scaled(track.edit_start, sample_rate, track.timescale))
    }

    /// Samples at the end of a track that are not to be heard.
    pub(super) fn padding(&self, track: u32, sample_rate: u32) -> usize {
        let padding = self.paddings.iter().find(|(number, _)| *number == track);
        // A second is far more than any packet.
        let nanoseconds = padding.map_or(0, |(_, padding)| (*padding).min(1_000_000_000));
        scaled(nanoseconds, sample_rate, 1_000_000_000) as usize
    }
}

/// Whether the first frame of an MP3 file, at the offset `start`, is one that counts
/// the others, as the encoders Xing and LAME and that of Fraunhofer write it; otherwise
/// symphonia guesses.
fn frames_are_counted(source: &mut (impl Read + Seek), start: u64) -> io::Result<bool> {
    let mut frame = Vec::new();
    source.seek(SeekFrom::Start(start))?;
    // The mark stands behind the side information, or at a fixed place.
    source.take(64).read_to_end(&mut frame)?;
    Ok(frame.windows(4).any(|mark| [b"Xing", b"Info", b"VBRI"].iter().any(|m| mark == *m)))
}

/// `n · by / per`, rounded to the nearest; 0 if `per` is.
pub(super) fn scaled(n: u64, by: u32, per: u32) -> u64 {
    let (n, by, per) = (u128::from(n), u128::from(by), u128::from(per));
    let scaled = (n * by * 2 + per).checked_div(per * 2).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

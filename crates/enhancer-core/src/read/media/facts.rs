//! Facts about a file that symphonia does not report. This code examines the file itself.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Seek, SeekFrom};

use super::edits::{self, Part, Scale};
use super::frames::header;
use super::plain::Plain;
use super::source::Overlay;
use super::{chunks, flac, id3, matroska, mp4, ogg, tracks};
use crate::audio::Container;
use crate::error::{Error, Result};
use crate::read::mp4::chapters as chapters_of_mp4;
use crate::read::sniff::{Found, HEAD, look};
use crate::read::wav::{self, is_placeholder};
use crate::tags::{Chapter, Gathering, Tags};

/// The size of the samples of a file in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// The declared size.
    pub(super) declared: u64,
    /// The part of it that exists.
    pub(super) there: u64,
}

impl Extent {
    /// Whether the file was cut off. A file that was written into a pipe was not.
    pub(super) fn is_cut(&self) -> bool {
        self.there < self.declared && !is_placeholder(self.declared)
    }
}

/// The facts.
pub(super) struct Facts {
    /// The container at the start.
    pub(super) container: Container,
    /// The offset of the container or of the MPEG audio frames, and the tags before it.
    pub(super) start: u64,
    pub(super) tags: Tags,
    pub(super) tracks: Vec<mp4::Track>,
    pub(super) matroska_tracks: Vec<tracks::Track>,
    /// Time units of an MP4 file's movie per second, and whether its sound is in fragments.
    timescale: u32,
    pub(super) has_fragments: bool,
    /// Track numbers, and the padding at the end of these tracks in nanoseconds.
    paddings: Vec<(u32, u64)>,
    /// The kind of the first MPEG audio frame, if it is not supported.
    pub(super) unusual_frames: Option<&'static str>,
    /// The size of the samples.
    pub(super) sound: Option<Extent>,
    /// The storage format of the samples, if symphonia does not support it.
    pub(super) plain: Option<Plain>,
    /// The codec that a CAF file names.
    pub(super) codec: Option<[u8; 4]>,
    /// The number of entries in packet tables, which symphonia would keep.
    pub(super) packets: u64,
    /// Whether other streams follow those at the start.
    pub(super) is_chained: bool,
    /// Chapters that belong to a single track, with its number.
    chapters: Vec<(u32, Vec<Chapter>)>,
    /// Bytes that symphonia reads instead of the actual ones, with offsets relative to the start.
    pub(super) overlays: Vec<Overlay>,
}

impl Facts {
    /// Examines a source of `len` bytes. Leaves it at any position.
    ///
    /// # Errors
    /// `Read` if the source fails, `CorruptAudio` if too much precedes the sound.
    pub(super) fn read(
        source: &mut (impl Read + Seek),
        container: Container,
        len: u64,
    ) -> Result<Facts> {
        let mut facts = Facts::none(container);
        if matches!(container, Container::Mp3 | Container::Adts) {
            (facts.start, facts.tags) = id3::read(source).map_err(error_of)?;
            let found = at_offset(source, facts.start).map_err(error_of)?;
            facts.container = found.unwrap_or(container);
        }
        let (len, start) = (len.saturating_sub(facts.start), facts.start);
        let source = &mut Behind { source, start };
        if facts.container == Container::Wav {
            let found = wav::look(source, len)?;
            facts.add_tags(found.tags);
            facts.overlays = found.overlays;
            facts.sound = Some(Extent { declared: found.declared, there: found.there });
        } else {
            facts.look(source, len).map_err(error_of)?;
        }
        Ok(facts)
    }

    /// The facts about a file of which only the container is known.
    fn none(container: Container) -> Facts {
        Facts {
            container,
            start: 0,
            tags: Tags::default(),
            tracks: Vec::new(),
            matroska_tracks: Vec::new(),
            timescale: 0,
            has_fragments: false,
            paddings: Vec::new(),
            unusual_frames: None,
            sound: None,
            plain: None,
            codec: None,
            packets: 0,
            is_chained: false,
            chapters: Vec::new(),
            overlays: Vec::new(),
        }
    }

    /// Adds the tags of the container to those before it.
    fn add_tags(&mut self, tags: Tags) {
        let mut all = Gathering::default();
        all.complete_with(std::mem::take(&mut self.tags));
        all.complete_with(tags);
        self.tags = all.finish();
    }

    fn look(&mut self, source: &mut (impl Read + Seek), len: u64) -> io::Result<()> {
        match self.container {
            Container::Mp4 | Container::Mov | Container::M4a => {
                let found = mp4::look(source, len)?;
                (self.timescale, self.has_fragments) = (found.timescale, found.has_fragments());
                (self.tracks, self.overlays) = (found.tracks, found.overlays);
                let chapters = chapters_of_mp4(source, len)?;
                self.add_tags(Tags { chapters, ..Tags::default() });
            }
            Container::Matroska | Container::Mkv | Container::Webm => {
                let found = matroska::look(source, len)?;
                (self.paddings, self.overlays) = (found.paddings, found.overlays);
                self.matroska_tracks = found.tracks;
                self.add_tags(Tags { chapters: found.chapters, ..Tags::default() });
            }
            Container::Aiff | Container::Caf => {
                let found = chunks::look(source, self.container, len)?;
                (self.sound, self.overlays) =
                    (found.sound.map(|sound| sound.extent), found.overlays);
                (self.plain, self.codec) = (found.plain, found.codec);
                self.packets = found.packets;
                self.add_tags(found.tags);
            }
            Container::Flac => {
                let flac::Found { overlays, chapters } = flac::look(source)?;
                self.overlays = overlays;
                self.add_tags(Tags { chapters, ..Tags::default() });
            }
            Container::Ogg | Container::Opus => {
                let found = ogg::look(source)?;
                (self.is_chained, self.overlays) = (found.is_chained, found.overlays);
                self.chapters = found.chapters;
            }
            Container::Mp3 | Container::Adts => {
                self.unusual_frames = header::unusual(&first_bytes(source)?);
            }
            Container::Wav | Container::Raw => {}
        }
        Ok(())
    }

    /// The chapters that belong only to this track.
    pub(super) fn chapters(&self, track: u32) -> Vec<Chapter> {
        let own = self.chapters.iter().find(|(number, _)| *number == track);
        own.map_or(Vec::new(), |(_, chapters)| chapters.clone())
    }

    /// What MP4 states about a track.
    pub(super) fn track(&self, id: u32) -> Option<&mp4::Track> {
        self.tracks.iter().find(|track| track.id == id)
    }

    /// What Matroska states about a track.
    pub(super) fn matroska_track(&self, number: u32) -> Option<&tracks::Track> {
        self.matroska_tracks.iter().find(|track| track.number == number)
    }

    /// The encodings of Matroska's packets, for the tracks that have any.
    pub(super) fn encodings(&self) -> HashMap<u32, Vec<tracks::Step>> {
        let encoded = self.matroska_tracks.iter().filter(|track| !track.encodings.is_empty());
        encoded.map(|track| (track.number, track.encodings.clone())).collect()
    }

    /// The number of inaudible samples at the beginning of a track, as the container states it.
    pub(super) fn edit_start(&self, track: u32, sample_rate: u32) -> Option<u64> {
        let track = self.track(track)?;
        let start = track.edit_start();
        (start > 0).then(|| scaled(start, sample_rate, track.timescale))
    }

    /// The visible parts of a track of `len` samples, with `packet` samples per packet.
    pub(super) fn parts(
        &self,
        track: u32,
        sample_rate: u32,
        len: Option<u64>,
        packet: u64,
    ) -> VecDeque<Part> {
        let Some(track) = self.track(track) else { return VecDeque::new() };
        let starts = self.others(track.id).map(mp4::Track::empty_start);
        let late = starts.min().unwrap_or(0).min(track.empty_start());
        let len = len.filter(|_| !self.has_fragments);
        let scale =
            Scale { movie: self.timescale, track: track.timescale, sample_rate, len, packet };
        edits::parts(&track.edits, late, scale)
    }

    /// The start of a track's fragments, and the earliest start of others, in seconds.
    pub(super) fn starts(&self, track: u32) -> Option<(f64, Option<f64>)> {
        let own = self.track(track)?.start()?;
        let others = self.others(track).filter_map(mp4::Track::start);
        Some((own, others.min_by(f64::total_cmp)))
    }

    /// Other video and audio tracks.
    fn others(&self, track: u32) -> impl Iterator<Item = &mp4::Track> {
        let is_other = move |other: &&mp4::Track| {
            other.id != track && matches!(&other.handler, b"vide" | b"soun")
        };
        self.tracks.iter().filter(is_other)
    }

    /// The number of inaudible samples at the end of a track.
    pub(super) fn padding(&self, track: u32, sample_rate: u32) -> u64 {
        let padding = self.paddings.iter().find(|(number, _)| *number == track);
        // No packet is nearly as long as a second.
        let nanoseconds = padding.map_or(0, |(_, padding)| (*padding).min(1_000_000_000));
        scaled(nanoseconds, sample_rate, 1_000_000_000)
    }
}

/// The start of a file that looks like `container`, after the tags before it, and its actual
/// container.
///
/// # Errors
/// `Read` if the source fails, `CorruptAudio` if there are too many tags.
pub(in crate::read) fn behind_tags(
    source: &mut (impl Read + Seek),
    container: Container,
) -> Result<(u64, Container)> {
    if !matches!(container, Container::Mp3 | Container::Adts) {
        return Ok((0, container));
    }
    let start = id3::end(source).map_err(error_of)?;
    let found = at_offset(source, start).map_err(error_of)?;
    Ok((start, found.unwrap_or(container)))
}

/// The container that begins at an offset, if any.
fn at_offset(source: &mut (impl Read + Seek), at: u64) -> io::Result<Option<Container>> {
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(at))?;
    source.take(HEAD).read_to_end(&mut head)?;
    Ok(match look(&head) {
        Found::Audio(container) if at > 0 => Some(container),
        _ => None,
    })
}

/// The error for a source that fails, or whose head is too long.
fn error_of(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData => Error::corrupt_audio(0, error.to_string()),
        _ => Error::read(error),
    }
}

/// The first bytes of an MPEG audio frame.
fn first_bytes(source: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.take(header::LONGEST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The part of a source after an offset, as if nothing preceded it.
struct Behind<'s, S> {
    source: &'s mut S,
    start: u64,
}

impl<S: Read> Read for Behind<'_, S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.source.read(bytes)
    }
}

impl<S: Seek> Seek for Behind<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(at.saturating_add(self.start)),
            to => to,
        };
        Ok(self.source.seek(to)?.saturating_sub(self.start))
    }
}

/// `n · by / per`, rounded to the nearest integer; 0 if `per` is 0.
pub(super) fn scaled(n: u64, by: u32, per: u32) -> u64 {
    let (n, by, per) = (u128::from(n), u128::from(by), u128::from(per));
    let scaled = (n * by * 2 + per).checked_div(per * 2).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

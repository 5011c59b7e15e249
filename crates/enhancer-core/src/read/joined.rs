//! Files that were joined end to end: reads the sound of all of them, one after the other, in the
//! format of the first.

use std::io::{self, Read, Seek};

use super::media::{Adapter, Block, Ready};
use super::part::Part;
use super::sniff::{Found, sniff};
use super::{AudioReader, AudioTrack, Damage, OpenOptions, byte_len, extent, media, open_any};
use crate::audio::{AudioFormat, BLOCK, Container, Planes, check_planes, duration};
use crate::error::{Error, ErrorCode, Result};
use crate::tags::Tags;
use crate::warning::Warning;

/// The maximum number of files: a day of songs.
const MOST_FILES: u32 = 1000;

/// Opens a source, and the files that are joined to it.
///
/// # Errors
/// The errors of [`open`](super::open).
pub(super) fn open<'a, R>(mut source: R, options: &OpenOptions) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    if options.raw.is_some() {
        return open_any(source, options, false);
    }
    let len = byte_len(&mut source)?;
    let all = Part::new(source, len);
    let mut files = Files { all, len, before_tags: None, latest: None, opened: 0 };
    let first = files.next()?;
    let is_alone = !files.is_open() && files.peek()?.is_none();
    // Looking at the source has moved its position, which all share.
    files.all.rewind().map_err(Error::read)?;
    let first = open_any(first.unwrap_or(files.all.clone()), options, false)?;
    if is_alone {
        return Ok(first);
    }
    Ok(Box::new(Joined {
        first,
        next: None,
        files,
        options: options.clone(),
        adapter: None,
        ready: Ready::default(),
        begin: 0.0,
        made: 0,
        ended: false,
        before: Said::default(),
        said: Said::default(),
    }))
}

/// The files in a source.
struct Files<R> {
    all: Part<R>,
    /// The size of the source in bytes; and without the tags at its end, once that was determined.
    len: u64,
    before_tags: Option<u64>,
    latest: Option<Part<R>>,
    opened: u32,
}

impl<R: Read + Seek> Files<R> {
    /// Whether the current file may end before the source does, where another one begins. Only
    /// reading it shows that.
    fn is_open(&self) -> bool {
        self.latest.as_ref().is_some_and(Part::is_open)
    }

    /// Moves to the next file, which becomes the current one.
    fn next(&mut self) -> Result<Option<Part<R>>> {
        let Some(next) = self.peek()? else { return Ok(None) };
        self.latest = Some(next.clone());
        self.opened += 1;
        Ok(Some(next))
    }

    /// The next file, if one begins where the current one ends.
    fn peek(&mut self) -> Result<Option<Part<R>>> {
        let start = self.latest.as_ref().map_or(0, Part::end);
        if start >= self.len {
            return Ok(None);
        }
        let mut rest = self.all.between(start, self.len).map_err(Error::read)?;
        let Found::Audio(container) = sniff(&mut rest)? else { return Ok(None) };
        let (tags, container) = media::behind_tags(&mut rest, container)?;
        let is_frames = matches!(container, Container::Mp3 | Container::Adts);
        // Other data may look like frames by chance, and a tag may follow a file.
        if is_frames && start > 0 {
            return Ok(None);
        }
        let file = match container {
            Container::Flac => self.flac(start, tags, rest),
            _ => extent::find(&mut rest, container, self.len - start)
                .and_then(|len| self.all.between(start, start + len)),
        };
        file.map(Some).map_err(Error::read)
    }

    /// The FLAC file at the offset `start`, with which `rest` begins. It begins with `tags` bytes
    /// of tags.
    fn flac(&mut self, start: u64, tags: u64, mut rest: Part<R>) -> io::Result<Part<R>> {
        let end = match self.before_tags {
            Some(end) => end,
            None => extent::before_tags(&mut self.all, self.len)?,
        };
        self.before_tags = Some(end);
        let frames = start + media::flac_frames_at(&mut rest, tags)?;
        Ok(self.all.between(start, end.max(start))?.before_flac(frames))
    }
}

/// The damage and the notes of files.
#[derive(Clone, Default)]
struct Said {
    damage: Option<Damage>,
    notes: Vec<Warning>,
}

impl Said {
    /// Adds the damage and the notes of a file that begins at this second. Only the first note of
    /// each kind counts.
    fn add(&mut self, begin: f64, damage: Option<&Damage>, notes: &[Warning]) {
        if let Some(Damage { at_seconds, reason, places }) = damage {
            let places = places + self.damage.as_ref().map_or(0, |damage| damage.places);
            let first = Damage { at_seconds: begin + at_seconds, reason: reason.clone(), places };
            self.damage = Some(Damage { places, ..self.damage.take().unwrap_or(first) });
        }
        for note in notes {
            if self.notes.iter().all(|said| said.code != note.code) {
                self.notes.push(note.clone());
            }
        }
    }
}

/// Reads files one after the other.
struct Joined<'a, R> {
    /// The first file. Its format and tags apply to all.
    first: Box<dyn AudioReader + 'a>,
    /// The current file, unless it is the first.
    next: Option<Box<dyn AudioReader + 'a>>,
    files: Files<R>,
    options: OpenOptions,
    /// Converts the current file to the format of the first.
    adapter: Option<Adapter>,
    ready: Ready,
    /// The start of the current file in seconds.
    begin: f64,
    /// Samples per channel that were made ready.
    made: u64,
    ended: bool,
    /// The damage and the notes of the files before the current one, and of all files.
    before: Said,
    said: Said,
}

impl<'a, R: Read + Seek + Send + 'a> Joined<'a, R> {
    fn reader(&mut self) -> &mut (dyn AudioReader + 'a) {
        &mut **self.next.as_mut().unwrap_or(&mut self.first)
    }

    /// Makes the next block ready, or moves to the next file.
    fn advance(&mut self) -> Result<()> {
        let reader = self.reader();
        let AudioFormat { sample_rate, channels, .. } = *reader.format();
        let mut block = Block { sample_rate, ..Block::default() };
        block.planes.resize(channels.into(), Vec::new());
        if reader.read(&mut block.planes, BLOCK)? == 0 {
            return self.next_file();
        }
        if let Some(adapter) = &mut self.adapter {
            adapter.convert(&mut block)?;
        }
        self.push(block.planes)
    }

    fn push(&mut self, planes: Planes) -> Result<()> {
        self.made += planes[0].len() as u64;
        self.ready.push(planes);
        self.options.limits.check_duration(self.made, self.first.format().sample_rate)
    }

    fn next_file(&mut self) -> Result<()> {
        if let Some(adapter) = self.adapter.take() {
            self.push(adapter.finish()?)?;
        }
        self.before = self.all_said();
        self.begin = duration(self.made, self.first.format().sample_rate).as_secs_f64();
        self.ended = true;
        let Some(file) = self.files.next()? else { return Ok(()) };
        if self.files.opened > MOST_FILES {
            return self.end_at(format!("more than {MOST_FILES} files are joined"));
        }
        match open_any(file, &self.options, true) {
            Ok(reader) => {
                self.ended = false;
                self.go_on_with(reader)
            }
            // For example, it may lack the track that is read in the first file.
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::CorruptAudio | ErrorCode::UnsupportedAudio | ErrorCode::InvalidValue
                ) =>
            {
                self.end_at(format!("another recording begins here that cannot be read: {error}"))
            }
            Err(error) => Err(error),
        }
    }

    /// Ends before a file that is not read.
    fn end_at(&mut self, reason: String) -> Result<()> {
        if self.options.strict {
            return Err(Error::damaged_at(self.begin, reason));
        }
        Damage::note(&mut self.before.damage, self.begin, reason);
        Ok(())
    }

    fn go_on_with(&mut self, reader: Box<dyn AudioReader + 'a>) -> Result<()> {
        let (to, from) = (*self.first.format(), *reader.format());
        self.options.limits.check(from.sample_rate, from.channels)?;
        if (to.sample_rate, to.channels) != (from.sample_rate, from.channels) {
            let adapter = Adapter::new(&from, &to)?;
            self.before.add(0.0, None, &[adapter.note(self.begin)]);
            self.adapter = Some(adapter);
        }
        self.next = Some(reader);
        Ok(())
    }

    /// The damage and the notes of all files up to the current one.
    fn all_said(&self) -> Said {
        let reader = self.next.as_ref().unwrap_or(&self.first);
        let mut said = self.before.clone();
        said.add(self.begin, reader.damage(), reader.notes());
        said
    }
}

impl<'a, R: Read + Seek + Send + 'a> AudioReader for Joined<'a, R> {
    fn format(&self) -> &AudioFormat {
        self.first.format()
    }

    fn len(&self) -> Option<u64> {
        // The length is known until another file follows.
        let is_one = self.files.opened == 1 && self.files.is_open();
        self.first.len().filter(|_| is_one)
    }

    fn tags(&self) -> &Tags {
        self.first.tags()
    }

    fn has_video(&self) -> bool {
        self.first.has_video()
    }

    fn track(&self) -> AudioTrack {
        self.first.track()
    }

    fn track_id(&self) -> Option<u32> {
        self.first.track_id()
    }

    fn begins_at(&self) -> f64 {
        self.first.begins_at()
    }

    fn damage(&self) -> Option<&Damage> {
        self.said.damage.as_ref()
    }

    fn notes(&self) -> &[Warning] {
        &self.said.notes
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        check_planes(planes.len(), self.first.format().channels)?;
        let mut done = 0;
        loop {
            done += self.ready.take(planes, max - done, 0);
            if done == max || self.ended {
                self.said = if self.ended { self.before.clone() } else { self.all_said() };
                return Ok(done);
            }
            self.advance()?;
        }
    }
}

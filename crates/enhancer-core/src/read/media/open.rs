//! Finds the audio track of a container, and its decoder.

mod first;
mod stated;

use std::io::{Read, Seek};

use enhancer_networks::panics::contain;
use symphonia::core::common::Limit;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::well_known::*;
use symphonia::core::formats::{FormatId, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{
    AiffReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, OggReader, WavReader,
};
use symphonia::default::meta::Id3v1Reader;

use self::first::First;
use self::stated::stated_len;
use super::ape::BoundedApe;
use super::choose::Chosen;
use super::codec::{self, Block, Opened};
use super::encoded::Decompressed;
use super::facts::Facts;
use super::frames::FrameReader;
use super::gaps::{Gaps, lateness};
use super::ready::Ready;
use super::silence::Silence;
use super::source::{Allowance, Source};
use super::{MediaReader, WholeEnd, matroska, mp4, ogg, tags};
use crate::audio::{AudioFormat, Container};
use crate::error::{Error, ErrorKind, Result};
use crate::read::{AudioReader, OpenOptions, byte_len};
use crate::tags::chapters::put_in_order;
use crate::tags::{Gathering, Tags};

/// The number of bytes that symphonia keeps for an entry of a packet table.
const PACKET_BYTES: u64 = 32;

/// The number of samples that cannot be a coincidence.
const CERTAIN: usize = 8 * 1152;

/// Opens a file in this container.
///
/// # Errors
/// The errors of [`open`](crate::open).
pub(in crate::read) fn open<'a, R>(
    source: R,
    container: Container,
    options: &OpenOptions,
    follows: bool,
) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    Ok(Box::new(open_media(source, container, options, follows)?))
}

fn open_media<'a, R>(
    mut source: R,
    container: Container,
    options: &OpenOptions,
    follows: bool,
) -> Result<MediaReader<'a>>
where
    R: Read + Seek + Send + 'a,
{
    let len = byte_len(&mut source)?;
    let facts = Facts::read(&mut source, container, len)?;
    let allowance = Allowance::new(options.limits.decoder_memory);
    if facts.packets.saturating_mul(PACKET_BYTES) > options.limits.decoder_memory {
        return Err(options.limits.memory_exceeded());
    }
    let start = facts.start;
    let source = Source::new(source, start, len.saturating_sub(start), allowance.clone());
    let source = source.map_err(Error::read)?.with(&facts.overlays);
    let container = facts.container;
    let mut opening = Opening { container, facts, allowance, options, len, follows };
    opening.open(source)
}

/// Opens MPEG audio frames, the first of which may be cut off.
///
/// # Errors
/// The errors of [`open`], and an error if they turn out not to be frames.
pub(in crate::read) fn open_frames<'a, R>(
    source: R,
    options: &OpenOptions,
) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    // Only successful decoding distinguishes frames from other data.
    let strict = OpenOptions { strict: true, ..options.clone() };
    let mut reader = open_media(source, Container::Mp3, &strict, false)?;
    let mut start = vec![Vec::new(); reader.format().channels.into()];
    if !matches!(reader.format().container, Container::Mp3 | Container::Adts) {
        return Err(Error::corrupt_audio(0, "it contains no frames of MPEG audio"));
    }
    reader.read(&mut start, CERTAIN)?;
    reader.unread(start);
    reader.strict = options.strict;
    Ok(Box::new(reader))
}

fn container_of(format: FormatId) -> Option<Container> {
    Some(match format {
        FORMAT_ID_WAVE => Container::Wav,
        FORMAT_ID_FLAC => Container::Flac,
        FORMAT_ID_AIFF => Container::Aiff,
        FORMAT_ID_CAF => Container::Caf,
        FORMAT_ID_MP3 => Container::Mp3,
        FORMAT_ID_ADTS => Container::Adts,
        FORMAT_ID_ISOMP4 => Container::Mp4,
        FORMAT_ID_OGG => Container::Ogg,
        FORMAT_ID_MKV => Container::Matroska,
        _ => return None,
    })
}

/// The state while a container is opened.
pub(super) struct Opening<'o> {
    pub(super) container: Container,
    pub(super) facts: Facts,
    pub(super) allowance: Allowance,
    pub(super) options: &'o OpenOptions,
    /// The size of the source in bytes.
    pub(super) len: u64,
    /// Whether it follows another file, so that it begins when that one ends.
    follows: bool,
}

impl Opening<'_> {
    /// Opens a reader for the source. If the end of the source is broken, it opens one that does
    /// not look there first.
    fn open<'a, R>(&mut self, source: Source<R>) -> Result<MediaReader<'a>>
    where
        R: Read + Seek + Send + 'a,
    {
        let whole_end = self.whole_end(source.share());
        let usual = match self.facts.is_chained {
            // The end of the file is not the end of the first stream.
            true => source.share().forwards().map_err(Error::read)?,
            false => source.share(),
        };
        let error = match self.try_open(usual) {
            Ok(reader) => return Ok(MediaReader { whole_end, ..reader }),
            Err(error) => error,
        };
        if !matches!(error.kind(), ErrorKind::CorruptAudio { .. }) || self.options.strict {
            return Err(error);
        }
        self.allowance.renew(self.options.limits.decoder_memory);
        match self.try_open(source.forwards().map_err(Error::read)?) {
            Ok(mut reader) => {
                reader.broken_end = Some(error);
                Ok(reader)
            }
            Err(_) => Err(error),
        }
    }

    /// The check of the end of a source, for containers with packets in parts of their own.
    fn whole_end<'a, R>(&self, mut source: Source<R>) -> Option<WholeEnd<'a>>
    where
        R: Read + Seek + Send + 'a,
    {
        match self.container {
            Container::Ogg => Some(Box::new(move || ogg::ends_whole(&mut source))),
            Container::Matroska => Some(Box::new(move || matroska::ends_whole(&mut source))),
            _ => None,
        }
    }

    fn try_open<'a, R>(&mut self, source: Source<R>) -> Result<MediaReader<'a>>
    where
        R: Read + Seek + Send + 'a,
    {
        let mut demuxer = self.probe(source)?;
        let encodings = self.facts.encodings();
        if !encodings.is_empty() {
            let most = self.options.limits.decoder_memory;
            demuxer = Box::new(Decompressed::new(demuxer, encodings, most));
        }
        // After an ID3 tag there may be other formats than MP3.
        let found = container_of(demuxer.format_info().format);
        self.container = found.unwrap_or(self.container);
        self.reader(demuxer)
    }

    /// The format readers that may read the source: only those of the detected container, so that
    /// no other format is detected inside of it.
    fn readers(&self) -> Probe {
        let mut probe = Probe::new();
        match self.facts.container {
            Container::Wav => probe.register_format::<WavReader<'_>>(),
            Container::Flac => probe.register_format::<FlacReader<'_>>(),
            Container::Aiff => probe.register_format::<AiffReader<'_>>(),
            Container::Caf => probe.register_format::<CafReader<'_>>(),
            Container::Mp4 | Container::Mov | Container::M4a => {
                probe.register_format::<IsoMp4Reader<'_>>()
            }
            Container::Ogg | Container::Opus => probe.register_format::<OggReader<'_>>(),
            Container::Matroska | Container::Mkv | Container::Webm => {
                probe.register_format::<MkvReader<'_>>()
            }
            // One may look like the other by chance.
            Container::Mp3 | Container::Adts | Container::Raw => {
                probe.register_format::<FrameReader<'_>>()
            }
        }
        probe.register_metadata::<BoundedApe<'_>>();
        probe.register_metadata::<Id3v1Reader<'_>>();
        probe
    }

    fn probe<'a, R>(&self, source: Source<R>) -> Result<Box<dyn FormatReader + 'a>>
    where
        R: Read + Seek + Send + 'a,
    {
        let stream = MediaSourceStream::new(Box::new(source), Default::default());
        let most = usize::try_from(self.options.limits.decoder_memory).unwrap_or(usize::MAX);
        let metadata = MetadataOptions::default().limit_visual_bytes(Limit::Maximum(most));
        let probe = self.readers();
        contain(|| probe.probe(&Hint::new(), stream, Default::default(), metadata))
            .map_err(|panic| Error::corrupt_audio(0, panic))?
            .map_err(|error| self.failed(error))
    }

    /// Finds the track, its decoder and its first samples.
    fn reader<'a>(&self, mut demuxer: Box<dyn FormatReader + 'a>) -> Result<MediaReader<'a>> {
        let has_video = self.has_video(&*demuxer);
        let Chosen { track, number, parameters, opened, note } =
            self.choose(&*demuxer, has_video)?;
        let (Opened { mut decoder, pre_skip }, parameters) = (opened, &parameters);
        let mut tags = Gathering::default();
        tags.complete_with(self.facts.tags.clone());
        let priming = tags::read(&mut *demuxer, self.container, &mut tags);
        let chapters = self.facts.chapters(track.id);
        tags.complete_with(Tags { chapters, ..Tags::default() });
        let mut tags = tags.finish();
        let First { block, begin, end, others, padding: tail, damage } =
            self.first_block(&mut *demuxer, &mut *decoder, (&track, parameters))?;

        if block.sample_rate == 0 {
            return Err(Error::corrupt_audio(0, "it has a sample rate of 0 Hz"));
        }
        let format = AudioFormat {
            container: self.container,
            sample_format: codec::sample_format(parameters),
            sample_rate: block.sample_rate,
            channels: u16::try_from(block.planes.len()).unwrap_or(u16::MAX),
            channel_mask: channel_mask(&block, &tags),
            lossy: !codec::is_lossless(parameters.codec),
            bitrate: None,
        };
        let rate = format.sample_rate;
        // An edit is the best source. iTunes once wrote a note instead.
        let noted = priming.filter(|_| self.container == Container::Mp4).unwrap_or(pre_skip);
        let skip = self.facts.edit_start(track.id, rate).unwrap_or(noted);
        let track_len = stated_len(&*demuxer, &track, rate);
        let len = track_len.map(|len| len.saturating_sub(skip));
        // Encoders that write into a pipe cannot seek back to fill in the count.
        let len = len.filter(|len| *len > 0 || self.container != Container::Mp3);
        // A file cannot have more samples than bytes, whatever it declares.
        let len =
            len.map(|len| if codec::is_pcm(parameters.codec) { len.min(self.len) } else { len });
        let silence = Silence::new(parameters.codec, rate, format.channels);
        let padding = self.facts.padding(track.id, rate);
        let millis = len.map(|len| (u128::from(len) * 1000 / u128::from(rate)) as u64);
        put_in_order(&mut tags.chapters, millis);
        let mut reader = MediaReader {
            ready: Ready::default(),
            silence: if has_video { silence.of_video(self.len, rate) } else { silence },
            left_out: 0,
            usual: 0,
            decoder,
            track: track.id,
            number,
            unit: unit(&track, rate),
            padding,
            len,
            len_is_exact: self.len_is_exact(&track, parameters),
            format,
            tags,
            has_video,
            skip,
            tail: 0,
            longest_tail: self.longest_tail(&track, rate),
            miscounts: false,
            adapter: None,
            more_streams: 0,
            notes: note.into_iter().collect(),
            block,
            made: 0,
            next: Some(end),
            at: 0,
            behind: 0,
            begins_at: 0.0,
            is_placed: true,
            shifts: self.facts.track(track.id).map_or(Vec::new(), mp4::Track::later_shifts),
            edits: None,
            gaps: Gaps::default(),
            ended: false,
            whole_end: None,
            broken_end: self.missing_sound(),
            damage,
            strict: self.options.strict,
            allowance: self.allowance.clone(),
            limits: self.options.limits,
            cancel: self.options.cancel.clone(),
            demuxer,
        };
        // Beyond these limits nothing is kept in memory.
        reader.limits.check(rate, format.channels)?;
        let packet = reader.block.len() as u64;
        let parts = self.facts.parts(track.id, rate, track_len, packet);
        let has_edits = self.facts.track(track.id).is_some_and(|track| !track.edits.is_empty());
        if has_edits && parts.is_empty() && packet > 0 {
            return Err(Error::corrupt_audio(0, "its edits show no part of its audio"));
        }
        reader.edit(parts, track_len);
        reader.at = (begin as f64 * reader.unit * f64::from(rate)).round() as i64;
        reader.begin_late(self.lateness(&reader, others))?;
        if self.container == Container::Matroska {
            reader.begins_at = own_start(&reader) - reader.made as f64 / f64::from(rate);
        }
        reader.notes.extend(self.longer(&reader));
        reader.note_tail(reader.samples(tail).min(reader.block.len() as u64));
        reader.take_samples()?;
        Ok(reader)
    }

    /// By how many seconds the sound begins late. `others` is the start of other tracks.
    fn lateness(&self, reader: &MediaReader<'_>, others: Option<f64>) -> f64 {
        let (own, others) = match self.container {
            Container::Matroska => (own_start(reader), others),
            Container::Mp4 => self.facts.starts(reader.track).unwrap_or_default(),
            _ => return 0.0,
        };
        // For a file that follows another one, only its own tracks show when it began.
        lateness(own, others.or(self.follows.then_some(own)))
    }

    fn has_video(&self, demuxer: &dyn FormatReader) -> bool {
        demuxer.first_track(TrackType::Video).is_some()
            || self.facts.tracks.iter().any(|track| &track.handler == b"vide")
            // symphonia does not report video tracks with unknown codecs.
            || self.facts.matroska_tracks.iter().any(|track| track.is_video)
    }
}

/// The time of the first audible sample in seconds of the track's time.
fn own_start(reader: &MediaReader<'_>) -> f64 {
    let start = reader.at.saturating_add_unsigned(reader.skip);
    start as f64 / f64::from(reader.format.sample_rate)
}

/// The speakers of the channels, from the decoder, or from a comment that writers of FLAC use
/// because FLAC has no field for them.
fn channel_mask(block: &Block, tags: &Tags) -> u32 {
    let channels = block.planes.len();
    // For one and two channels the speakers are obvious.
    let known = if channels > 2 { block.channel_mask } else { 0 };
    let noted = tags.get("WAVEFORMATEXTENSIBLE_CHANNEL_MASK");
    let noted = noted.and_then(|text| text.to_lowercase().strip_prefix("0x").map(str::to_owned));
    let noted = noted.and_then(|text| u32::from_str_radix(&text, 16).ok());
    noted.filter(|mask| mask.count_ones() as usize == channels).unwrap_or(known)
}

/// The duration in seconds of a unit of the track's time.
pub(super) fn unit(track: &Track, sample_rate: u32) -> f64 {
    track.time_base.map_or(1.0 / f64::from(sample_rate), |base| {
        f64::from(base.numer.get()) / f64::from(base.denom.get())
    })
}

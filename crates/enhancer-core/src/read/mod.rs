//! Opens and decodes sources.

/// Forwards the methods that describe the source, except for the notes, to the reader in this
/// field.
macro_rules! forward_source {
    ($reader:ident) => {
        fn format(&self) -> &$crate::audio::AudioFormat {
            self.$reader.format()
        }

        fn len(&self) -> Option<u64> {
            self.$reader.len()
        }

        fn tags(&self) -> &$crate::tags::Tags {
            self.$reader.tags()
        }

        fn has_video(&self) -> bool {
            self.$reader.has_video()
        }

        fn track(&self) -> $crate::read::AudioTrack {
            self.$reader.track()
        }

        fn track_id(&self) -> Option<u32> {
            self.$reader.track_id()
        }

        fn begins_at(&self) -> f64 {
            self.$reader.begins_at()
        }

        fn damage(&self) -> Option<&$crate::read::Damage> {
            self.$reader.damage()
        }
    };
}

mod cancellable;
mod damage;
#[cfg(feature = "media")]
pub(crate) mod ebml;
#[cfg(feature = "media")]
mod extent;
mod finite;
mod g711;
#[cfg(feature = "media")]
mod joined;
#[cfg(feature = "media")]
mod media;
#[cfg(not(feature = "media"))]
#[path = "no_media.rs"]
mod media;
#[cfg(feature = "media")]
pub(crate) mod mp4;
#[cfg(feature = "media")]
mod part;
mod pcm;
mod shared;
mod sniff;
mod track;
mod wav;

pub(crate) use cancellable::Cancellable;
pub use damage::Damage;
use finite::Finite;
pub(crate) use forward_source;
#[cfg(feature = "media")]
pub(crate) use media::{LEAST_LATE_SECONDS, read_box_header, stored_in_mp4, stored_in_wav};
pub(crate) use shared::Shared;
use sniff::{Found, sniff};
pub use track::AudioTrack;

use std::io::{Read, Seek, SeekFrom};

use crate::audio::{Audio, AudioFormat, BLOCK, Container, Planes};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::limits::Limits;
use crate::setters::setters;
use crate::tags::Tags;
use crate::warning::Warning;

/// The supported formats, for error messages.
#[cfg(not(feature = "media"))]
const SUPPORTED: &str = "WAV with PCM audio, and raw PCM (f32le, s16le, s24le, s32le) if its format \
                         is specified; others need the feature `media` of enhancer-core";
#[cfg(feature = "media")]
const SUPPORTED: &str = "WAV, RF64, AIFF, CAF, FLAC, MP3, AAC, M4A, MP4, MOV, Ogg, WebM and Matroska \
                         with AAC, ALAC, FLAC, MP3, Opus, Vorbis or PCM audio, and raw PCM \
                         (f32le, s16le, s24le, s32le) if its format is specified";

/// A source of samples, read from its start to its end.
///
/// You can implement this trait, such as for samples that another library decodes. Methods that are
/// added later will have a default.
pub trait AudioReader: Send {
    /// The format of the source.
    fn format(&self) -> &AudioFormat;

    /// The number of samples in each channel, if it is known in advance.
    fn len(&self) -> Option<u64>;

    /// Whether the source is known to have no samples.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The tags of the source.
    fn tags(&self) -> &Tags {
        const NONE: &Tags = &Tags::NONE;
        NONE
    }

    /// Whether the source is a video, whose audio this reader returns.
    fn has_video(&self) -> bool {
        false
    }

    /// Which audio track of the source this is, and of how many.
    fn track(&self) -> AudioTrack {
        AudioTrack::ONLY
    }

    /// The container's own number of that track, if it numbers them.
    fn track_id(&self) -> Option<u32> {
        None
    }

    /// The time of the first sample in seconds, on the time line of the blocks of Matroska and
    /// WebM; 0 for other sources. It is negative if the first audible sample comes before time 0.
    fn begins_at(&self) -> f64 {
        0.0
    }

    /// The damage found so far, if any.
    fn damage(&self) -> Option<&Damage> {
        None
    }

    /// What the user should know about the source, as found so far, besides damage: for example,
    /// that it is longer than it declares.
    fn notes(&self) -> &[Warning] {
        &[]
    }

    /// Appends up to `max` samples to each of `planes`, one per channel, and returns their number.
    /// It is below `max` only at the end, and then 0.
    ///
    /// # Errors
    /// `InvalidValue` if the number of `planes` is not the number of channels, `Read` if the source
    /// fails or ends before its announced samples, `ReadCancelled` if the source was cancelled.
    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize>;
}

/// Options for opening a source.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// The format of raw samples, which do not describe themselves. Default: the format is
    /// detected from the bytes.
    pub raw: Option<AudioFormat>,
    /// Limits for the source.
    pub limits: Limits,
    /// Whether damage is an error. Default: the readable part is decoded, and
    /// [`AudioReader::damage`] reports the rest.
    pub strict: bool,
    /// The audio track to read, counted from 1. Default: the default track, or else the first
    /// that can be read.
    pub track: Option<u32>,
    /// Cancels opening and reading, which then return `ReadCancelled`. Default: a token
    /// that is never cancelled.
    pub cancel: CancelToken,
}

setters!(OpenOptions {
    with_raw => raw: Option<AudioFormat>,
    with_limits => limits: Limits,
    with_strict => strict: bool,
    with_track => track: Option<u32>,
    with_cancel => cancel: CancelToken,
});

/// Opens a source of audio.
///
/// # Errors
/// `UnsupportedAudio` if the bytes are not in a supported format, `EmptySource` if there are none,
/// `CorruptAudio` if they break the rules of the format, `LimitExceeded` if the audio
/// exceeds a limit, `InvalidValue` if `raw` has no rate or no channels or if there is no such
/// `track`, `Read` if the source fails, `ReadCancelled` if `cancel` was cancelled.
///
/// ```
/// use enhancer_core::{AudioFormat, OpenOptions, SampleFormat, open};
/// let bytes: Vec<u8> = [0.5f32, -0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
/// let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
/// let options = OpenOptions::default().with_raw(Some(raw));
/// let mut reader = open(std::io::Cursor::new(bytes), &options)?;
/// let mut planes = vec![Vec::new()];
/// assert_eq!(reader.read(&mut planes, 1024)?, 2);
/// assert_eq!(planes, [[0.5, -0.5]]);
/// # Ok::<(), enhancer_core::Error>(())
/// ```
pub fn open<'a, R>(source: R, options: &OpenOptions) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    let source = Cancellable::new(source, options.cancel.clone());
    #[cfg(feature = "media")]
    let outcome = joined::open(source, options);
    #[cfg(not(feature = "media"))]
    let outcome = open_any(source, options, false);
    // A demuxer may turn the failure of a source into any error.
    if options.cancel.is_cancelled() {
        return Err(ErrorKind::ReadCancelled.into());
    }
    let reader = outcome?;
    let AudioFormat { sample_rate, channels, .. } = *reader.format();
    options.limits.check(sample_rate, channels)?;
    options.limits.check_duration(reader.len().unwrap_or(0), sample_rate)?;
    Ok(Box::new(Finite::new(reader)))
}

/// Opens a source without checking the limits on rate, channels and length. If it `follows` another
/// one, it begins when that ends, whatever its own times state.
fn open_any<'a, R>(
    mut source: R,
    options: &OpenOptions,
    follows: bool,
) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    if let Some(format) = options.raw {
        format.check()?;
        check_only_track(options)?;
        return Ok(Box::new(pcm::PcmReader::open_raw(source, format, options.strict)?));
    }
    match sniff(&mut source)? {
        Found::Audio(Container::Wav) => match wav::open(source, options)? {
            wav::Wav::Samples(reader) => {
                check_only_track(options)?;
                Ok(reader)
            }
            wav::Wav::Coded { source, found } => {
                let coded = media::open(source, Container::Wav, options, follows);
                let found = format!("{found}; `ffmpeg -i IN OUT.wav` converts it");
                coded.map_err(|error| or_unsupported(error, found))
            }
        },
        Found::Audio(container) => media::open(source, container, options, follows),
        // A recording of a broadcast may begin inside a frame.
        Found::Unknown(found) => {
            let frames = media::open_frames(source, options);
            frames.map_err(|error| or_unsupported(error, found))
        }
        Found::Recording(found) => Err(convertible(found)),
        Found::Other(found) => Err(unsupported(found)),
    }
}

/// Checks the requested track for a source with a single track.
fn check_only_track(options: &OpenOptions) -> Result<()> {
    match options.track {
        None | Some(1) => Ok(()),
        Some(track) => Err(no_track(track, 1)),
    }
}

/// The error for a track number that does not exist.
fn no_track(number: u32, count: u32) -> Error {
    let expected = if count > 1 { format!("1 to {count}") } else { "1, the only one".into() };
    Error::invalid("the track", expected, number)
}

/// Opens raw samples that the core itself wrote, without limits.
///
/// # Errors
/// `CorruptAudio` if they end inside a frame, `Read` if the source fails.
pub(crate) fn open_samples<'a>(
    source: impl Read + Seek + Send + 'a,
    format: AudioFormat,
) -> Result<Box<dyn AudioReader + 'a>> {
    Ok(Box::new(pcm::PcmReader::open_raw(source, format, true)?))
}

/// Reads a whole source into memory, for short audio. Read long audio block by block, as
/// [`enhance`](crate::enhance) does.
///
/// # Errors
/// The errors of [`AudioReader::read`].
pub fn read_all(reader: &mut dyn AudioReader) -> Result<Audio> {
    let mut planes = vec![Vec::new(); reader.format().channels.into()];
    while reader.read(&mut planes, BLOCK)? > 0 {}
    Audio::new(reader.format().sample_rate, planes)
}

/// The error for an unsupported format that was `found`, or the error of the source if that failed.
fn or_unsupported(error: Error, found: String) -> Error {
    match error.code() {
        ErrorCode::Read
        | ErrorCode::LimitExceeded
        | ErrorCode::InvalidValue
        | ErrorCode::Cancelled => error,
        _ => unsupported(found),
    }
}

/// The error for a recording in a format that other programs can convert.
fn convertible(found: String) -> Error {
    unsupported(format!("{found}; `ffmpeg -i IN OUT.wav` converts it"))
}

/// The error for an unsupported format.
fn unsupported(found: String) -> Error {
    ErrorKind::UnsupportedAudio { found, supported: SUPPORTED }.into()
}

/// The length of a source in bytes. Leaves the source at its start.
fn byte_len(source: &mut impl Seek) -> Result<u64> {
    let len = source.seek(SeekFrom::End(0)).map_err(Error::read)?;
    source.rewind().map_err(Error::read)?;
    Ok(len)
}

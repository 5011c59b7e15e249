//! A source that was opened, and the format of its result.

use std::io::{Read, Seek};

use super::EnhanceOptions;
use super::bounded::Metered;
use crate::audio::{AudioFormat, SampleFormat};
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Result};
use crate::read::{AudioReader, Shared, open};
use crate::write::video::{Found, Video};
use crate::write::{Destination, check_format, unwritable};

/// The format of the result that a [`Job`](super::Job) with these options makes from a source.
///
/// # Errors
/// The errors of [`open`](crate::open), and `Unwritable` if the result cannot be written.
pub fn result_format<R>(source: R, options: &EnhanceOptions) -> Result<AudioFormat>
where
    R: Read + Seek + Send,
{
    Opened::new(source, options, &CancelToken::new()).map(|opened| opened.format)
}

/// A source that was opened.
pub(super) struct Opened<'a, R> {
    pub(super) reader: Metered<'a>,
    /// The format of the result.
    pub(super) format: AudioFormat,
    /// What is copied besides the sound.
    pub(super) found: Found<R>,
}

impl<'a, R: Read + Seek + Send + 'a> Opened<'a, R> {
    /// # Errors
    /// The errors of [`result_format`].
    pub(super) fn new(source: R, options: &EnhanceOptions, cancel: &CancelToken) -> Result<Self> {
        let source = Shared::new(source);
        let reader = open(source.share(), &options.open_options(cancel.clone()))?;
        let reader = Metered::new(reader, options.limits)?;
        let found = match options.wants_video() {
            true => Video::look(source, &reader, &options.limits, options.strict, cancel)?,
            false => Found::NoVideo,
        };
        let (format, found) = format(options, &reader, found)?;
        Ok(Opened { reader, format, found })
    }
}

/// The format of the result, and what is copied to it.
pub(super) fn format<R: Read + Seek + Send>(
    options: &EnhanceOptions,
    reader: &dyn AudioReader,
    found: Found<R>,
) -> Result<(AudioFormat, Found<R>)> {
    let (destination, source) = (options.destination(), *reader.format());
    let found = match found {
        Found::Video(mut video) => {
            let own = video.container();
            if let Some(asked) = destination.container.filter(|asked| *asked != own) {
                let (asked, own) = (asked.name(), own.name());
                return Err(unwritable(format!(
                    "the result cannot be {asked}: the source is {own}, and a video stays what it is"
                )));
            }
            let kept = if options.keep_pcm { video.keep_pcm() } else { None };
            if let Some(sample_format) = kept {
                check_pcm(&destination, sample_format)?;
                let format = AudioFormat { container: own, sample_format, ..source };
                let sound = video.sound_bytes(reader.len().unwrap_or(0), format.channels);
                options.limits.check_result_bytes(video.bytes().saturating_add(sound))?;
                return Ok((format, Found::Video(video)));
            }
            let container = Some(own);
            let format = Destination { container, ..destination }.format(source);
            match check_format(&AudioFormat { bitrate: None, ..format }) {
                Ok(()) => {
                    check_format(&format)?;
                    options.limits.check_result_bytes(video.bytes())?;
                    return Ok((format, Found::Video(video)));
                }
                Err(error) => Found::NotCopied(match error.kind() {
                    ErrorKind::Unwritable { reason } => reason.clone(),
                    _ => error.to_string(),
                }),
            }
        }
        found => found,
    };
    if let Some(container) = destination.container.filter(|container| container.is_video()) {
        let reason = match &found {
            Found::NotCopied(reason) => reason,
            _ => "the source is not a video; use M4A for sound",
        };
        return Err(unwritable(format!("the result cannot be {}: {reason}", container.name())));
    }
    let format = destination.format(source);
    check_format(&format)?;
    Ok((format, found))
}

/// Refuses options that PCM which is kept cannot have.
fn check_pcm(destination: &Destination, kept: SampleFormat) -> Result<()> {
    if destination.bitrate.is_some() {
        return Err(unwritable(
            "the sound of the video stays PCM, which has no bit rate; leave out the bit rate, or do \
             not keep PCM",
        ));
    }
    match destination.sample_format {
        Some(asked) if asked != kept => Err(unwritable(format!(
            "the sound of the video stays {kept}, not {asked}; leave out the sample format, or do \
             not keep PCM"
        ))),
        _ => Ok(()),
    }
}

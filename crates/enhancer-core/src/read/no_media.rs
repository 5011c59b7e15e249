//! Stands in for [`media`](super::media) in a build without the feature `media`.

use std::io::{Read, Seek};

use super::{AudioReader, OpenOptions, unsupported};
use crate::audio::Container;
use crate::error::Result;

/// # Errors
/// `UnsupportedAudio`.
pub(super) fn open<'a, R>(
    _: R,
    container: Container,
    _: &OpenOptions,
    _follows: bool,
) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    Err(unsupported(format!("this is {}", container.name())))
}

/// # Errors
/// `UnsupportedAudio`.
pub(super) fn open_frames<'a, R>(_: R, _: &OpenOptions) -> Result<Box<dyn AudioReader + 'a>>
where
    R: Read + Seek + Send + 'a,
{
    Err(unsupported("this is something else".into()))
}

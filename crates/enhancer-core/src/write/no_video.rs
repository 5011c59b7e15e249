//! Stands in for [`video`](crate::write::video) in a build without the feature `media`. Such a
//! build cannot open videos, so it never copies any.

use std::convert::Infallible;
use std::io::{Read, Seek, Write};
use std::marker::PhantomData;

use super::AudioWriter;
use crate::audio::{AudioFormat, Container, SampleFormat};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::limits::Limits;
use crate::read::{AudioReader, Shared};
use crate::warning::Warning;

/// What a look at a source found.
pub(crate) enum Found<R> {
    Video(Video<R>),
    NotCopied(String),
    NoVideo,
}

/// A video. It cannot be created.
pub(crate) struct Video<R> {
    never: Infallible,
    source: PhantomData<R>,
}

impl<R: Read + Seek + Send> Video<R> {
    pub(crate) fn look(
        _: Shared<R>,
        _: &dyn AudioReader,
        _: &Limits,
        _strict: bool,
        _: &CancelToken,
    ) -> Result<Found<R>> {
        Ok(Found::NoVideo)
    }

    pub(crate) fn container(&self) -> Container {
        match self.never {}
    }

    pub(crate) fn keep_pcm(&mut self) -> Option<SampleFormat> {
        match self.never {}
    }

    pub(crate) fn sound_bytes(&self, _len: u64, _channels: u16) -> u64 {
        match self.never {}
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self.never {}
    }

    pub(crate) fn notes(&self) -> &[Warning] {
        match self.never {}
    }

    pub(crate) fn create<'a, W>(
        self,
        _sink: W,
        _: &AudioFormat,
        _len: Option<u64>,
    ) -> Result<Box<dyn AudioWriter + 'a>>
    where
        R: 'a,
        W: Write + Seek + Send + 'a,
    {
        match self.never {}
    }
}

//! The interface `enhance`.

use std::io::Cursor;
use std::sync::LazyLock;

use enhancer_core::{
    Container, Engine, EnhanceOptions, Job, Loudness, Model, RawFormat, SampleFormat, Warning,
};

use super::Library;
use super::bindings::exports::enhancer::audio::enhance::{self, Enhanced, Error, Guest, Options};
use super::bindings::exports::enhancer::audio::models::ModelBorrow;
use super::error::core;
use crate::chunks::Chunks;

/// Keeps prepared runs of models for the next recording.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::inline);

impl Guest for Library {
    fn enhance(
        model: ModelBorrow<'_>,
        source: Vec<u8>,
        options: Options,
    ) -> Result<Enhanced, Error> {
        let options = options.try_into().map_err(core)?;
        let mut file = Chunks::default();
        let done = Job::new(model.get::<Model>(), Cursor::new(source), &mut file)
            .options(options)
            .temporary(|| Ok(Chunks::default()))
            .run(&ENGINE)
            .map_err(core)?;
        let (summary, container) = (done.summary, done.format.container);
        Ok(Enhanced {
            file: file.into_bytes(),
            media_type: container.media_type().into(),
            extension: container.extension().into(),
            samples: summary.samples,
            channels: summary.channels,
            sample_rate: summary.sample_rate,
            loudness: summary.loudness,
            warnings: summary.warnings.into_iter().map(warning).collect(),
        })
    }
}

impl TryFrom<Options> for EnhanceOptions {
    type Error = enhancer_core::Error;

    fn try_from(options: Options) -> Result<EnhanceOptions, enhancer_core::Error> {
        let mut enhance = EnhanceOptions::default();
        enhance.raw = options.raw.map(Into::into);
        enhance.strict = options.strict;
        enhance.track = options.track;
        enhance.set_controls(options.controls.into());
        // A video takes more memory than platforms allow.
        enhance.audio_only = true;
        enhance.level = options.level;
        enhance.loudness = options.loudness.map(Loudness::new).transpose()?;
        enhance.container = options.container.map(Into::into);
        enhance.sample_format = options.sample_format.map(Into::into);
        enhance.bitrate = options.bitrate;
        Ok(enhance)
    }
}

impl From<enhance::RawFormat> for RawFormat {
    fn from(raw: enhance::RawFormat) -> RawFormat {
        RawFormat::new(raw.sample_format.into(), raw.sample_rate, raw.channels)
    }
}

impl From<enhance::SampleFormat> for SampleFormat {
    fn from(format: enhance::SampleFormat) -> SampleFormat {
        match format {
            enhance::SampleFormat::S16le => SampleFormat::S16le,
            enhance::SampleFormat::S24le => SampleFormat::S24le,
            enhance::SampleFormat::S32le => SampleFormat::S32le,
            enhance::SampleFormat::F32le => SampleFormat::F32le,
        }
    }
}

impl From<enhance::Container> for Container {
    fn from(container: enhance::Container) -> Container {
        match container {
            enhance::Container::Wav => Container::Wav,
            enhance::Container::Flac => Container::Flac,
            enhance::Container::Opus => Container::Opus,
            enhance::Container::Mp3 => Container::Mp3,
            enhance::Container::M4a => Container::M4a,
            enhance::Container::Raw => Container::Raw,
        }
    }
}

fn warning(warning: Warning) -> enhance::Warning {
    enhance::Warning { code: warning.code.to_string(), text: warning.text }
}

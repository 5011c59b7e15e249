//! The options for enhancing a recording.

use serde::{Deserialize, Serialize};

use crate::audio::{AudioFormat, Container, SampleFormat};
use crate::cancel::CancelToken;
use crate::engine::{Priority, check_controls};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::model::Model;
use crate::read::OpenOptions;
use crate::signal::loudness::{Loudness, without_loudness};
use crate::signal::{Controls, Finishing, InputGain, Output};
use crate::write::{Destination, check_bitrate, check_format};

/// How raw samples are stored, which the file itself does not say. They are interleaved.
///
/// As JSON its names are in `camelCase`. All are required, and unknown names are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct RawFormat {
    /// The sample format.
    pub sample_format: SampleFormat,
    /// The sample rate in Hz, at least 1.
    pub sample_rate: u32,
    /// The number of channels, at least 1.
    pub channels: u16,
}

impl RawFormat {
    /// Samples of that format, rate in Hz and number of channels.
    pub fn new(sample_format: SampleFormat, sample_rate: u32, channels: u16) -> RawFormat {
        RawFormat { sample_format, sample_rate, channels }
    }
}

impl From<RawFormat> for AudioFormat {
    fn from(raw: RawFormat) -> AudioFormat {
        AudioFormat::raw(raw.sample_format, raw.sample_rate, raw.channels)
    }
}

/// All options for enhancing one recording.
///
/// As JSON its names are in `camelCase`. All are optional, and unknown names are errors.
/// [`Controls`] explains how the options for the model and for the result work together.
///
/// ```
/// use enhancer_core::{EnhanceOptions, Loudness};
/// let mut options = EnhanceOptions::default();
/// options.attenuation_limit = Some(12.0);
/// options.loudness = Some(Loudness::new(-16.0)?);
/// let json = r#"{"attenuationLimit": 12, "loudness": -16}"#;
/// assert_eq!(serde_json::from_str::<EnhanceOptions>(json).unwrap(), options);
/// # Ok::<(), enhancer_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct EnhanceOptions {
    /// Describes a source of raw samples. Default: the format is detected from the bytes.
    pub raw: Option<RawFormat>,
    /// Whether damage in the source is an error. Default: the readable part is enhanced, and
    /// the summary says where the damage is.
    pub strict: bool,
    /// The audio track of the source to enhance, counted from 1. Default: the default track, or
    /// else the first that can be read.
    pub track: Option<u32>,
    /// The limits for the source. Default: see each limit.
    pub limits: Limits,

    /// See [`Controls::input_gain`].
    pub input_gain: Option<InputGain>,
    /// See [`Controls::post_filter`].
    pub post_filter: bool,
    /// See [`Controls::exact`].
    pub exact: bool,

    /// See [`Controls::attenuation_limit`].
    pub attenuation_limit: Option<f32>,
    /// See [`Controls::mix`].
    pub mix: f32,
    /// See [`Controls::output`].
    pub output: Output,

    /// Whether talkers who are near and far, or loud and quiet, are brought to one loudness. Each
    /// turn of a talker is raised or lowered by up to 15 dB. Pauses are raised only within half a
    /// second of speech that is raised. The gain changes by up to 15 dB in 0.4 s, in pauses where
    /// there are some. True peaks are limited to -1 dBTP. Music that sounds like speech is levelled,
    /// too. A result with less than a second of speech stays as it is, and the summary says so.
    /// Default: no change.
    // Left out of JSON if it is not set, as others below: older versions read options without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub level: bool,
    /// Normalises the result to this integrated loudness in LUFS (EBU R 128), after levelling: one gain
    /// for all of it, at most 40 dB, with true peaks limited to -1 dBTP. Silence stays silent. Default:
    /// no change.
    pub loudness: Option<Loudness>,
    /// Whether the result of a video is its sound alone. Default: it is the video, in MP4, MOV, Matroska
    /// or WebM, with its other tracks as they are, unless another container or a sample format is
    /// requested.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub audio_only: bool,
    /// Whether the sound of a video that is PCM stays PCM of the same sample format: with 8 bits it
    /// gets 16. Sound that is compressed, also without loss, is not affected, and neither are
    /// other results. Default: it becomes AAC, or Opus in Matroska.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_pcm: bool,
    /// The container of the result, see [`Destination::container`].
    pub container: Option<Container>,
    /// The sample format of the result, see [`Destination::sample_format`].
    pub sample_format: Option<SampleFormat>,
    /// The bit rate of the result, see [`Destination::bitrate`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,

    /// The priority over other sessions. Default: normal.
    pub priority: Priority,
}

impl Default for EnhanceOptions {
    fn default() -> Self {
        let controls = Controls::default();
        EnhanceOptions {
            raw: None,
            strict: false,
            track: None,
            limits: Limits::default(),
            input_gain: controls.input_gain,
            post_filter: controls.post_filter,
            exact: controls.exact,
            attenuation_limit: controls.attenuation_limit,
            mix: controls.mix,
            output: controls.output,
            level: false,
            loudness: None,
            audio_only: false,
            keep_pcm: false,
            container: None,
            sample_format: None,
            bitrate: None,
            priority: Priority::default(),
        }
    }
}

impl EnhanceOptions {
    /// Returns the options of the session.
    pub fn controls(&self) -> Controls {
        Controls {
            attenuation_limit: self.attenuation_limit,
            mix: self.mix,
            input_gain: self.input_gain,
            output: self.output,
            post_filter: self.post_filter,
            exact: self.exact,
        }
    }

    /// Sets the options of the session.
    pub fn set_controls(&mut self, controls: Controls) {
        let Controls { attenuation_limit, mix, input_gain, output, post_filter, exact } = controls;
        self.attenuation_limit = attenuation_limit;
        self.mix = mix;
        self.input_gain = input_gain;
        self.output = output;
        self.post_filter = post_filter;
        self.exact = exact;
    }

    /// Returns the processing that needs the whole result.
    pub fn finishing(&self) -> Finishing {
        Finishing { level: self.level, loudness: self.loudness }
    }

    /// Returns the options of the result's file.
    pub fn destination(&self) -> Destination {
        Destination {
            container: self.container,
            sample_format: self.sample_format,
            bitrate: self.bitrate,
        }
    }

    /// Checks everything that can be checked before a source is read.
    ///
    /// # Errors
    /// `InvalidValue` if a value is out of range, if the model does not support it, or if the
    /// container is one of a video and only the sound is requested; `LimitExceeded` if the format
    /// of a raw source exceeds the limits; `Unwritable` if the container cannot be written or does
    /// not support the sample format or a bit rate.
    pub fn check(&self, model: &Model) -> Result<()> {
        check_controls(&self.controls(), model)?;
        self.check_file()
    }

    /// Checks the options that concern only the files.
    ///
    /// # Errors
    /// The errors of [`check`](Self::check) that do not depend on a model.
    pub(super) fn check_file(&self) -> Result<()> {
        self.check_finishing()?;
        if let Some(raw) = self.raw {
            AudioFormat::from(raw).check()?;
            self.limits.check(raw.sample_rate, raw.channels)?;
        }
        if let Some(container) = self.container.filter(|it| self.audio_only && it.is_video()) {
            return Err(Error::invalid(
                "the container of the sound alone",
                "such as m4a",
                container,
            ));
        }
        match self.container {
            // Any source will do that all containers support. The possible bit rates depend on the
            // channels of the actual source.
            Some(container) => {
                check_bitrate(container, self.bitrate, 1..=self.limits.channels)?;
                let source = AudioFormat::raw(SampleFormat::S16le, 8000, 1);
                let destination = Destination { bitrate: None, ..self.destination() };
                check_format(&destination.format(source))
            }
            // It depends on the source.
            None => Ok(()),
        }
    }

    /// Checks that this build supports the requested processing.
    fn check_finishing(&self) -> Result<()> {
        match self.loudness {
            _ if cfg!(feature = "loudness") => Ok(()),
            Some(loudness) => Err(without_loudness("the loudness", format!("{loudness} LUFS"))),
            None if self.level => Err(without_loudness("levelling", "requested")),
            None => Ok(()),
        }
    }

    /// Whether the result of a video is a video.
    pub(super) fn wants_video(&self) -> bool {
        let usual = self.sample_format.is_none();
        !self.audio_only && self.container.map_or(usual, Container::is_video)
    }

    /// Only the options for reading the source.
    pub(super) fn reading(&self) -> EnhanceOptions {
        EnhanceOptions::default().read_as(self)
    }

    /// These options, with those for reading the source taken from others.
    pub(super) fn read_as(&self, others: &EnhanceOptions) -> EnhanceOptions {
        let &EnhanceOptions { raw, strict, track, limits, .. } = others;
        EnhanceOptions { raw, strict, track, limits, ..self.clone() }
    }

    /// The options for opening the source.
    pub(super) fn open_options(&self, cancel: CancelToken) -> OpenOptions {
        let raw = self.raw.map(Into::into);
        OpenOptions { raw, limits: self.limits, strict: self.strict, track: self.track, cancel }
    }
}

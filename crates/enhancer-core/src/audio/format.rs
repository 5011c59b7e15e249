//! How audio is stored in a file.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::check_not_zero;
use crate::names::names;
use crate::setters::setters;

/// How a sample is stored. All formats are little-endian and signed. Sources that store
/// samples in another way (8 bits, A-law, 64-bit float, lossy) report the one of these
/// formats that can hold their samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SampleFormat {
    /// 16-bit integer; full scale is 32 768.
    S16le,
    /// 24-bit integer in three bytes; full scale is 8 388 608.
    S24le,
    /// 32-bit integer; full scale is 2 147 483 648. Samples pass through `f32`,
    /// which keeps their 24 highest significant bits.
    S32le,
    /// 32-bit float; full scale is 1, larger values are kept.
    F32le,
}

impl SampleFormat {
    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            SampleFormat::S16le => 2,
            SampleFormat::S24le => 3,
            SampleFormat::S32le | SampleFormat::F32le => 4,
        }
    }

    /// Bits of one sample.
    pub fn bits(self) -> u16 {
        8 * self.bytes() as u16
    }

    /// Reads a sample from `bytes`, which must be [`bytes()`](Self::bytes) long.
    pub(crate) fn decode(self, bytes: &[u8]) -> f32 {
        match self {
            SampleFormat::S16le => f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0,
            SampleFormat::S24le => {
                // Into the three upper bytes, so that the shift back extends the sign.
                let sample = i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 8;
                sample as f32 / 8_388_608.0
            }
            SampleFormat::S32le => {
                let sample = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                (f64::from(sample) / 2_147_483_648.0) as f32
            }
            SampleFormat::F32le => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }
}

names!(SampleFormat, "the sample format", "one of s16le, s24le, s32le, f32le");

/// The container of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Container {
    /// Nothing: interleaved samples from the first byte to the last.
    Raw,
    /// RIFF/WAVE, beyond 4 GiB as RF64.
    Wav,
    /// A FLAC stream of its own.
    Flac,
    /// AIFF or AIFF-C.
    Aiff,
    /// Apple's Core Audio Format.
    Caf,
    /// MPEG audio frames: MP3, and the older layers.
    Mp3,
    /// AAC frames in ADTS.
    Adts,
    /// MP4, M4A, MOV. It is written of a video in MP4; of audio see [`M4a`](Self::M4a).
    Mp4,
    /// QuickTime. It is only written, of a video in MOV: readers report [`Mp4`](Self::Mp4).
    Mov,
    /// AAC-LC in MP4, without pictures. It is only written: readers report [`Mp4`](Self::Mp4).
    M4a,
    /// Ogg, with whatever codec. It is only read; Opus is written, see [`Opus`](Self::Opus).
    Ogg,
    /// Opus in Ogg (RFC 7845). It is only written: readers report [`Ogg`](Self::Ogg).
    Opus,
    /// Matroska or WebM, which are only read under this name. Of a video they are written, see
    /// [`Mkv`](Self::Mkv) and [`Webm`](Self::Webm).
    Matroska,
    /// A video in Matroska. It is only written, of such a video: readers report
    /// [`Matroska`](Self::Matroska).
    Mkv,
    /// A video in WebM. It is only written, of such a video: readers report
    /// [`Matroska`](Self::Matroska).
    Webm,
}

impl Container {
    /// Its name, with the article that follows "this is".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Container::Raw => "raw PCM",
            Container::Wav => "WAV",
            Container::Flac => "FLAC",
            Container::Aiff => "AIFF",
            Container::Caf => "CAF",
            Container::Mp3 => "MP3",
            Container::Adts => "AAC",
            Container::Mp4 => "MP4",
            Container::Mov => "MOV",
            Container::M4a => "M4A",
            Container::Ogg => "Ogg",
            Container::Opus => "Opus",
            Container::Matroska => "Matroska or WebM",
            Container::Mkv => "MKV",
            Container::Webm => "WebM",
        }
    }

    /// Its media type for HTTP and browsers.
    pub fn media_type(self) -> &'static str {
        match self {
            Container::Raw => "application/octet-stream",
            Container::Wav => "audio/wav",
            Container::Flac => "audio/flac",
            Container::Aiff => "audio/aiff",
            Container::Caf => "audio/x-caf",
            Container::Mp3 => "audio/mpeg",
            Container::Adts => "audio/aac",
            Container::Mp4 => "video/mp4",
            Container::Mov => "video/quicktime",
            Container::M4a => "audio/mp4",
            Container::Ogg | Container::Opus => "audio/ogg",
            Container::Matroska => "audio/matroska",
            Container::Mkv => "video/matroska",
            Container::Webm => "video/webm",
        }
    }

    /// The usual file extension, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Raw => "raw",
            Container::Wav => "wav",
            Container::Flac => "flac",
            Container::Aiff => "aiff",
            Container::Caf => "caf",
            Container::Mp3 => "mp3",
            Container::Adts => "aac",
            Container::Mp4 => "mp4",
            Container::Mov => "mov",
            Container::M4a => "m4a",
            Container::Ogg => "ogg",
            Container::Opus => "opus",
            Container::Matroska => "mka",
            Container::Mkv => "mkv",
            Container::Webm => "webm",
        }
    }

    /// All containers.
    pub(crate) const ALL: [Container; 15] = [
        Container::Wav,
        Container::Flac,
        Container::Opus,
        Container::Raw,
        Container::Aiff,
        Container::Caf,
        Container::Mp3,
        Container::Adts,
        Container::Mp4,
        Container::Mov,
        Container::M4a,
        Container::Ogg,
        Container::Matroska,
        Container::Mkv,
        Container::Webm,
    ];

    /// The container whose files usually have this extension, given without the dot and in
    /// upper or lower case: that of [`extension`](Self::extension), or another common one.
    /// Only writers use it: readers recognise a file by its bytes.
    pub fn from_extension(extension: &str) -> Option<Container> {
        let extension = extension.to_ascii_lowercase();
        let usual = Container::ALL.into_iter().find(|known| known.extension() == extension);
        usual.or(match extension.as_str() {
            "aif" | "aifc" => Some(Container::Aiff),
            "m4v" | "3gp" | "3g2" => Some(Container::Mp4),
            "qt" => Some(Container::Mov),
            "oga" => Some(Container::Ogg),
            _ => None,
        })
    }

    /// The names of the containers that can be written, for people.
    pub const WRITTEN: &str = "wav, flac, opus, mp3, m4a, raw, mp4, mov, mkv or webm";

    /// The container that is written where this one is asked for: for Ogg the one with Opus, for
    /// others the same, and `None` for those that are only read. All containers can be read.
    pub fn written(self) -> Option<Container> {
        match self {
            Container::Ogg => Some(Container::Opus),
            Container::Raw | Container::Wav | Container::Flac => Some(self),
            Container::Opus | Container::Mp3 | Container::M4a => Some(self),
            Container::Mp4 | Container::Mov | Container::Mkv | Container::Webm => Some(self),
            Container::Aiff | Container::Caf | Container::Adts | Container::Matroska => None,
        }
    }

    /// Whether it is only written with the pictures of a video, which the source must be.
    pub fn is_video(self) -> bool {
        matches!(self, Container::Mp4 | Container::Mov | Container::Mkv | Container::Webm)
    }

    /// Whether it can be written and keeps the samples that it is given, up to their bit depth.
    pub fn is_lossless(self) -> bool {
        matches!(self, Container::Raw | Container::Wav | Container::Flac)
    }

    /// The container of an audio result for a source in this one that is compressed with loss or
    /// not, if no other is requested: the same one, or the one with the codec that is usual in it.
    /// What is not compressed with loss stays so, in WAV.
    #[must_use]
    pub fn of_result(self, lossy: bool) -> Container {
        match self {
            Container::Raw => Container::Raw,
            Container::Flac => Container::Flac,
            Container::Mp3 if lossy => Container::Mp3,
            Container::Adts | Container::Mp4 | Container::Mov | Container::M4a if lossy => {
                Container::M4a
            }
            Container::Ogg | Container::Opus if lossy => Container::Opus,
            Container::Matroska | Container::Mkv | Container::Webm if lossy => Container::Opus,
            _ => Container::Wav,
        }
    }
}

names!(
    Container,
    "the container",
    "one of wav, flac, opus, mp3, m4a, raw; of a video mp4, mov, mkv, webm; or, to read only, aiff, \
     caf, adts, ogg, matroska"
);

/// The format of a file: what a reader found, or what a writer must write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AudioFormat {
    /// The container.
    pub container: Container,
    /// The sample format.
    pub sample_format: SampleFormat,
    /// The sample rate in Hz, at least 1.
    pub sample_rate: u32,
    /// The number of interleaved channels, at least 1.
    pub channels: u16,
    /// The speaker of each channel, as in the `dwChannelMask` of WAVE; 0 if unknown.
    #[serde(default)]
    pub channel_mask: u32,
    /// Whether the samples were compressed with loss. Writers do not look at it.
    #[serde(default)]
    pub lossy: bool,
    /// The bit rate that a writer aims at on average, of all channels together, in kbit/s, or
    /// `None` for the usual one. [`Container::Opus`] has one, 6 to 256 for each channel,
    /// [`Container::Mp3`], 32 to 320, or 8 to 160 up to 24 kHz, and [`Container::M4a`], 8 to 192
    /// for each channel, and up to 6 for each kHz. Readers give `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,
}

setters!(AudioFormat {
    with_container => container: Container,
    with_sample_format => sample_format: SampleFormat,
    with_sample_rate => sample_rate: u32,
    with_channels => channels: u16,
    with_channel_mask => channel_mask: u32,
    with_lossy => lossy: bool,
    with_bitrate => bitrate: Option<u32>,
});

impl AudioFormat {
    /// Raw interleaved samples.
    pub const fn raw(sample_format: SampleFormat, sample_rate: u32, channels: u16) -> AudioFormat {
        AudioFormat {
            container: Container::Raw,
            sample_format,
            sample_rate,
            channels,
            channel_mask: 0,
            lossy: false,
            bitrate: None,
        }
    }

    /// Bytes of one frame: a sample of every channel.
    pub fn frame_bytes(&self) -> usize {
        self.sample_format.bytes() * usize::from(self.channels)
    }

    /// The same audio in another container, with the nearest bit depth that it supports: FLAC
    /// stores 32-bit and float samples with 24 bits. Opus, MP3, M4A and videos store no samples;
    /// their format is 16 bits, as for all sources that are compressed with loss.
    #[must_use]
    pub fn in_container(self, container: Container) -> AudioFormat {
        let sample_format = match (container, self.sample_format) {
            (Container::Flac, SampleFormat::S32le | SampleFormat::F32le) => SampleFormat::S24le,
            (Container::Opus | Container::Mp3 | Container::M4a, _) => SampleFormat::S16le,
            (container, _) if container.is_video() => SampleFormat::S16le,
            (_, sample_format) => sample_format,
        };
        AudioFormat { container, sample_format, ..self }
    }

    /// Checks that the rate and the number of channels are not 0.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_not_zero(self.sample_rate, self.channels)
    }
}

/// How a take of audio of that format is stored: raw 32-bit float samples, of each
/// frame first the input's channels, then the enhanced ones, as a session with
/// [`SessionOptions::with_input`](crate::SessionOptions::with_input) gives them.
///
/// # Errors
/// `InvalidValue` if the rate or the number of channels is 0, or if there are more than 32 767
/// channels.
pub fn take_format(format: &AudioFormat) -> Result<AudioFormat, Error> {
    format.check()?;
    let channels = format.channels.checked_mul(2).ok_or_else(|| {
        Error::invalid("the number of channels", "at most 32767 in a take", format.channels)
    })?;
    Ok(AudioFormat::raw(SampleFormat::F32le, format.sample_rate, channels))
}

/// The requested format of a result. Anything not requested follows the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Destination {
    /// The container. Default: that of the source; M4A for AAC, Opus for other lossy formats,
    /// otherwise WAV. It is also WAV if a sample format is requested that the usual container
    /// does not have.
    pub container: Option<Container>,
    /// The sample format. Default: the bit depth of the source, or the nearest one that the
    /// container supports. Opus, MP3 and M4A have none.
    pub sample_format: Option<SampleFormat>,
    /// The bit rate of all channels together, in kbit/s, for Opus (6 to 256 for each channel), MP3
    /// (32 to 320, or 8 to 160 up to 24 kHz) and M4A (8 to 192 for each channel, and up to 6 for each
    /// kHz). Default: one that is good for speech. It is an error for containers that have none.
    pub bitrate: Option<u32>,
}

setters!(Destination {
    with_container => container: Option<Container>,
    with_sample_format => sample_format: Option<SampleFormat>,
    with_bitrate => bitrate: Option<u32>,
});

impl Destination {
    /// The format of the result for a source of this format.
    ///
    /// ```
    /// use enhancer_core::{AudioFormat, Container, Destination, SampleFormat};
    /// let flac = Destination::default().with_container(Some(Container::Flac));
    /// let format = flac.format(AudioFormat::raw(SampleFormat::F32le, 48_000, 1));
    /// assert_eq!(format.sample_format, SampleFormat::S24le);
    /// ```
    pub fn format(self, source: AudioFormat) -> AudioFormat {
        let format = match self.container {
            Some(container) => source.in_container(container),
            None => source.writable(),
        };
        // What is compressed with loss has no sample format: a request for one is one for samples.
        let has_none = self.container.is_none() && !format.container.is_lossless();
        let format = match self.sample_format {
            Some(_) if has_none => source.in_container(Container::Wav),
            _ => format,
        };
        let sample_format = self.sample_format.unwrap_or(format.sample_format);
        AudioFormat { sample_format, bitrate: self.bitrate, ..format }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_what_is_written_are_all_there() {
        let names: Vec<_> =
            Container::WRITTEN.split([',', ' ']).filter(|it| !it.is_empty()).collect();
        for container in Container::ALL {
            let is_written = container.written() == Some(container);
            assert_eq!(names.contains(&container.to_string().as_str()), is_written, "{container}");
        }
        assert_eq!("ogg".parse::<Container>().unwrap().written(), Some(Container::Opus));
    }

    #[test]
    fn names_are_read_back() {
        for name in ["s16le", "s24le", "s32le", "f32le"] {
            assert_eq!(name.parse::<SampleFormat>().unwrap().to_string(), name);
        }
        for container in Container::ALL {
            let name = container.to_string();
            assert_eq!(name.parse::<Container>().unwrap(), container);
            assert_eq!(serde_json::to_value(container).unwrap(), name);
            assert_eq!(Container::from_extension(container.extension()), Some(container));
        }
        assert_eq!(Container::from_extension("WebM"), Some(Container::Webm));
        assert_eq!(Container::from_extension("oga"), Some(Container::Ogg));
        assert_eq!(Container::from_extension("txt"), None);
        assert!("weba".parse::<Container>().unwrap_err().to_string().contains("weba"));
        let error = "mp3".parse::<SampleFormat>().unwrap_err();
        assert!(error.to_string().contains("mp3") && error.to_string().contains("f32le"));
    }

    #[test]
    fn a_result_has_its_sources_container_and_depth_where_they_can_be_written() {
        let written = |container, sample_format| {
            let lossy = sample_format == SampleFormat::S16le;
            let raw = AudioFormat::raw(sample_format, 44_100, 2);
            let source = AudioFormat { container, lossy, ..raw };
            let format = source.writable();
            assert_eq!((format.sample_rate, format.channels), (44_100, 2));
            (format.container, format.sample_format)
        };
        use {Container::*, SampleFormat::*};
        assert_eq!(written(Wav, F32le), (Wav, F32le));
        assert_eq!(written(Flac, S16le), (Flac, S16le));
        assert_eq!(written(Flac, S32le), (Flac, S24le));
        assert_eq!(written(Mp4, S16le), (M4a, S16le));
        assert_eq!(written(Mov, S16le), (M4a, S16le));
        assert_eq!(written(Adts, S16le), (M4a, S16le));
        assert_eq!(written(Ogg, S16le), (Opus, S16le));
        assert_eq!(written(Matroska, S16le), (Opus, S16le));
        assert_eq!(written(Mp3, S16le), (Mp3, S16le));
        assert_eq!(written(Mp4, S24le), (Wav, S24le));
        assert_eq!(written(Aiff, S24le), (Wav, S24le));
        let many =
            AudioFormat { container: Mp3, lossy: true, ..AudioFormat::raw(S16le, 44_100, 3) };
        assert_eq!(many.writable().container, Wav);
        let float = AudioFormat::raw(F32le, 48_000, 1);
        assert_eq!(float.in_container(Flac).sample_format, S24le);
        assert_eq!(float.in_container(Opus).sample_format, S16le);
    }
}

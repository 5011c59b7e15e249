//! The format of a result.

use serde::{Deserialize, Serialize};

use crate::audio::{AudioFormat, Container, SampleFormat};
use crate::setters::setters;

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
        // Formats compressed with loss have no sample format: a request for one is a request for a
        // container with samples.
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

//! What files hold samples in.

use serde::{Deserialize, Serialize};

use crate::names::{names, one_of};

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
    /// The name for users.
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

    /// The container whose files usually have this extension, given without the dot and in
    /// upper or lower case: that of [`extension`](Self::extension), or another common one.
    /// Only writers use it: readers recognise a file by its bytes.
    pub fn from_extension(extension: &str) -> Option<Container> {
        let extension = extension.to_ascii_lowercase();
        let usual = Container::ALL.iter().copied().find(|known| known.extension() == extension);
        usual.or(match extension.as_str() {
            "aif" | "aifc" => Some(Container::Aiff),
            "m4v" | "3gp" | "3g2" => Some(Container::Mp4),
            "qt" => Some(Container::Mov),
            "oga" => Some(Container::Ogg),
            _ => None,
        })
    }

    /// The containers that can be written; the last four only with the pictures of a video.
    pub fn all_written() -> Vec<Container> {
        let written = |it: &Container| it.written() == Some(*it);
        Container::ALL.iter().copied().filter(written).collect()
    }

    /// The names of the containers that can be written, for users.
    pub fn written_names() -> String {
        one_of(&Container::all_written())
    }

    /// The container that is written if this one is requested: Opus for Ogg, `None` for those that are
    /// only read, otherwise this one. All containers can be read.
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

    /// Whether it can be written and stores samples without loss, up to its bit depth.
    pub fn is_lossless(self) -> bool {
        matches!(self, Container::Raw | Container::Wav | Container::Flac)
    }

    /// The container of an audio result if no other is requested, for a source in this container: the
    /// same one, or the one with its usual codec. Sources that are not compressed with loss get a
    /// lossless container, WAV if theirs cannot be written.
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
    [
        Wav, Flac, Opus, Mp3, M4a, Raw, Mp4, Mov, Mkv, Webm, // Written, those of videos last.
        Aiff, Caf, Adts, Ogg, Matroska
    ]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_containers_are_named() {
        let names = "wav, flac, opus, mp3, m4a, raw, mp4, mov, mkv or webm";
        assert_eq!(Container::written_names(), names);
        assert_eq!("ogg".parse::<Container>().unwrap().written(), Some(Container::Opus));
    }

    #[test]
    fn names_are_read_back() {
        for &container in Container::ALL {
            let name = container.to_string();
            assert_eq!(name.parse::<Container>().unwrap(), container);
            assert_eq!(serde_json::to_value(container).unwrap(), name);
            assert_eq!(Container::from_extension(container.extension()), Some(container));
        }
        assert_eq!(Container::from_extension("WebM"), Some(Container::Webm));
        assert_eq!(Container::from_extension("oga"), Some(Container::Ogg));
        assert_eq!(Container::from_extension("txt"), None);
        assert!("weba".parse::<Container>().unwrap_err().to_string().contains("weba"));
    }
}

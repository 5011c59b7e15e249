//! Tags in a FLAC file: Vorbis comments and pictures (RFC 9639, sections 8.6 and 8.8).

use flac_codec::metadata::{Picture, PictureType, VorbisComment};

use super::{Tags, chapters};
use crate::audio::AudioFormat;

/// The comment that states the speakers, if they are not the usual ones.
const CHANNEL_MASK: &str = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK";
/// The maximum size in bytes of all comments, or of a picture with its texts: the length of a block
/// has 24 bits.
const MAX_BYTES: usize = (1 << 24) - 1024;

/// The comments. It leaves out names that are invalid, because they are empty, not ASCII or contain
/// a `=`, and whatever does not fit.
pub(crate) fn comments(tags: &Tags, format: &AudioFormat) -> VorbisComment {
    let speakers = speakers(format).map(|mask| format!("{CHANNEL_MASK}=0x{mask:04X}"));
    let entries = tags.entries.iter().filter(|(name, _)| is_name(name) && name != CHANNEL_MASK);
    let fields = speakers.into_iter().chain(entries.map(|(name, text)| format!("{name}={text}")));
    let fields = fields.chain(chapters::comments(&tags.chapters));
    let mut room = MAX_BYTES;
    let fits = |field: &String| match room.checked_sub(field.len() + 4) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    VorbisComment {
        vendor_string: concat!("Enhancer ", env!("CARGO_PKG_VERSION")).into(),
        fields: fields.filter(fits).collect(),
    }
}

/// The channel mask, if it has to be stated. One or two channels feed the usual speakers.
fn speakers(format: &AudioFormat) -> Option<u32> {
    const MONO: u32 = 0x4;
    const STEREO: u32 = 0x3;
    let mask = format.channel_mask;
    (!matches!(mask, 0 | MONO | STEREO)).then_some(mask)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, 0x20..=0x7d) && byte != b'=')
}

/// The pictures that a block can hold. Their sizes in pixels stay 0, which means unknown.
pub(crate) fn pictures(tags: &Tags) -> impl Iterator<Item = Picture> {
    let mut kinds = Vec::new();
    let fit = tags.pictures.iter().filter(|picture| {
        picture.data.len() + picture.description.len() + picture.media_type.len() <= MAX_BYTES
    });
    fit.map(move |picture| {
        // At most one picture of each of the two icon kinds is allowed.
        let is_second_icon = matches!(picture.kind, 1 | 2) && kinds.contains(&picture.kind);
        kinds.push(picture.kind);
        Picture {
            picture_type: if is_second_icon { PictureType::Other } else { kind(picture.kind) },
            media_type: picture.media_type.clone(),
            description: picture.description.clone(),
            width: 0,
            height: 0,
            color_depth: 0,
            colors_used: None,
            data: picture.data.clone(),
        }
    })
}

fn kind(number: u8) -> PictureType {
    use PictureType::*;
    let kinds = [
        Other,
        Png32x32,
        GeneralFileIcon,
        FrontCover,
        BackCover,
        LinerNotes,
        MediaLabel,
        LeadArtist,
        Artist,
        Conductor,
        Band,
        Composer,
        Lyricist,
        RecordingLocation,
        DuringRecording,
        DuringPerformance,
        ScreenCapture,
        Fish,
        Illustration,
        BandLogo,
        PublisherLogo,
    ];
    kinds.get(usize::from(number)).copied().unwrap_or(Other)
}

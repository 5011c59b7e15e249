//! What a file says of a track.

use super::nanoseconds;
use crate::ebml::ids::{
    AUDIO, BLOCK_ADDITION_MAPPING, CHANNELS, CODEC_DECODE_ALL, CODEC_DELAY, CODEC_DOWNLOAD,
    CODEC_ID, CODEC_INFO, CODEC_NAME, CODEC_PRIVATE, CODEC_SETTINGS, CONTENT_ENCODINGS, CRC,
    DEFAULT_DURATION, DEFAULT_FIELD_DURATION, IS_VIDEO, MAX_BLOCK_ADDITION, MAX_CACHE, MIN_CACHE,
    SAMPLING_FREQUENCY, SEEK_PRE_ROLL, TRACK_ENTRY, TRACK_NUMBER, TRACK_OFFSET,
    TRACK_TIMESTAMP_SCALE, TRACK_TYPE, VOID,
};
use crate::ebml::{Elements, element, float, float_element, number, number_element};
use crate::encode::POSITION_RATE;

/// Nanoseconds that decoders of Opus need before what they are to play (RFC 9559, section 28.1).
const PRE_ROLL: u64 = 80_000_000;

/// What describes the samples of the old sound.
const OF_CODEC: [u32; 20] = [
    CODEC_ID,
    CODEC_PRIVATE,
    CODEC_NAME,
    CODEC_SETTINGS,
    CODEC_INFO,
    CODEC_DOWNLOAD,
    CODEC_DECODE_ALL,
    CODEC_DELAY,
    SEEK_PRE_ROLL,
    CONTENT_ENCODINGS,
    AUDIO,
    DEFAULT_DURATION,
    DEFAULT_FIELD_DURATION,
    TRACK_OFFSET,
    MIN_CACHE,
    MAX_CACHE,
    MAX_BLOCK_ADDITION,
    BLOCK_ADDITION_MAPPING,
    CRC,
    VOID,
];

/// A track.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) is_video: bool,
    /// Whether its times have units of their own.
    pub(super) is_scaled: bool,
    /// Nanoseconds of each of its frames, if they are all alike.
    pub(super) frame: Option<u64>,
}

impl Entry {
    /// Reads the body of an element.
    pub(super) fn read(body: &[u8]) -> Entry {
        let mut entry = Entry { number: 0, is_video: false, is_scaled: false, frame: None };
        for (id, body) in Elements(body) {
            match id {
                TRACK_NUMBER => entry.number = number(body),
                TRACK_TYPE => entry.is_video = number(body) == IS_VIDEO,
                TRACK_TIMESTAMP_SCALE => entry.is_scaled = float(body) != Some(1.0),
                DEFAULT_DURATION => entry.frame = Some(number(body)),
                _ => {}
            }
        }
        entry
    }
}

/// The entry with that body for sound in Opus of so many channels. `config` is its identification
/// header, `delay` how many positions of 48 kHz come before what is to be heard.
pub(super) fn of_opus(body: &[u8], config: &[u8], channels: u16, delay: u32) -> Vec<u8> {
    let mut content = Vec::new();
    for (id, body) in Elements(body).filter(|(id, _)| !OF_CODEC.contains(id)) {
        content.extend(element(id, body));
    }
    let delay = nanoseconds(delay.into());
    let sound = [
        float_element(SAMPLING_FREQUENCY, POSITION_RATE.into()),
        number_element(CHANNELS, channels.into()),
    ];
    content.extend(element(CODEC_ID, b"A_OPUS"));
    content.extend(element(CODEC_PRIVATE, config));
    content.extend(number_element(CODEC_DELAY, delay));
    content.extend(number_element(SEEK_PRE_ROLL, PRE_ROLL));
    content.extend(element(AUDIO, &sound.concat()));
    element(TRACK_ENTRY, &content)
}

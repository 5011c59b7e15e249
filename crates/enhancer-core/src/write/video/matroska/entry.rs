//! The description of a track.

use super::nanoseconds;
use crate::audio::Pcm;
use crate::audio::SampleFormat;
use crate::read::ebml::ids::{
    AUDIO, BIT_DEPTH, BLOCK_ADDITION_MAPPING, CHANNELS, CODEC_DECODE_ALL, CODEC_DELAY,
    CODEC_DOWNLOAD, CODEC_ID, CODEC_INFO, CODEC_NAME, CODEC_PRIVATE, CODEC_SETTINGS,
    CONTENT_ENCODINGS, CRC, DEFAULT_DURATION, DEFAULT_FIELD_DURATION, IS_VIDEO, MAX_BLOCK_ADDITION,
    MAX_CACHE, MIN_CACHE, SAMPLING_FREQUENCY, SEEK_PRE_ROLL, TRACK_ENTRY, TRACK_NUMBER,
    TRACK_OFFSET, TRACK_TIMESTAMP_SCALE, TRACK_TYPE, VOID,
};
use crate::read::ebml::{Elements, element, float, float_element, number, number_element};
use crate::read::stored_in_wav;
use crate::write::POSITION_RATE;

/// The number of nanoseconds that Opus decoders need before the position that they play (RFC 9559,
/// section 28.1).
const PRE_ROLL: u64 = 80_000_000;

/// The codecs for integers, by byte order.
const LITTLE: &[u8] = b"A_PCM/INT/LIT";
const BIG: &[u8] = b"A_PCM/INT/BIG";

/// Elements that describe the samples of the old sound.
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
    /// Nanoseconds per frame, if all frames are equally long.
    pub(super) frame: Option<u64>,
    /// The storage format of its samples, if they are PCM.
    pub(super) pcm: Option<Pcm>,
}

impl Entry {
    /// Reads the body of an element.
    pub(super) fn read(body: &[u8]) -> Entry {
        let mut entry =
            Entry { number: 0, is_video: false, is_scaled: false, frame: None, pcm: None };
        let (mut codec, mut private, mut depth) = (&[][..], &[][..], 0);
        for (id, body) in Elements(body) {
            match id {
                TRACK_NUMBER => entry.number = number(body),
                TRACK_TYPE => entry.is_video = number(body) == IS_VIDEO,
                TRACK_TIMESTAMP_SCALE => entry.is_scaled = float(body) != Some(1.0),
                DEFAULT_DURATION => entry.frame = Some(number(body)),
                CODEC_ID => codec = body,
                CODEC_PRIVATE => private = body,
                AUDIO => {
                    let found = Elements(body).find(|(id, _)| *id == BIT_DEPTH);
                    depth = found.map_or(0, |(_, body)| number(body));
                }
                _ => {}
            }
        }
        entry.pcm = stored(codec, private, depth);
        entry
    }
}

/// The storage format of samples with this codec and bit depth, if they are PCM. 8 bits become 16.
fn stored(codec: &[u8], private: &[u8], depth: u64) -> Option<Pcm> {
    let of = |sample_format, is_big_endian, is_double| {
        Some(Pcm { sample_format, is_big_endian, is_double })
    };
    let end = codec.iter().position(|byte| *byte == 0).unwrap_or(codec.len());
    match (&codec[..end], depth) {
        (b"A_MS/ACM", _) => stored_in_wav(private),
        (b"A_PCM/FLOAT/IEEE", 32 | 64) => of(SampleFormat::F32le, false, depth == 64),
        (LITTLE | BIG, 8) => of(SampleFormat::S16le, false, false),
        (codec @ (LITTLE | BIG), 16) => of(SampleFormat::S16le, codec == BIG, false),
        (codec @ (LITTLE | BIG), 24) => of(SampleFormat::S24le, codec == BIG, false),
        (codec @ (LITTLE | BIG), 32) => of(SampleFormat::S32le, codec == BIG, false),
        _ => None,
    }
}

/// The entry with this body, changed to PCM.
pub(super) fn of_pcm(body: &[u8], pcm: Pcm) -> Vec<u8> {
    let (mut content, mut sound) = (Vec::new(), Vec::new());
    for (id, body) in Elements(body) {
        if id == AUDIO {
            let kept = Elements(body).filter(|(id, _)| ![BIT_DEPTH, CRC, VOID].contains(id));
            kept.for_each(|(id, body)| sound.extend(element(id, body)));
        } else if !OF_CODEC.contains(&id) {
            content.extend(element(id, body));
        }
    }
    let codec = match pcm.sample_format {
        SampleFormat::F32le => &b"A_PCM/FLOAT/IEEE"[..],
        _ if pcm.is_big_endian => BIG,
        _ => LITTLE,
    };
    sound.extend(number_element(BIT_DEPTH, 8 * pcm.bytes() as u64));
    content.extend(element(CODEC_ID, codec));
    content.extend(element(AUDIO, &sound));
    element(TRACK_ENTRY, &content)
}

/// The entry with this body, changed to Opus with this number of channels. `config` is its
/// identification header. `delay` is the number of positions at 48 kHz before the first audible
/// one.
pub(super) fn of_opus(body: &[u8], config: &[u8], channels: u16, delay: u32) -> Vec<u8> {
    let mut content = Vec::new();
    for (id, body) in Elements(body).filter(|(id, _)| !OF_CODEC.contains(id)) {
        content.extend(element(id, body));
    }
    let delay = nanoseconds(delay.into(), POSITION_RATE);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(codec: &[u8], bits: u64) -> Vec<u8> {
        let sound = [
            float_element(SAMPLING_FREQUENCY, 44_100.0),
            number_element(CHANNELS, 2),
            number_element(BIT_DEPTH, bits),
        ];
        let parts = [
            number_element(TRACK_NUMBER, 3),
            element(CODEC_ID, codec),
            element(CONTENT_ENCODINGS, b"compressed"),
            element(AUDIO, &sound.concat()),
        ];
        parts.concat()
    }

    #[test]
    fn pcm_is_described_as_it_was() {
        for (codec, bits, bytes) in [
            (LITTLE, 16, 2),
            (BIG, 24, 3),
            (LITTLE, 32, 4),
            (b"A_PCM/FLOAT/IEEE", 32, 4),
            (b"A_PCM/FLOAT/IEEE", 64, 8),
        ] {
            let body = entry(codec, bits);
            let pcm = Entry::read(&body).pcm.unwrap();
            assert_eq!((pcm.bytes(), pcm.is_big_endian), (bytes, codec == BIG));
            let written = of_pcm(&body, pcm);
            let (_, again) = Elements(&written).next().unwrap();
            assert_eq!(Entry::read(again).pcm, Some(pcm));
            let sound = Elements(again).find(|(id, _)| *id == AUDIO).unwrap().1;
            let old = Elements(&body).find(|(id, _)| *id == AUDIO).unwrap().1;
            assert_eq!(sound, old);
            assert!(Elements(again).all(|(id, _)| id != CONTENT_ENCODINGS));
        }
        assert_eq!(Entry::read(&entry(LITTLE, 8)).pcm.unwrap().bytes(), 2);
        assert_eq!(Entry::read(&entry(LITTLE, 20)).pcm, None);
        assert_eq!(Entry::read(&entry(b"A_FLAC", 16)).pcm, None);
    }
}

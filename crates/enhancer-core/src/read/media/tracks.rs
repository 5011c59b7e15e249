//! What Matroska states about its tracks and symphonia does not report: which is the default one,
//! the codec if it cannot be decoded, and the additional encoding of packets (RFC 9559).

use super::plain::Plain;
use crate::read::ebml::ids::{
    AUDIO, BIT_DEPTH, CHANNELS, CODEC_ID, CODEC_PRIVATE, CONTENT_ENCODINGS, FLAG_DEFAULT, IS_AUDIO,
    IS_VIDEO, SAMPLING_FREQUENCY, TRACK_ENTRY, TRACK_NUMBER, TRACK_TYPE,
};
use crate::read::ebml::{Elements, float, number};
use crate::read::pcm::Encoding;

const CONTENT_ENCODING: u32 = 0x6240;
const ENCODING_ORDER: u32 = 0x5031;
const ENCODING_SCOPE: u32 = 0x5032;
const ENCODING_TYPE: u32 = 0x5033;
const COMPRESSION: u32 = 0x5034;
const COMPRESSION_ALGORITHM: u32 = 0x4254;
const COMPRESSION_SETTINGS: u32 = 0x4255;

/// Values of an encoding's scope: packets, and the description of the codec.
const OF_PACKETS: u64 = 1;
const OF_DESCRIPTION: u64 = 2;

/// The maximum number of tracks, and of encodings per track, that are read.
const MOST_TRACKS: usize = 256;
const MOST_ENCODINGS: usize = 8;

/// One track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) number: u32,
    pub(super) is_audio: bool,
    pub(super) is_video: bool,
    pub(super) is_default: bool,
    pub(super) codec: String,
    /// The description of the codec.
    pub(super) private: Vec<u8>,
    /// The description of its samples.
    audio: Vec<u8>,
    /// The encodings of packets, the last one first.
    pub(super) encodings: Vec<Step>,
}

impl Track {
    /// The storage format of its samples, if they are PCM that symphonia does not support: formats
    /// described by a WAV format chunk, and 8-bit integers.
    pub(super) fn plain(&self) -> Option<Plain> {
        match &self.codec[..] {
            "A_MS/ACM" => Plain::of_wav(&self.private),
            "A_PCM/INT/LIT" | "A_PCM/INT/BIG" => self.bytes(),
            _ => None,
        }
    }

    /// The format of 8-bit samples.
    fn bytes(&self) -> Option<Plain> {
        let (mut rate, mut channels, mut bits) = (8000.0, 1, 0);
        for (id, body) in Elements(&self.audio) {
            match id {
                SAMPLING_FREQUENCY => rate = float(body)?,
                CHANNELS => channels = number(body),
                BIT_DEPTH => bits = number(body),
                _ => {}
            }
        }
        let channels = u16::try_from(channels).ok().filter(|_| bits == 8)?;
        Plain::new(Encoding::U8, channels, rate as u32)
    }
}

/// An encoding that has to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Zlib,
    /// These first bytes were removed from each packet.
    Stripped(Vec<u8>),
    /// An unsupported encoding, by its name.
    Other(&'static str),
}

/// Reads the tracks in the body of their element.
pub(super) fn read(body: &[u8]) -> Vec<Track> {
    let entries = Elements(body).filter(|(id, _)| *id == TRACK_ENTRY);
    entries.take(MOST_TRACKS).map(|(_, entry)| read_track(entry)).collect()
}

fn read_track(entry: &[u8]) -> Track {
    let mut track = Track {
        number: 0,
        is_audio: false,
        is_video: false,
        is_default: true,
        codec: String::new(),
        private: Vec::new(),
        audio: Vec::new(),
        encodings: Vec::new(),
    };
    for (id, body) in Elements(entry) {
        match id {
            TRACK_NUMBER => track.number = u32::try_from(number(body)).unwrap_or(0),
            TRACK_TYPE => {
                track.is_audio = number(body) == IS_AUDIO;
                track.is_video = number(body) == IS_VIDEO;
            }
            FLAG_DEFAULT => track.is_default = body.is_empty() || number(body) != 0,
            CODEC_ID => track.codec = text(body),
            CODEC_PRIVATE => track.private = body.into(),
            AUDIO => track.audio = body.into(),
            CONTENT_ENCODINGS => track.encodings = read_encodings(body),
            _ => {}
        }
    }
    track
}

fn text(body: &[u8]) -> String {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    String::from_utf8_lossy(&body[..end]).into_owned()
}

fn read_encodings(body: &[u8]) -> Vec<Step> {
    let all = Elements(body).filter(|(id, _)| *id == CONTENT_ENCODING).take(MOST_ENCODINGS);
    let mut all: Vec<_> = all.filter_map(|(_, body)| read_encoding(body)).collect();
    all.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
    all.into_iter().map(|(_, encoding)| encoding).collect()
}

/// An encoding, with its position in the order in which encodings were applied.
fn read_encoding(body: &[u8]) -> Option<(u64, Step)> {
    let (mut order, mut scope, mut kind, mut compression) = (0, OF_PACKETS, 0, &[][..]);
    for (id, body) in Elements(body) {
        match id {
            ENCODING_ORDER => order = number(body),
            ENCODING_SCOPE => scope = number(body),
            ENCODING_TYPE => kind = number(body),
            COMPRESSION => compression = body,
            _ => {}
        }
    }
    let (mut algorithm, mut settings) = (0, &[][..]);
    for (id, body) in Elements(compression) {
        match id {
            COMPRESSION_ALGORITHM => algorithm = number(body),
            COMPRESSION_SETTINGS => settings = body,
            _ => {}
        }
    }
    let encoding = match (kind, algorithm) {
        _ if scope & OF_DESCRIPTION != 0 => Step::Other("compressed together with its codec"),
        _ if scope & OF_PACKETS == 0 => return None,
        (0, 0) => Step::Zlib,
        (0, 1) => Step::Other("compressed with bzlib"),
        (0, 2) => Step::Other("compressed with LZO"),
        (0, 3) => Step::Stripped(settings.into()),
        (1, _) => Step::Other("encrypted"),
        _ => Step::Other("encoded in an unknown way"),
    };
    Some((order, encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &[0x40 | (body.len() >> 8) as u8, body.len() as u8], body].concat()
    }

    fn encoding(order: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let parts = [element(&[0x50, 0x31], &[order]), parts.concat()].concat();
        element(&[0x62, 0x40], &parts)
    }

    fn compression(algorithm: u8, settings: &[u8]) -> Vec<u8> {
        let algorithm = element(&[0x42, 0x54], &[algorithm]);
        element(&[0x50, 0x34], &[algorithm, element(&[0x42, 0x55], settings)].concat())
    }

    #[test]
    fn a_track_is_the_default_one_if_nothing_else_is_said() {
        let track = |flag: &[u8]| {
            let parts = [element(&[0xd7], &[3]), element(&[0x83], &[2]), flag.into()];
            read(&element(&[0xae], &parts.concat()))[0].clone()
        };
        assert_eq!((track(&[]).number, track(&[]).is_audio), (3, true));
        assert!(track(&[]).is_default && !track(&element(&[0x88], &[0])).is_default);
    }

    #[test]
    fn samples_of_8_bits_are_plain() {
        let audio = |bits: u8| {
            let parts = [
                element(&[0xb5], &8000f32.to_be_bytes()),
                element(&[0x9f], &[2]),
                element(&[0x62, 0x64], &[bits]),
            ];
            let parts = [element(&[0x86], b"A_PCM/INT/LIT"), element(&[0xe1], &parts.concat())];
            read(&element(&[0xae], &parts.concat()))[0].plain()
        };
        assert_eq!(audio(8), Plain::new(Encoding::U8, 2, 8000));
        assert_eq!(audio(16), None);
    }

    #[test]
    fn encodings_are_undone_in_the_opposite_order() {
        let list = [
            encoding(0, &[compression(3, b"ab")]),
            encoding(1, &[]),
            encoding(2, &[element(&[0x50, 0x33], &[1])]),
            encoding(3, &[element(&[0x50, 0x32], &[4]), compression(1, &[])]),
            encoding(4, &[compression(2, &[])]),
        ];
        let encodings = read_encodings(&list.concat());
        let expected = [
            Step::Other("compressed with LZO"),
            Step::Other("encrypted"),
            Step::Zlib,
            Step::Stripped(b"ab".into()),
        ];
        assert_eq!(encodings, expected);
    }

    #[test]
    fn a_cut_entry_ends_the_list() {
        let whole = element(&[0xae], &element(&[0xd7], &[3]));
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_empty());
        }
        assert!(read(&[0; 9]).is_empty() && read(&[0xff; 9]).is_empty());
    }
}

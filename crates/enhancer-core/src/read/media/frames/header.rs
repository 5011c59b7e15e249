//! Headers of frames: MPEG audio of layers I to III (ISO/IEC 11172-3, section 2.4.1.3, and
//! 13818-3) and AAC in ADTS (ISO/IEC 14496-3, section 1.A.2.2).

/// The maximum size of a header in bytes. ADTS has the longest.
pub(in crate::read::media) const LONGEST: usize = 9;

/// The maximum size of a frame in bytes. ADTS has the longest: its length has 13 bits.
pub(in crate::read::media) const LONGEST_FRAME: usize = (1 << 13) - 1;

/// The sample rates by their index (ISO/IEC 14496-3, table 1.18).
pub(in crate::read::media) const AAC_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The codec of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read::media) enum Codec {
    /// Layers I to III.
    Mpeg(u8),
    Aac,
}

/// The properties that consecutive frames share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read::media) struct Format {
    pub(in crate::read::media) codec: Codec,
    /// In Hz.
    pub(in crate::read::media) sample_rate: u32,
    /// The number of channels. For AAC, the channel configuration: 7 means 8 channels, and 0 means
    /// a description inside the frames.
    pub(in crate::read::media) channels: u8,
    /// Samples per channel in a frame.
    pub(in crate::read::media) samples: u32,
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read::media) struct Header {
    pub(in crate::read::media) format: Format,
    /// The sizes of the header and of the whole frame in bytes.
    pub(in crate::read::media) bytes: usize,
    pub(in crate::read::media) frame: usize,
}

/// Reads the header at the start of `bytes`, if there is one.
pub(in crate::read::media) fn read(bytes: &[u8]) -> Option<Header> {
    match bytes {
        [0xff, second, ..] if second & 0xf6 == 0xf0 => adts(bytes),
        [0xff, second, ..] if second & 0xe0 == 0xe0 => mpeg(bytes),
        _ => None,
    }
}

/// Bit rates in kbit/s by their index, for MPEG 1 and for its extensions to lower rates.
const LAYER_2: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LAYER_3: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_LAYER_1: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const LOW_LAYERS: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Layer II with two channels does not have these bit rates, in kbit/s.
const MONO_ONLY: [u32; 4] = [32, 48, 56, 80];

fn mpeg(bytes: &[u8]) -> Option<Header> {
    let [_, version, rates, mode, ..] = *bytes else { return None };
    // How often the rate is halved. Version 1 does not exist.
    let halved = match version >> 3 & 3 {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return None,
    };
    let layer = 4 - (version >> 1 & 3);
    let sample_rate = *[44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))? >> halved;
    let index = usize::from(rates >> 4);
    let kbit = match (layer, halved) {
        (1, 0) if index < 15 => index as u32 * 32,
        (1, 0) => return None,
        (1, _) => *LOW_LAYER_1.get(index)?,
        (2, 0) => *LAYER_2.get(index)?,
        (3, 0) => *LAYER_3.get(index)?,
        (2 | 3, _) => *LOW_LAYERS.get(index)?,
        _ => return None,
    };
    let channels = if mode >> 6 == 3 { 1 } else { 2 };
    // In a free format the length of frames is unknown.
    if kbit == 0 || layer == 2 && halved == 0 && channels == 2 && MONO_ONLY.contains(&kbit) {
        return None;
    }
    let samples = match (layer, halved) {
        (1, _) => 384,
        (3, 1..) => 576,
        _ => 1152,
    };
    // Layer I counts in slots of four bytes.
    let slot = if layer == 1 { 4 } else { 1 };
    let slots = samples / 8 / slot * kbit * 1000 / sample_rate + u32::from(rates >> 1 & 1);
    let format = Format { codec: Codec::Mpeg(layer), sample_rate, channels, samples };
    Some(Header { format, bytes: 4, frame: (slots * slot) as usize })
}

fn adts(bytes: &[u8]) -> Option<Header> {
    let [_, second, third, fourth, fifth, sixth, seventh, ..] = *bytes else { return None };
    let sample_rate = *AAC_RATES.get(usize::from(third >> 2 & 15))?;
    let channels = (third & 1) << 2 | fourth >> 6;
    let frame = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    // A checksum follows if the last bit of the second byte is 0.
    let bytes = if second & 1 == 0 { 9 } else { 7 };
    // A frame has one or more blocks.
    let samples = 1024 * (u32::from(seventh & 3) + 1);
    let format = Format { codec: Codec::Aac, sample_rate, channels, samples };
    (frame > bytes).then_some(Header { format, bytes, frame })
}

/// The kind of frames with this header, if that kind is not supported.
pub(in crate::read::media) fn unusual(bytes: &[u8]) -> Option<&'static str> {
    let [0xff, version, rates, mode, ..] = *bytes else { return None };
    let (is_mpeg, layer, bit_rate) = (version & 0xe0 == 0xe0, version >> 1 & 3, rates >> 4);
    let is_mono = mode & 0xc0 == 0xc0;
    match (layer, bit_rate) {
        _ if !is_mpeg => None,
        (1, 0) => Some("MP3 of a free format, without a bit rate"),
        (2 | 3, 0) => Some("MPEG audio of a free format, without a bit rate"),
        // From 224 kbit/s on, layer II of MPEG 1 has two channels.
        (2, 11..=14) if version & 0x18 == 0x18 && is_mono => {
            Some("MP2 with one channel at more than 192 kbit/s")
        }
        (2, 1..=3 | 5) if version & 0x18 == 0x18 && !is_mono => {
            Some("MP2 with two channels at a bit rate for one")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(bytes: &[u8]) -> Option<(Codec, u32, u8, u32, usize)> {
        read(bytes).map(|Header { format, frame, .. }| {
            (format.codec, format.sample_rate, format.channels, format.samples, frame)
        })
    }

    #[test]
    fn headers_say_what_their_frames_are() {
        for (bytes, expected) in [
            // 128 kbit/s at 44.1 kHz, without and with padding.
            (&[0xff, 0xfb, 0x90, 0x00][..], (Codec::Mpeg(3), 44_100, 2, 1152, 417)),
            (&[0xff, 0xfb, 0x92, 0xc0], (Codec::Mpeg(3), 44_100, 1, 1152, 418)),
            // 64 kbit/s at 22.05 kHz, and 8 kbit/s at 8 kHz.
            (&[0xff, 0xf3, 0x80, 0xc0], (Codec::Mpeg(3), 22_050, 1, 576, 208)),
            (&[0xff, 0xe3, 0x18, 0xc0], (Codec::Mpeg(3), 8_000, 1, 576, 72)),
            // Layer II at 192 kbit/s and 48 kHz, and layer I at 384 kbit/s and 44.1 kHz.
            (&[0xff, 0xfd, 0xa4, 0x00], (Codec::Mpeg(2), 48_000, 2, 1152, 576)),
            (&[0xff, 0xff, 0xc2, 0x00], (Codec::Mpeg(1), 44_100, 2, 384, 420)),
            // AAC: 48 kHz, stereo, 512 bytes.
            (&[0xff, 0xf1, 0x4c, 0x80, 0x40, 0x1f, 0xfc], (Codec::Aac, 48_000, 2, 1024, 512)),
            (&[0xff, 0xf0, 0x50, 0x40, 0x40, 0x1f, 0xfd], (Codec::Aac, 44_100, 1, 2048, 512)),
        ] {
            assert_eq!(read_as(bytes), Some(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn bytes_other_than_a_header_are_refused() {
        for bytes in [
            &b""[..],
            b"ID3\x04\0\0\0",
            // Cut off; a reserved version, layer, rate and bit rate; a free format.
            &[0xff, 0xfb, 0x90],
            &[0xff, 0xeb, 0x90, 0],
            &[0xff, 0xf9, 0xfc, 0, 0, 0, 0],
            &[0xff, 0xfb, 0x9c, 0],
            &[0xff, 0xfb, 0xf0, 0],
            &[0xff, 0xff, 0xf0, 0],
            &[0xff, 0xfb, 0x00, 0],
            // An ADTS frame that is as short as its header.
            &[0xff, 0xf1, 0x4c, 0x80, 0x00, 0xff, 0xfc],
        ] {
            assert_eq!(read_as(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn frames_that_are_not_read_have_a_name() {
        assert!(unusual(&[0xff, 0xfb, 0x04, 0]).unwrap().starts_with("MP3 of a free"));
        assert!(unusual(&[0xff, 0xfd, 0xe4, 0xc0]).unwrap().starts_with("MP2 with one"));
        assert!(unusual(&[0xff, 0xfd, 0x24, 0]).unwrap().starts_with("MP2 with two"));
        for usual in [&[0xff, 0xfb, 0x94, 0][..], &[0xff, 0xfd, 0xe4, 0], b"ID3\x04", &[0xff]] {
            assert_eq!(unusual(usual), None);
        }
    }
}

//! The first frame of an MP3 file, in which encoders (Xing, LAME and Fraunhofer's) state the number
//! of frames ("MP3 Info Tag revision 1 specification", LAME; "VBRI header", Fraunhofer).

use super::header::{Codec, Format};

/// The delay of every decoder in samples.
const DECODER_DELAY: u32 = 528 + 1;

/// The offset of the mark of Fraunhofer's encoder. It does not depend on the side information.
const VBRI_AT: usize = 36;

/// The content of such a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) frames: Option<u32>,
    /// Samples per channel that the encoder added at the start and at the end.
    pub(super) delay: u32,
    pub(super) padding: u32,
}

/// Reads a complete frame, if it is such a frame.
pub(super) fn read(frame: &[u8], format: &Format) -> Option<Count> {
    if format.codec != Codec::Mpeg(3) {
        return None;
    }
    info(frame, format).or_else(|| vbri(frame))
}

/// The frame of Xing and LAME. Its mark follows the side information, which is empty.
fn info(frame: &[u8], format: &Format) -> Option<Count> {
    let side = match (format.samples, format.channels) {
        (1152, 1) | (576, 2) => 17,
        (1152, _) => 32,
        _ => 9,
    };
    let mut at = 4 + side;
    if !is_empty(frame, at) || ![&b"Xing"[..], b"Info"].contains(&frame.get(at..at + 4)?) {
        return None;
    }
    let flags = number(frame, at + 4)?;
    at += 8;
    let frames = if flags & 1 != 0 { Some(number(frame, at)?) } else { None };
    for (flag, bytes) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
        at += if flags & flag != 0 { bytes } else { 0 };
    }
    let (delay, padding) = lame(frame.get(at..).unwrap_or_default()).unwrap_or_default();
    Some(Count { frames, delay, padding })
}

/// The delay and the padding after the fields of Xing, as LAME and ffmpeg write them: two numbers
/// of 12 bits.
fn lame(extension: &[u8]) -> Option<(u32, u32)> {
    let is_known = [b"LAME", b"Lavf", b"Lavc"].iter().any(|name| extension.starts_with(*name));
    let [.., high, mid, low] = *extension.get(..24).filter(|_| is_known)? else { return None };
    let delay = u32::from(high) << 4 | u32::from(mid) >> 4;
    let padding = u32::from(mid & 15) << 8 | u32::from(low);
    Some((delay + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY)))
}

fn vbri(frame: &[u8]) -> Option<Count> {
    let is_one = is_empty(frame, VBRI_AT) && frame.get(VBRI_AT..VBRI_AT + 4)? == b"VBRI";
    let frames = number(frame, VBRI_AT + 14).filter(|_| is_one)?;
    Some(Count { frames: Some(frames), ..Count::default() })
}

/// Whether a frame has only zeros between its header, or the checksum after that, and an offset.
fn is_empty(frame: &[u8], to: usize) -> bool {
    let has_checksum = frame.get(1).is_some_and(|byte| byte & 1 == 0);
    let from = if has_checksum { 6 } else { 4 };
    frame.get(from..to).is_some_and(|side| side.iter().all(|byte| *byte == 0))
}

fn number(frame: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*frame.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::*;

    fn of(header: [u8; 4], parts: &[(usize, &[u8])]) -> Option<Count> {
        let mut frame = header.to_vec();
        frame.resize(417, 0);
        for (at, part) in parts {
            frame[*at..at + part.len()].copy_from_slice(part);
        }
        read(&frame, &header::read(&header).unwrap().format)
    }

    const STEREO: [u8; 4] = [0xff, 0xfb, 0x90, 0];
    const MONO: [u8; 4] = [0xff, 0xfb, 0x90, 0xc0];

    #[test]
    fn frames_delay_and_padding_are_read() {
        let lame = [b"LAME3.100", &[0; 12][..], &[0x24, 0x06, 0x40]].concat();
        let parts: [(usize, &[u8]); 4] =
            [(36, b"Info"), (40, &[0, 0, 0, 15]), (44, &[0, 0, 1, 2]), (156, &lame)];
        let all = Count { frames: Some(258), delay: 576 + 529, padding: 1600 - 529 };
        assert_eq!(of(STEREO, &parts), Some(all));
        assert_eq!(of(MONO, &parts), None);
        assert_eq!(of(MONO, &[(21, b"Xing")]), Some(Count::default()));
        let checksum = [0xff, 0xfa, 0x90, 0];
        assert_eq!(of(checksum, &[(4, &[7, 7]), (36, b"Xing")]), Some(Count::default()));
    }

    #[test]
    fn a_frame_of_fraunhofers_is_read() {
        let count = Count { frames: Some(77), ..Count::default() };
        assert_eq!(of(STEREO, &[(36, b"VBRI"), (50, &[0, 0, 0, 77])]), Some(count));
    }

    #[test]
    fn a_frame_of_sound_is_not_a_count() {
        assert_eq!(of(STEREO, &[]), None);
        assert_eq!(of(STEREO, &[(20, &[1]), (36, b"Info")]), None);
        assert_eq!(read(&STEREO, &header::read(&STEREO).unwrap().format), None);
    }
}

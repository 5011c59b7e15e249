//! MPEG audio whose rate or channels change from one frame to the next, which symphonia's
//! decoder refuses: each stretch gets a decoder of its own.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder, Symphonia};

/// Decodes frames of layers I to III.
pub(super) struct MpegAudio {
    parameters: AudioCodecParameters,
    decoder: Symphonia,
    /// The format of the latest frame.
    format: Option<FrameFormat>,
}

impl MpegAudio {
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<MpegAudio, String> {
        let decoder = Symphonia::new(parameters)?;
        Ok(MpegAudio { parameters: parameters.clone(), decoder, format: None })
    }
}

impl Decoder for MpegAudio {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let format = frame_format(&packet.data);
        if self.format.is_some() && format != self.format {
            self.decoder = Symphonia::new(&self.parameters)?;
        }
        self.format = format;
        self.decoder.decode(packet, block)
    }
}

/// What of a frame's header tells its rate and its channels: the version, the rate, and
/// whether there is one channel (ISO/IEC 11172-3, section 2.4.1.3).
pub(super) type FrameFormat = [u8; 3];

pub(super) fn frame_format(frame: &[u8]) -> Option<FrameFormat> {
    let [_, version, rate, mode, ..] = frame else { return None };
    Some([version & 0x18, rate & 0x0c, u8::from(mode & 0xc0 == 0xc0)])
}

/// What frames with this header are, if they are of a kind that symphonia does not read.
pub(super) fn unusual(frame: &[u8]) -> Option<&'static str> {
    let [0xff, version, rate, mode, ..] = *frame else { return None };
    let (is_mpeg, layer, bit_rate) = (version & 0xe0 == 0xe0, version >> 1 & 3, rate >> 4);
    match (layer, bit_rate) {
        _ if !is_mpeg => None,
        (1, 0) => Some("MP3 of a free format, without a bit rate"),
        (2 | 3, 0) => Some("MPEG audio of a free format, without a bit rate"),
        // From 224 kbit/s on, layer II of MPEG 1 has two channels.
        (2, 11..=14) if version & 0x18 == 0x18 && mode & 0xc0 == 0xc0 => {
            Some("MP2 with one channel at more than 192 kbit/s")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_are_not_read_have_a_name() {
        assert!(unusual(&[0xff, 0xfb, 0x04, 0]).unwrap().starts_with("MP3 of a free"));
        assert!(unusual(&[0xff, 0xfd, 0xe4, 0xc0]).unwrap().starts_with("MP2 with one"));
        for usual in [&[0xff, 0xfb, 0x94, 0][..], &[0xff, 0xfd, 0xe4, 0], b"ID3\x04", &[0xff]] {
            assert_eq!(unusual(usual), None);
        }
    }
}

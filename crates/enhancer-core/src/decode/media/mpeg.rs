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

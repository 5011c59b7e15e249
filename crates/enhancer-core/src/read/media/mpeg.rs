//! MPEG audio whose rate or channels change from one frame to the next. symphonia's decoder refuses
//! that, so each section gets its own decoder.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder, Symphonia};
use super::frames::header::{self, Format};

/// Decodes frames of layers I to III.
pub(super) struct MpegAudio {
    parameters: AudioCodecParameters,
    decoder: Symphonia,
    /// The format of the latest frame.
    format: Option<Format>,
}

impl MpegAudio {
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<MpegAudio, String> {
        let decoder = Symphonia::new(parameters)?;
        Ok(MpegAudio { parameters: parameters.clone(), decoder, format: None })
    }
}

impl Decoder for MpegAudio {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let format = header::read(&packet.data).map(|header| header.format);
        if self.format.is_some() && format != self.format {
            self.decoder = Symphonia::new(&self.parameters)?;
        }
        self.format = format;
        let outcome = self.decoder.decode(packet, block);
        outcome.map_err(|reason| match header::unusual(&packet.data) {
            Some(kind) => format!("{kind}, which is not read"),
            None => reason,
        })
    }
}

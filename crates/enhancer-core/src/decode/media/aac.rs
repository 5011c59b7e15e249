//! AAC: low complexity and high efficiency, by the crate syom, since symphonia
//! stops at two channels of low complexity.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;
use syom::DecodeOptions;

use super::codec::{Block, Decoder};

/// The rates that an index names (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The masks of WAVE for the channel configurations 3 to 7 of AAC, in whose order
/// the planes come.
const MASKS: [u32; 5] = [0x7, 0x107, 0x37, 0x3f, 0x63f];

pub(super) struct AacDecoder {
    decoder: syom::Decoder,
    /// The `AudioSpecificConfig`.
    config: Box<[u8]>,
}

impl AacDecoder {
    /// # Errors
    /// Says what of the stream's description cannot be followed.
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<AacDecoder, String> {
        // ADTS has none: each of its frames says what it is.
        let config = match &parameters.extra_data {
            Some(config) => config.clone(),
            None => config_of(parameters)?,
        };
        let decoder = start(&config)?;
        Ok(AacDecoder { decoder, config })
    }
}

impl Decoder for AacDecoder {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        block.planes.clear();
        let outcome = self.decoder.decode_au(&packet.data, |frame| {
            block.sample_rate = frame.sample_rate;
            if block.planes.is_empty() {
                block.planes.resize_with(frame.planar.len(), Vec::new);
            }
            for (plane, samples) in block.planes.iter_mut().zip(frame.planar) {
                plane.extend_from_slice(samples);
            }
            block.channel_mask = match frame.meta.layout {
                syom::Layout::Mpeg(n @ 3..=7) => MASKS[usize::from(n) - 3],
                _ => 0,
            };
            Ok(())
        });
        outcome.map_err(|error| {
            // What failed takes nothing more: a new one goes on behind it.
            if let Ok(decoder) = start(&self.config) {
                self.decoder = decoder;
            }
            error.to_string()
        })
    }
}

fn start(config: &[u8]) -> Result<syom::Decoder, String> {
    syom::Decoder::from_asc(config, DecodeOptions::unbounded()).map_err(|error| error.to_string())
}

/// The `AudioSpecificConfig` of plain AAC of that rate and those channels (ISO/IEC
/// 14496-3, section 1.6.2.1).
fn config_of(parameters: &AudioCodecParameters) -> Result<Box<[u8]>, String> {
    const LOW_COMPLEXITY: u16 = 2;
    let rate = parameters.sample_rate.and_then(|rate| RATES.iter().position(|&r| r == rate));
    let channels = match parameters.channels.as_ref().map_or(0, |channels| channels.count()) {
        8 => 7,
        channels => channels,
    };
    match rate {
        Some(rate) if channels <= 7 => {
            let bits = LOW_COMPLEXITY << 11 | (rate as u16) << 7 | (channels as u16) << 3;
            Ok(bits.to_be_bytes().into())
        }
        _ => Err("a sample rate or channel configuration that AAC does not support".into()),
    }
}

//! AAC: low complexity and high efficiency, decoded by the crate syom, because symphonia supports
//! only low complexity with up to two channels.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;
use syom::DecodeOptions;

use super::codec::{Block, Decoder};
use super::frames::header::{self, AAC_RATES, Format};

/// The WAVE masks for AAC's channel configurations 3 to 7. The decoder returns planes in the order
/// of WAVE.
const MASKS: [u32; 5] = [0x7, 0x107, 0x37, 0x3f, 0x63f];

pub(super) struct AacDecoder {
    decoder: syom::Decoder,
    /// The `AudioSpecificConfig`.
    config: Box<[u8]>,
}

impl AacDecoder {
    /// # Errors
    /// A message about the part of the stream's description that is not supported.
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<AacDecoder, String> {
        AacDecoder::start(match &parameters.extra_data {
            Some(config) => config.clone(),
            None => config_of(parameters)?,
        })
    }

    fn start(config: Box<[u8]>) -> Result<AacDecoder, String> {
        let decoder = start(&config)?;
        Ok(AacDecoder { decoder, config })
    }
}

impl AacDecoder {
    /// Decodes an access unit, without an ADTS header.
    fn decode_unit(&mut self, unit: &[u8], block: &mut Block) -> Result<(), String> {
        block.planes.clear();
        let outcome = self.decoder.decode_au(unit, |frame| {
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
            // A decoder that failed accepts nothing more. A new one continues after the fault.
            if let Ok(decoder) = start(&self.config) {
                self.decoder = decoder;
            }
            error.to_string()
        })
    }
}

impl Decoder for AacDecoder {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        self.decode_unit(&packet.data, block)
    }
}

/// AAC in ADTS, where each frame describes itself. A frame with another rate or other channels gets
/// a new decoder.
#[derive(Default)]
pub(super) struct AdtsDecoder(Option<(Format, AacDecoder)>);

impl Decoder for AdtsDecoder {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let header = header::read(&packet.data).ok_or("a frame without its header")?;
        let format = header.format;
        if format.samples > 1024 {
            return Err("a frame of ADTS with several blocks of AAC, which is not read".into());
        }
        if format.channels == 0 {
            return Err("AAC that describes its channels inside of its frames is not read".into());
        }
        let decoder = match self.0.take() {
            Some((before, decoder)) if before == format => decoder,
            _ => AacDecoder::start(config(format.sample_rate, format.channels.into())?)?,
        };
        let (_, decoder) = self.0.insert((format, decoder));
        decoder.decode_unit(&packet.data[header.bytes..], block)
    }
}

fn start(config: &[u8]) -> Result<syom::Decoder, String> {
    syom::Decoder::from_asc(config, DecodeOptions::unbounded()).map_err(|error| error.to_string())
}

/// The `AudioSpecificConfig` of plain AAC with the rate and the channels in `parameters`.
fn config_of(parameters: &AudioCodecParameters) -> Result<Box<[u8]>, String> {
    let channels = match parameters.channels.as_ref().map_or(0, |channels| channels.count()) {
        8 => 7,
        channels => channels,
    };
    config(parameters.sample_rate.unwrap_or(0), channels)
}

/// The `AudioSpecificConfig` of plain AAC with this rate and channel configuration (ISO/IEC
/// 14496-3, section 1.6.2.1).
fn config(sample_rate: u32, channels: usize) -> Result<Box<[u8]>, String> {
    const LOW_COMPLEXITY: u16 = 2;
    match AAC_RATES.iter().position(|rate| *rate == sample_rate) {
        Some(rate) if channels <= 7 => {
            let bits = LOW_COMPLEXITY << 11 | (rate as u16) << 7 | (channels as u16) << 3;
            Ok(bits.to_be_bytes().into())
        }
        _ => Err("a sample rate or channel configuration that AAC does not support".into()),
    }
}

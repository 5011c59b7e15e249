//! Vorbis with more than two channels, decoded by the crate lewton. symphonia 0.6.1 undoes the
//! couplings of channels in the order in which they were made, but the order has to be reversed
//! (Vorbis I specification, section 4.3.5). The result is wrong if a channel is coupled twice.

use lewton::audio::{PreviousWindowRight, read_audio_packet_generic};
use lewton::header::{IdentHeader, SetupHeader, read_header_ident, read_header_setup};
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder};
use crate::audio::{Planes, channel_order};

/// The size of an identification header in bytes. The setup header follows it.
pub(super) const IDENT_BYTES: usize = 30;

pub(super) struct Surround {
    ident: IdentHeader,
    setup: SetupHeader,
    past: PreviousWindowRight,
}

impl Surround {
    /// # Errors
    /// A message about what is wrong with the stream's headers.
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<Surround, String> {
        let headers = parameters.extra_data.as_deref().unwrap_or_default();
        let (ident, setup) = headers.split_at_checked(IDENT_BYTES).ok_or("no headers")?;
        let ident = read_header_ident(ident).map_err(|error| error.to_string())?;
        let blocks = (ident.blocksize_0, ident.blocksize_1);
        let setup = read_header_setup(setup, ident.audio_channels, blocks)
            .map_err(|error| error.to_string())?;
        Ok(Surround { ident, setup, past: PreviousWindowRight::new() })
    }
}

impl Decoder for Surround {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let (ident, setup) = (&self.ident, &self.setup);
        // The first packet returns no samples; it only starts the overlap.
        let is_first = self.past.is_empty();
        let planes: Planes = read_audio_packet_generic(ident, setup, &packet.data, &mut self.past)
            .map_err(|error| error.to_string())?;
        block.planes = planes;
        block.sample_rate = self.ident.audio_sample_rate;
        let channels = block.planes.len();
        block.channel_mask = channel_order::vorbis_mask(channels);
        channel_order::reorder(&mut block.planes, channel_order::from_vorbis(channels));
        let start = if is_first { 0 } else { packet.trim_start.get() };
        block.trim(start, packet.trim_end.get());
        Ok(())
    }
}

//! Samples to packets of Opus.

use opus_pure::{MAX_PACKET_BYTES, OpusHead, OpusMSEncoder};

use super::{PACKETS, POSITION_RATE, encoder, encoder_rate, failed};
use crate::audio::{AudioFormat, channel_order};
use crate::error::Result;
use crate::write::checked_len;
use crate::write::rate::Converter;

/// Positions per packet, each a sample at 48 kHz.
pub(crate) const PACKET: u32 = POSITION_RATE / PACKETS;

/// Encodes samples, packet by packet.
pub(crate) struct Packets {
    format: AudioFormat,
    converter: Converter,
    encoder: OpusMSEncoder,
    head: OpusHead,
    config: Vec<u8>,
    /// The number of positions in all packets so far.
    encoded: u64,
    /// Samples per channel in a packet.
    frame: usize,
    /// The samples of the next packet so far, interleaved in the order of Vorbis.
    pending: Vec<f32>,
    packet: Vec<u8>,
}

impl Packets {
    /// # Errors
    /// `Unwritable` if Opus cannot hold that sound.
    pub(crate) fn new(format: &AudioFormat) -> Result<Packets> {
        let rate = encoder_rate(format.sample_rate);
        let converter = Converter::new(format, rate)?;
        let encoder = encoder(format, rate)?;
        let head = OpusHead::for_ms_encoder(&encoder, format.sample_rate);
        let packet = vec![0; MAX_PACKET_BYTES * encoder.nb_streams()];
        Ok(Packets {
            format: *format,
            converter,
            encoder,
            config: bytes(&head),
            head,
            encoded: 0,
            frame: (rate / PACKETS) as usize,
            pending: Vec::new(),
            packet,
        })
    }

    pub(crate) fn head(&self) -> &OpusHead {
        &self.head
    }

    /// The identification header (RFC 7845, section 5.1).
    pub(crate) fn config(&self) -> &[u8] {
        &self.config
    }

    /// The number of audible positions for the samples so far.
    pub(crate) fn len(&self) -> u64 {
        let len = u128::from(self.converter.received()) * u128::from(POSITION_RATE);
        len.div_ceil(self.format.sample_rate.max(1).into()) as u64
    }

    /// Encodes samples, `planes[channel]`, and passes the packets that are ready to `take`. Each
    /// has [`PACKET`] positions.
    ///
    /// # Errors
    /// `InvalidValue` if the planes do not match the format, and those of `take`.
    pub(crate) fn push(
        &mut self,
        planes: &[Vec<f32>],
        take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        checked_len(&self.format, planes)?;
        let planes = self.converter.push(planes)?;
        append(&mut self.pending, &planes);
        self.encode(take)
    }

    /// Passes the remaining packets to `take`, each with the number of its positions before the
    /// end. They hold the pending samples and silence, which makes the encoder return what it still
    /// holds.
    ///
    /// # Errors
    /// The errors of `take`.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(&[u8], u32) -> Result<()>) -> Result<()> {
        if let Some(planes) = self.converter.finish()? {
            append(&mut self.pending, &planes);
            self.encode(|packet| take(packet, PACKET))?;
        }
        let end = u64::from(self.head.pre_skip) + self.len();
        let frame = self.frame * usize::from(self.format.channels);
        while let left @ 1.. = end.saturating_sub(self.encoded) {
            self.pending.resize(frame, 0.0);
            self.encode(|packet| take(packet, left.min(PACKET.into()) as u32))?;
        }
        Ok(())
    }

    /// Encodes all complete frames of the pending samples.
    fn encode(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let frame = self.frame * usize::from(self.format.channels);
        let whole = self.pending.len() / frame * frame;
        for frame in self.pending[..whole].chunks_exact(frame) {
            let len = self.encoder.encode(frame, self.frame, &mut self.packet).map_err(failed)?;
            self.encoded += u64::from(PACKET);
            take(&self.packet[..len])?;
        }
        self.pending.drain(..whole);
        Ok(())
    }
}

/// Appends planes at the encoder's rate to the pending samples.
fn append(pending: &mut Vec<f32>, planes: &[Vec<f32>]) {
    let (channels, from) = (planes.len(), pending.len());
    pending.resize(from + channels * planes[0].len(), 0.0);
    for (n, plane) in planes.iter().enumerate() {
        let place = channel_order::from_vorbis(channels).get(n).copied().unwrap_or(n);
        let places = pending[from..].iter_mut().skip(place).step_by(channels);
        places.zip(plane).for_each(|(place, sample)| *place = *sample);
    }
}

/// The identification header as stored.
fn bytes(head: &OpusHead) -> Vec<u8> {
    let mut bytes = b"OpusHead\x01".to_vec();
    bytes.push(head.channel_count);
    bytes.extend(head.pre_skip.to_le_bytes());
    bytes.extend(head.input_sample_rate.to_le_bytes());
    bytes.extend(head.output_gain_q8.to_le_bytes());
    bytes.push(head.mapping_family);
    if head.mapping_family != 0 {
        bytes.extend([head.stream_count, head.coupled_count]);
        bytes.extend(&head.channel_mapping);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Container, SampleFormat};

    /// Compares with the header in an Ogg file.
    #[test]
    fn the_header_is_that_of_opus_files() {
        for channels in [1, 2, 6] {
            let format = AudioFormat::raw(SampleFormat::S16le, 44_100, channels);
            let format = AudioFormat { container: Container::Opus, ..format };
            let packets = Packets::new(&format).unwrap();
            let mut file = std::io::Cursor::new(Vec::new());
            crate::write::create(&mut file, &format, &Default::default()).unwrap();
            let file = file.into_inner();
            assert!(file.windows(packets.config().len()).any(|part| part == packets.config()));
        }
    }
}

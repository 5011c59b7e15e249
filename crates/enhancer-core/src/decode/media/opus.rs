//! Opus, by the crate ruopus: streams of one or two channels, and of more by
//! RFC 7845, section 5.1.1.

use ruopus::{MultistreamDecoder, OpusDecoder};
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder};
use super::order;

/// The rate at which Opus is always decoded, in Hz.
const SAMPLE_RATE: u32 = 48_000;

/// What stands before the fields of an identification header.
const MAGIC: &[u8] = b"OpusHead";

/// The identification header (RFC 7845, section 5.1).
pub(super) struct Head {
    channels: usize,
    /// Samples at the beginning that are not to be heard.
    pub(super) pre_skip: u16,
    /// In dB, as a fixed-point number of eight fractional bits.
    gain: i16,
    family: u8,
    streams: usize,
    coupled: usize,
    mapping: Vec<u8>,
}

impl Head {
    /// Reads a header. In MP4 its numbers are big-endian, elsewhere little-endian.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn read(bytes: &[u8], big_endian: bool) -> Result<Head, String> {
        let [_version, channels, skip @ .., family] = bytes
            .strip_prefix(MAGIC)
            .and_then(|fields| fields.first_chunk::<11>())
            .ok_or("no header")?;
        let channels = usize::from(*channels);
        let two = |at: usize| [skip[at], skip[at + 1]];
        let (pre_skip, gain) = match big_endian {
            true => (u16::from_be_bytes(two(0)), i16::from_be_bytes(two(6))),
            false => (u16::from_le_bytes(two(0)), i16::from_le_bytes(two(6))),
        };
        let (streams, coupled, mapping) = match (family, bytes.get(MAGIC.len() + 11..)) {
            (0, _) if (1..=2).contains(&channels) => (1, channels - 1, vec![0, 1]),
            (1..=255, Some([streams, coupled, mapping @ ..])) if mapping.len() >= channels => {
                ((*streams).into(), (*coupled).into(), mapping.to_vec())
            }
            _ => return Err(format!("{channels} channels of mapping family {family}")),
        };
        let head = Head {
            channels,
            pre_skip,
            gain,
            family: *family,
            streams,
            coupled,
            mapping: mapping[..channels].to_vec(),
        };
        head.check()?;
        Ok(head)
    }

    /// The decoder panics where this fails.
    fn check(&self) -> Result<(), String> {
        let decoded = self.streams + self.coupled;
        let maps = self.mapping.iter().all(|&n| n == 255 || usize::from(n) < decoded);
        let sound = self.channels > 0
            && self.streams > 0
            && self.coupled <= self.streams
            && decoded <= 255
            && maps;
        if sound { Ok(()) } else { Err("an inconsistent channel mapping".into()) }
    }
}

enum Streams {
    One(Box<OpusDecoder>),
    Many(MultistreamDecoder),
}

pub(super) struct Opus {
    streams: Streams,
    channels: usize,
    gain: f32,
    /// The mask and the order of channels that are speakers.
    channel_mask: u32,
    order: &'static [usize],
}

impl Opus {
    pub(super) fn new(head: &Head) -> Opus {
        let streams = match head.family {
            0 => Streams::One(Box::new(OpusDecoder::new(head.channels))),
            _ => {
                let (streams, coupled) = (head.streams, head.coupled);
                let many =
                    MultistreamDecoder::with_rate(SAMPLE_RATE, streams, coupled, &head.mapping);
                Streams::Many(many)
            }
        };
        // Other families say nothing of speakers, or something else.
        let surround = head.family == 1 && head.channels > 2;
        Opus {
            streams,
            channels: head.channels,
            gain: 10f32.powf(f32::from(head.gain) / (20.0 * 256.0)),
            channel_mask: if surround { order::vorbis_mask(head.channels) } else { 0 },
            order: if surround { order::from_vorbis(head.channels) } else { &[] },
        }
    }
}

impl Decoder for Opus {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let decoded = match &mut self.streams {
            Streams::One(decoder) => decoder.decode_packet(&packet.data),
            Streams::Many(decoder) => decoder.decode_packet(&packet.data),
        };
        let samples = decoded.map_err(|error| error.to_string())?;
        block.sample_rate = SAMPLE_RATE;
        block.channel_mask = self.channel_mask;
        block.planes.resize_with(self.channels, Vec::new);
        for (channel, plane) in block.planes.iter_mut().enumerate() {
            let of_channel = samples.iter().skip(channel).step_by(self.channels);
            plane.clear();
            plane.extend(of_channel.map(|sample| sample * self.gain));
        }
        order::reorder(&mut block.planes, self.order);
        // An Ogg page may end before its last packet does. The unit is a sample.
        block.trim(packet.trim_start.get(), packet.trim_end.get());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(channels: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = b"OpusHead\x01".to_vec();
        bytes.extend([channels, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0x00, 0xff, family]);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn a_header_is_read_in_both_orders_of_bytes() {
        let bytes = head(2, 0, &[]);
        let little = Head::read(&bytes, false).ok().unwrap();
        assert_eq!((little.channels, little.pre_skip, little.gain), (2, 312, -256));
        let big = Head::read(&bytes, true).ok().unwrap();
        assert_eq!((big.pre_skip, big.gain), (0x3801, 0x00ff));
    }

    #[test]
    fn headers_that_the_decoder_would_panic_at_are_refused() {
        for (bytes, reason) in [
            (head(0, 0, &[]), "0 channels"),
            (head(3, 0, &[]), "3 channels"),
            (head(6, 1, &[4, 2, 0, 4, 1, 2, 3]), "6 channels of mapping family 1"),
            (head(6, 1, &[0, 0, 0, 4, 1, 2, 3, 5]), "an inconsistent channel mapping"),
            (head(6, 1, &[2, 3, 0, 4, 1, 2, 3, 5]), "an inconsistent channel mapping"),
            (head(6, 1, &[4, 2, 0, 4, 1, 2, 3, 6]), "an inconsistent channel mapping"),
            (head(2, 0, &[])[..18].to_vec(), "no header"),
        ] {
            let error = Head::read(&bytes, false).err().unwrap();
            assert!(error.contains(reason), "{error}");
        }
        assert!(Head::read(&head(6, 1, &[4, 2, 0, 4, 1, 2, 3, 5]), false).is_ok());
    }
}

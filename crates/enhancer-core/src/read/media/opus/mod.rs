//! Opus, decoded by the crate opus-pure: streams with one or two channels, and with more as in RFC
//! 7845, section 5.1.1.

mod framing;
mod head;

use opus_pure::{MAX_PACKET_SAMPLES, OpusDecoder};
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder};
use crate::audio::channel_order;
pub(super) use head::Head;

/// The sample rate of decoded Opus in Hz.
const SAMPLE_RATE: u32 = 48_000;

/// The index of a silent channel in the mapping.
const SILENT: u8 = 255;

/// A stream with one channel or a pair.
struct Stream {
    decoder: OpusDecoder,
    channels: usize,
    /// For each of its channels, the channels of the result that it feeds.
    feeds: Vec<Vec<usize>>,
}

pub(super) struct Opus {
    streams: Vec<Stream>,
    channels: usize,
    gain: f32,
    /// The channel mask, and the order of channels that are speakers.
    channel_mask: u32,
    order: &'static [usize],
    /// The decoded samples of a stream.
    decoded: Vec<f32>,
}

impl Opus {
    /// # Errors
    /// A message why the decoder refuses this number of channels. A header that was read never
    /// causes this.
    pub(super) fn new(head: &Head) -> Result<Opus, String> {
        let streams: Result<_, String> = (0..head.streams).map(|n| stream(head, n)).collect();
        // Other families state nothing about speakers, or something else.
        let surround = head.family == 1 && head.channels > 2;
        Ok(Opus {
            streams: streams?,
            channels: head.channels,
            gain: 10f32.powf(f32::from(head.gain) / (20.0 * 256.0)),
            channel_mask: if surround { channel_order::vorbis_mask(head.channels) } else { 0 },
            order: if surround { channel_order::from_vorbis(head.channels) } else { &[] },
            decoded: vec![0.0; 2 * MAX_PACKET_SAMPLES],
        })
    }

    /// Decodes a packet with all streams, which must all have the same number of samples.
    fn decode_streams(&mut self, mut data: &[u8], planes: &mut [Vec<f32>]) -> Result<(), String> {
        let mut samples = None;
        let last = self.streams.len().saturating_sub(1);
        for (n, stream) in self.streams.iter_mut().enumerate() {
            let own;
            let packet: &[u8] = if n == last {
                data
            } else {
                (own, data) = framing::split(data).ok_or("a packet ends early")?;
                &own
            };
            // For the decoder, an empty packet means a lost packet of any length.
            if packet.is_empty() {
                return Err("a packet is empty".into());
            }
            let count = stream
                .decoder
                .decode(packet, MAX_PACKET_SAMPLES, &mut self.decoded)
                .map_err(|error| error.to_string())?;
            if *samples.get_or_insert(count) != count {
                return Err("the streams of a packet differ in length".into());
            }
            stream.feed(&self.decoded[..count * stream.channels], self.gain, planes);
        }
        for plane in planes.iter_mut().filter(|plane| plane.is_empty()) {
            plane.resize(samples.unwrap_or(0), 0.0);
        }
        Ok(())
    }
}

impl Stream {
    fn feed(&self, decoded: &[f32], gain: f32, planes: &mut [Vec<f32>]) {
        for (own, fed) in self.feeds.iter().enumerate() {
            for &channel in fed {
                let samples = decoded.iter().skip(own).step_by(self.channels);
                planes[channel].extend(samples.map(|sample| sample * gain));
            }
        }
    }
}

/// The stream with this number. Streams with a pair, and their channels, come first.
fn stream(head: &Head, number: usize) -> Result<Stream, String> {
    let channels = if number < head.coupled { 2 } else { 1 };
    let first = number + number.min(head.coupled);
    let fed_by = |own: usize| {
        let feeds = |&(_, &from): &(usize, &u8)| from != SILENT && usize::from(from) == own;
        head.mapping.iter().enumerate().filter(feeds).map(|(channel, _)| channel).collect()
    };
    let rate = SAMPLE_RATE as i32;
    let decoder = OpusDecoder::new(rate, channels).map_err(|error| error.to_string())?;
    Ok(Stream { decoder, channels, feeds: (first..first + channels).map(fed_by).collect() })
}

impl Decoder for Opus {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        block.sample_rate = SAMPLE_RATE;
        block.channel_mask = self.channel_mask;
        block.planes.resize_with(self.channels, Vec::new);
        block.planes.iter_mut().for_each(Vec::clear);
        self.decode_streams(&packet.data, &mut block.planes)?;
        channel_order::reorder(&mut block.planes, self.order);
        // An Ogg page may end before its last packet does. The unit is a sample.
        block.trim(packet.trim_start.get(), packet.trim_end.get());
        Ok(())
    }
}

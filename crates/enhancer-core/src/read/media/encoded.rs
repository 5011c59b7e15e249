//! Packets of Matroska that were compressed a second time, whatever their codec.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::ZlibDecoder;
use symphonia::core::errors::Result;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::Metadata;
use symphonia::core::packet::Packet;

use super::tracks::Step;

/// A demuxer that decompresses its packets.
pub(super) struct Decompressed<'a> {
    inner: Box<dyn FormatReader + 'a>,
    /// The encodings of each track that has any.
    encodings: HashMap<u32, Vec<Step>>,
    /// The maximum size of a packet in bytes.
    most: u64,
}

impl<'a> Decompressed<'a> {
    pub(super) fn new(
        inner: Box<dyn FormatReader + 'a>,
        encodings: HashMap<u32, Vec<Step>>,
        most: u64,
    ) -> Self {
        Decompressed { inner, encodings, most }
    }
}

/// Decodes a packet. Returns an empty packet, which no decoder accepts, if that is not possible.
fn undo(packet: &[u8], encodings: &[Step], most: u64) -> Vec<u8> {
    let mut packet = packet.to_vec();
    for encoding in encodings {
        packet = match encoding {
            Step::Zlib => inflate(&packet, most).unwrap_or_default(),
            Step::Stripped(first) => [first, &packet[..]].concat(),
            Step::Other(_) => packet,
        };
    }
    packet
}

fn inflate(packet: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let len = ZlibDecoder::new(packet).take(most + 1).read_to_end(&mut whole).ok()?;
    (len as u64 <= most).then_some(whole)
}

impl FormatReader for Decompressed<'_> {
    fn format_info(&self) -> &FormatInfo {
        self.inner.format_info()
    }

    fn media_info(&self) -> &MediaInfo {
        self.inner.media_info()
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.inner.metadata()
    }

    fn seek(&mut self, mode: SeekMode, to: SeekTo) -> Result<SeekedTo> {
        self.inner.seek(mode, to)
    }

    fn tracks(&self) -> &[Track] {
        self.inner.tracks()
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let mut packet = self.inner.next_packet()?;
        if let Some(packet) = &mut packet
            && let Some(encodings) = self.encodings.get(&packet.track_id)
        {
            packet.data = undo(&packet.data, encodings, self.most).into();
        }
        Ok(packet)
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.inner.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::ZlibEncoder;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packets_are_what_they_were() {
        let steps = [Step::Zlib, Step::Stripped(b"Og".into())];
        assert_eq!(undo(&deflated(b"gS and more"), &steps, 100), b"OggS and more");
    }

    #[test]
    fn a_packet_that_grows_without_end_or_is_broken_is_empty() {
        let bomb = deflated(&vec![0; 1 << 20]);
        assert!(bomb.len() < 2000);
        assert!(undo(&bomb, &[Step::Zlib], 1 << 19).is_empty());
        assert_eq!(undo(&bomb, &[Step::Zlib], 1 << 20).len(), 1 << 20);
        assert!(undo(&bomb[..50], &[Step::Zlib], 1 << 20).is_empty());
        assert!(undo(b"nothing", &[Step::Zlib], 100).is_empty());
    }
}

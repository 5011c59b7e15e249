//! Audio that continues after the end of a stream: chained Ogg, joined files, changes of the
//! format.

use enhancer_networks::panics::contain;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::formats::TrackType;

use super::adapt::Adapter;
use super::codec::Opened;
use super::open::unit;
use super::{MOST_STREAMS, MediaReader, codec, footprint};
use crate::audio::AudioFormat;
use crate::error::Result;
use crate::warning::WarningCode;

impl MediaReader<'_> {
    /// Continues with the stream that begins where another one has ended. Returns whether there is
    /// one that can be decoded.
    pub(super) fn follow_stream(&mut self) -> Result<bool> {
        self.more_streams += 1;
        if self.more_streams > MOST_STREAMS {
            return Ok(false);
        }
        // The demuxer would keep the comments of all streams.
        self.demuxer.metadata().skip_to_latest();
        let Some(track) = self.demuxer.default_track(TrackType::Audio).cloned() else {
            return Ok(false);
        };
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Ok(false);
        };
        if footprint::bytes(parameters) > self.limits.decoder_memory {
            return Ok(false);
        }
        let container = self.format.container;
        let Ok(Opened { decoder, pre_skip }) =
            contain(|| codec::open(parameters, container)).flatten()
        else {
            return Ok(false);
        };
        self.end_stream()?;
        self.decoder = decoder;
        self.track = track.id;
        self.unit = unit(&track, self.format.sample_rate);
        self.skip = pre_skip;
        self.next = None;
        Ok(true)
    }

    /// Ends the current stream: drops its padding, and adds the samples that the rate conversion
    /// holds back.
    pub(super) fn end_stream(&mut self) -> Result<()> {
        // Not all of it can be padding, except for the packet of a file without samples.
        let is_empty = self.len == Some(0) && self.made <= self.usual as u64;
        if self.tail < self.made || is_empty {
            self.made -= self.ready.drop_end(self.tail);
        }
        self.tail = 0;
        self.end_adapter()
    }

    /// Converts the block to the format of the first stream.
    pub(super) fn adapt(&mut self) -> Result<()> {
        let (rate, channels) = (self.format.sample_rate, usize::from(self.format.channels));
        if self.adapter.as_ref().is_some_and(|adapter| !adapter.fits(&self.block)) {
            self.end_adapter()?;
        }
        let (from_rate, from_channels) = (self.block.sample_rate, self.block.planes.len());
        if (from_rate, from_channels) == (rate, channels) {
            return Ok(());
        }
        if self.adapter.is_none() {
            let channels = u16::try_from(from_channels).unwrap_or(u16::MAX);
            self.limits.check(from_rate, channels)?;
            let from = AudioFormat { sample_rate: from_rate, channels, ..self.format };
            let adapter = Adapter::new(&from, &self.format)?;
            // Only the first change is noted.
            if !self.notes.iter().any(|note| note.code == WarningCode::FormatChanges) {
                self.notes.push(adapter.note(self.seconds(self.made)));
            }
            self.adapter = Some(adapter);
        }
        match &mut self.adapter {
            Some(adapter) => adapter.convert(&mut self.block),
            None => Ok(()),
        }
    }

    fn end_adapter(&mut self) -> Result<()> {
        if let Some(adapter) = self.adapter.take() {
            let rest = adapter.finish()?;
            self.made += rest.first().map_or(0, Vec::len) as u64;
            self.ready.push(rest);
        }
        Ok(())
    }
}

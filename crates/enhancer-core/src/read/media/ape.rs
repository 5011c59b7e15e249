//! APE tags at the end of some MP3 files (the Hydrogenaudio wiki, "APEv2 specification"). symphonia
//! reads them, and keeps everything that it reads in memory.

use symphonia::core::errors::Result;
use symphonia::core::formats::probe::{ProbeMetadataData, ProbeableMetadata, Score, Scoreable};
use symphonia::core::io::{MediaSourceStream, ReadBytes, ScopedStream};
use symphonia::core::meta::{MetadataBuffer, MetadataInfo, MetadataOptions, MetadataReader};
use symphonia::default::meta::ApeReader;

use crate::tags::MAX_ENTRIES;

/// The maximum size of a tag in bytes. One text may be a list with as many texts as it has bytes.
const MOST_BYTES: u32 = 2 << 20;

/// symphonia's reader, for tags within these limits.
pub(super) struct BoundedApe<'s>(Box<ApeReader<'s>>);

impl Scoreable for BoundedApe<'_> {
    fn score(mut tag: ScopedStream<&mut MediaSourceStream<'_>>) -> Result<Score> {
        // Skips a mark and a version.
        tag.ignore_bytes(12)?;
        let (size, items) = (tag.read_u32()?, tag.read_u32()?);
        if size > MOST_BYTES || items as usize > MAX_ENTRIES {
            return Ok(Score::Unsupported);
        }
        Ok(Score::Supported(u8::MAX))
    }
}

impl ProbeableMetadata<'_> for BoundedApe<'_> {
    fn try_probe_new(
        stream: MediaSourceStream<'_>,
        options: MetadataOptions,
    ) -> Result<Box<dyn MetadataReader + '_>> {
        Ok(Box::new(BoundedApe(Box::new(ApeReader::try_new(stream, options)?))))
    }

    fn probe_data() -> &'static [ProbeMetadataData] {
        ApeReader::probe_data()
    }
}

impl MetadataReader for BoundedApe<'_> {
    fn metadata_info(&self) -> &MetadataInfo {
        self.0.metadata_info()
    }

    fn read_all(&mut self) -> Result<MetadataBuffer> {
        self.0.read_all()
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.0.into_inner()
    }
}

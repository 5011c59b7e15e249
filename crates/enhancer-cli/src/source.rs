//! Opening the recordings to enhance.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, anyhow};
use enhancer_core::{AudioFormat, AudioReader, CancelToken, OpenOptions, SampleFormat, open};

use crate::failure::{Failure, Side};
use crate::jobs;
use crate::limits::LimitArgs;

/// How raw samples are stored: the file itself does not say.
#[derive(clap::Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct SourceArgs {
    /// Read every source as raw samples of this format, whatever its extension [default
    /// for .raw files: f32le]
    #[arg(long, value_name = "f32le|s16le|s24le|s32le")]
    source_format: Option<SampleFormat>,

    /// Sample rate of raw sources in Hz
    #[arg(long, value_name = "HZ", default_value_t = 48_000)]
    source_sample_rate: u32,

    /// Number of channels of raw sources
    #[arg(long, value_name = "N", default_value_t = 1)]
    source_channels: u16,

    /// Reject damaged sources; without this, the readable part is enhanced, with a warning
    /// that says where the damage is
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

impl SourceArgs {
    /// Opens a reader for the file. Opening and reading end once `cancel` is cancelled.
    pub(crate) fn open(
        &self,
        source: &Path,
        cancel: CancelToken,
    ) -> Result<Box<dyn AudioReader>, Failure> {
        let what = || format!("cannot read {}", source.display());
        let cannot = |error| Failure::new(Side::Source, "read", error);
        // Opening a pipe would block until something writes to it, and neither pipes nor
        // devices can be read twice.
        let found = fs::metadata(source).with_context(what).map_err(cannot)?;
        if !found.is_file() {
            return Err(cannot(anyhow!("it is not a regular file").context(what())));
        }
        let file = File::open(source).with_context(what).map_err(cannot)?;
        let limits = self.limits.limits();
        let (raw, strict) = (self.raw_format(source), self.strict);
        let options = OpenOptions { raw, limits, strict, cancel };
        open(file, &options).map_err(|error| Failure::of_core(Side::Source, error, what()))
    }

    /// How the samples of a raw source are stored; `None` for other sources.
    fn raw_format(&self, source: &Path) -> Option<AudioFormat> {
        let by_name = jobs::has_extension(source, "raw").then_some(SampleFormat::F32le);
        let sample_format = self.source_format.or(by_name)?;
        Some(AudioFormat::raw(sample_format, self.source_sample_rate, self.source_channels))
    }
}

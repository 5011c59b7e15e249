//! Opening the recordings to enhance.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, anyhow};
use enhancer_core::{EnhanceOptions, RawFormat, SampleFormat};

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
    /// Sets the options that are the same for every source.
    pub(crate) fn apply_to(&self, options: &mut EnhanceOptions) {
        options.strict = self.strict;
        options.limits = self.limits.limits();
    }

    /// How the samples of a raw source are stored; `None` for other sources.
    pub(crate) fn raw_format(&self, source: &Path) -> Option<RawFormat> {
        let by_name = jobs::has_extension(source, "raw").then_some(SampleFormat::F32le);
        let sample_format = self.source_format.or(by_name)?;
        let (sample_rate, channels) = (self.source_sample_rate, self.source_channels);
        Some(RawFormat { sample_format, sample_rate, channels })
    }
}

/// Opens a file for reading.
pub(crate) fn open(source: &Path) -> Result<File, Failure> {
    let what = || format!("cannot read {}", source.display());
    let cannot = |error| Failure::new(Side::Source, "read", error);
    // Opening a pipe would block until something writes to it, and neither pipes nor
    // devices can be read twice.
    let found = fs::metadata(source).with_context(what).map_err(cannot)?;
    if !found.is_file() {
        return Err(cannot(anyhow!("it is not a regular file").context(what())));
    }
    File::open(source).with_context(what).map_err(cannot)
}

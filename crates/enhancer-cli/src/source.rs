//! Opening the recordings to enhance.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek};
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use enhancer_core::{ErrorCode, ErrorKind, RawFormat, SampleFormat};

use crate::failure::{Failure, Side};
use crate::{commands, jobs, streams};

/// How sources are found and read.
#[derive(clap::Args)]
#[command(next_help_heading = "Sources")]
pub(crate) struct SourceArgs {
    /// Enhance the recordings in folders and their subfolders too. Results of earlier runs
    /// (NAME.enhanced.EXTENSION) and hidden files are left out
    #[arg(short = 'r', long)]
    pub(crate) recursive: bool,

    #[command(flatten)]
    pub(crate) reading: ReadArgs,
}

/// How a source is read.
#[derive(clap::Args)]
#[command(next_help_heading = "Sources")]
pub(crate) struct ReadArgs {
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

    /// Read this audio track of the source, counted from 1 [default: the default track, or
    /// else the first that can be read]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) track: Option<u32>,

    /// Reject damaged sources; without this, the readable part is enhanced, with a warning that
    /// says where the damage is
    #[arg(long)]
    pub(crate) strict: bool,
}

impl ReadArgs {
    /// How the samples of a raw source are stored; `None` for other sources.
    pub(crate) fn raw_format(&self, source: &Path) -> Option<RawFormat> {
        let by_name = jobs::has_extension(source, "raw").then_some(SampleFormat::F32le);
        let sample_format = self.source_format.or(by_name)?;
        let (sample_rate, channels) = (self.source_sample_rate, self.source_channels);
        Some(RawFormat::new(sample_format, sample_rate, channels))
    }
}

/// Opens a source for reading. Decoders need to seek, so a pipe is first copied to a
/// temporary file, up to `max_pipe_bytes`.
pub(crate) fn open(source: &Path, max_pipe_bytes: u64) -> Result<File, Failure> {
    let opened = if streams::is_standard_input(source) {
        open_standard_input(max_pipe_bytes)
    } else {
        open_path(source, max_pipe_bytes)
    };
    opened.with_context(|| format!("cannot read {}", streams::source_name(source))).map_err(
        |error| {
            let code = error.downcast_ref().map_or(ErrorCode::Read, enhancer_core::Error::code);
            Failure::new(Side::Source, code, error)
        },
    )
}

fn open_standard_input(max_bytes: u64) -> anyhow::Result<File> {
    let stdin = io::stdin().lock();
    ensure!(!stdin.is_terminal(), "it is a terminal; redirect a file or a pipe to it");
    spool(stdin, max_bytes)
}

fn open_path(source: &Path, max_pipe_bytes: u64) -> anyhow::Result<File> {
    let found = fs::metadata(source).map_err(|error| with_tip(error, source))?;
    ensure!(!found.is_dir(), "it is a folder; `enhancer -r` enhances the recordings in it");
    let is_pipe = streams::is_pipe(&found);
    ensure!(is_pipe || found.is_file(), "it is a device, not a file or a pipe");
    let file = File::open(source)?;
    if is_pipe { spool(file, max_pipe_bytes) } else { Ok(file) }
}

/// Copies a stream to a file without a name, which disappears when it is closed.
fn spool(stream: impl Read, max_bytes: u64) -> anyhow::Result<File> {
    let mut file = tempfile::tempfile().context("cannot create a temporary file")?;
    let copied = io::copy(&mut stream.take(max_bytes.saturating_add(1)), &mut file)
        .context("cannot copy it to a temporary file")?;
    if copied > max_bytes {
        let limit = "the number of bytes in the pipe (--max-pipe-bytes)";
        let exceeded = ErrorKind::LimitExceeded { limit, allowed: max_bytes, actual: copied };
        return Err(enhancer_core::Error::from(exceeded).into());
    }
    file.rewind()?;
    Ok(file)
}

/// A file that does not exist may be a mistyped command.
fn with_tip(error: io::Error, source: &Path) -> anyhow::Error {
    let command = (error.kind() == io::ErrorKind::NotFound)
        .then(|| commands::similar(source.as_os_str()))
        .flatten();
    match command {
        Some(command) => anyhow!("{error}; did you mean the command `enhancer {command}`?"),
        None => error.into(),
    }
}

//! How audio is enhanced.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use enhancer_core::Limits;
use enhancer_http::LEAST_RAW_RATE;

const RAW_RATES: RangeInclusive<i64> = LEAST_RAW_RATE as i64..=Limits::SAMPLE_RATE as i64;

/// How audio is enhanced.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Enhancement")]
pub(crate) struct EnhancementSettings {
    /// Default model for requests that do not name one: a built-in model, a folder with
    /// a model.json, or a .tflite file
    #[arg(
        long,
        env = "TF_MODEL_PATH",
        value_name = "NAME|FOLDER|FILE.tflite",
        default_value = enhancer_models::DEFAULT
    )]
    pub(crate) model: PathBuf,

    /// Sample rate in Hz of raw files whose request does not state one
    #[arg(long, env = "DESIRED_SAMPLE_RATE", value_name = "HZ", default_value_t = 48_000,
          value_parser = clap::value_parser!(u32).range(RAW_RATES))]
    pub(crate) sample_rate: u32,

    /// Number of threads that run a model [default: one for each processor]
    #[arg(long, env = "ENHANCER_WORKERS", value_name = "N")]
    pub(crate) workers: Option<usize>,

    /// Reject recordings longer than this, in seconds
    #[arg(long, env = "ENHANCER_MAX_DURATION", value_name = "SECONDS", default_value_t = 4 * 3600)]
    pub(crate) max_duration: u64,

    /// Reject recordings whose duration in seconds, times the number of channels, is larger
    /// than this: 8 hours of stereo by default
    #[arg(long, env = "ENHANCER_MAX_CHANNEL_SECONDS", value_name = "N", default_value_t = 57_600)]
    pub(crate) max_channel_seconds: u64,

    /// Reject recordings whose result is larger than this, in bytes. Small recordings have a
    /// lower limit: 1000 times their own size, but at least 256 MiB
    #[arg(long, env = "ENHANCER_MAX_RESULT", value_name = "BYTES", default_value_t = 8 << 30)]
    pub(crate) max_result: u64,
}

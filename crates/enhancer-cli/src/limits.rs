//! The options that limit what is accepted.

use enhancer_core::Limits;

#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Reject pipes with more data than this, in bytes; a pipe is copied to a temporary file
    /// before it is read
    #[arg(long, hide_short_help = true, value_name = "BYTES", default_value_t = 4 << 30)]
    pub(crate) max_pipe_bytes: u64,

    /// Reject sources longer than this, in seconds
    #[arg(long, hide_short_help = true, value_name = "SECONDS", default_value_t = Limits::default().duration_seconds)]
    max_duration: u64,

    /// Reject sources with more channels than this
    // The file is the user's own, so by default its number of channels is not limited.
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = u16::MAX)]
    max_channels: u16,

    /// Reject sources with a higher sample rate than this, in Hz
    #[arg(long, hide_short_help = true, value_name = "HZ", default_value_t = Limits::default().sample_rate)]
    max_sample_rate: u32,

    /// Reject files whose header, or a single packet, needs more memory than this, in bytes
    #[arg(long, hide_short_help = true, value_name = "BYTES", default_value_t = Limits::default().decoder_memory)]
    max_decoder_memory: u64,
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits::default()
            .with_channels(self.max_channels)
            .with_sample_rate(self.max_sample_rate)
            .with_duration_seconds(self.max_duration)
            .with_decoder_memory(self.max_decoder_memory)
    }
}

//! The options that bound what is accepted.

use enhancer_core::Limits;

#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Refuse sources that play longer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().duration_seconds)]
    max_duration: u64,

    /// Refuse sources with more channels
    // It is the user's own file: as many channels as it has.
    #[arg(long, value_name = "N", default_value_t = u16::MAX)]
    max_channels: u16,

    /// Refuse sources with a higher sample rate, in Hz
    #[arg(long, value_name = "HZ", default_value_t = Limits::default().sample_rate)]
    max_sample_rate: u32,

    /// Refuse files of plain samples that declare more than so many times their size
    #[arg(long, value_name = "TIMES", default_value_t = Limits::default().declared_ratio)]
    max_declared_ratio: u32,

    /// Refuse files whose head, or one packet, takes more bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().decoder_memory)]
    max_decoder_memory: u64,
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            channels: self.max_channels,
            sample_rate: self.max_sample_rate,
            duration_seconds: self.max_duration,
            declared_ratio: self.max_declared_ratio,
            decoder_memory: self.max_decoder_memory,
        }
    }
}

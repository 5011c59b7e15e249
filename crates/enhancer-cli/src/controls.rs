//! The options that turn the core's controls.

use enhancer_core::{Controls, EnhanceOptions, InputGain, Loudness, Output};

#[derive(clap::Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct ControlArgs {
    /// The most by which noise is attenuated, in dB, 0 or more; the rest of it
    /// stays [default: no limit]
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    attenuation_limit: Option<f32>,

    /// How much of the result is enhanced: 0 is the input, 1 all enhanced
    #[arg(
        long,
        value_name = "0..1",
        default_value_t = Controls::default().mix,
        allow_negative_numbers = true
    )]
    mix: f32,

    /// The gain by which the model hears the input, -60 to 60 dB, undone behind it;
    /// auto raises quiet speech, which models tend to delete [default: auto; 0 with
    /// --exact]
    #[arg(long, value_name = "DB|auto", allow_negative_numbers = true)]
    input_gain: Option<InputGain>,

    /// What is written: the enhanced audio, or what was removed from it
    #[arg(long, value_name = "enhanced|removed", default_value_t = Controls::default().output)]
    output: Output,

    /// The integrated loudness of the result in LUFS (EBU R 128), above -70, at most -5:
    /// -23 in broadcasting, -16 for podcasts; peaks are limited to -1 dBTP [default: as
    /// loud as it comes]
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    loudness: Option<Loudness>,

    /// Attenuate a little further what is still noisy; DeepFilterNet alone has this
    #[arg(long)]
    post_filter: bool,

    /// Run the model strictly hop by hop: slower; the reference for the usual way
    #[arg(long)]
    exact: bool,
}

impl ControlArgs {
    /// Puts them into the options.
    pub(crate) fn apply_to(&self, options: &mut EnhanceOptions) {
        options.attenuation_limit = self.attenuation_limit;
        options.mix = self.mix;
        options.input_gain = self.input_gain;
        options.output = self.output;
        options.loudness = self.loudness;
        options.post_filter = self.post_filter;
        options.exact = self.exact;
    }
}

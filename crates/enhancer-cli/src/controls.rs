//! The options for the core's controls.

use enhancer_core::{Controls, EnhanceOptions, InputGain, Loudness, Output};

#[derive(clap::Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct ControlArgs {
    /// Maximum noise attenuation in dB, 0 or more [default: no limit]
    #[arg(short = 'a', long, value_name = "DB", allow_negative_numbers = true)]
    attenuation_limit: Option<f32>,

    /// Blend of original and enhanced audio, from 0 (original) to 1 (enhanced)
    #[arg(
        long,
        value_name = "0..1",
        default_value_t = Controls::default().mix,
        allow_negative_numbers = true
    )]
    mix: f32,

    /// Gain before the model, -60 to 60 dB, undone after it; auto boosts quiet speech,
    /// which models tend to remove [default: auto; 0 with --exact]
    #[arg(long, value_name = "DB|auto", allow_negative_numbers = true)]
    input_gain: Option<InputGain>,

    /// What to write: the enhanced audio, or only what was removed from it
    #[arg(long, value_name = "enhanced|removed", default_value_t = Controls::default().output)]
    output: Output,

    /// Bring near and far talkers to the same loudness: each turn is raised or lowered by up to 15
    /// dB, pauses are raised only within half a second of raised speech, and peaks are limited to -1
    /// dBTP
    #[arg(long)]
    level: bool,

    /// Normalise the result to this integrated loudness (EBU R 128), in LUFS, above -70
    /// and at most -5: -23 for broadcasting, -16 for podcasts; peaks are limited to
    /// -1 dBTP [default: do not normalise]
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    loudness: Option<Loudness>,

    /// Attenuate the remaining noise a little more; only DeepFilterNet supports this
    #[arg(long)]
    post_filter: bool,

    /// Run the model strictly one hop at a time: slower, a reference for the usual mode
    #[arg(long, hide_short_help = true)]
    exact: bool,
}

impl ControlArgs {
    /// Sets these options.
    pub(crate) fn apply_to(&self, options: &mut EnhanceOptions) {
        options.attenuation_limit = self.attenuation_limit;
        options.mix = self.mix;
        options.input_gain = self.input_gain;
        options.output = self.output;
        options.level = self.level;
        options.loudness = self.loudness;
        options.post_filter = self.post_filter;
        options.exact = self.exact;
    }
}

//! The options for the core's controls.

use enhancer_core::{Controls, InputGain, Loudness, Output};

use crate::failure::{Failure, Side};

#[derive(clap::Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct ControlArgs {
    /// Maximum noise attenuation in dB, 0 or more [default: no limit]
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
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
    /// which models tend to remove
    #[arg(
        long,
        value_name = "DB|auto",
        default_value_t = Controls::default().input_gain,
        allow_negative_numbers = true
    )]
    input_gain: InputGain,

    /// What to write: the enhanced audio, or only what was removed from it
    #[arg(long, value_name = "enhanced|removed", default_value_t = Controls::default().output)]
    output: Output,

    /// Normalise the result to this integrated loudness (EBU R 128), in LUFS, above -70
    /// and at most -5: -23 for broadcasting, -16 for podcasts; peaks are limited to
    /// -1 dBTP [default: do not normalise]
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    pub(crate) loudness: Option<Loudness>,

    /// Attenuate the remaining noise a little more; only DeepFilterNet supports this
    #[arg(long)]
    post_filter: bool,

    /// Run the model strictly one hop at a time: slower, a reference for the usual mode
    #[arg(long)]
    exact: bool,
}

impl ControlArgs {
    /// The controls, all within their ranges.
    pub(crate) fn controls(&self) -> Result<Controls, Failure> {
        let controls = Controls {
            attenuation_limit: self.attenuation_limit,
            mix: self.mix,
            input_gain: self.input_gain,
            output: self.output,
            post_filter: self.post_filter,
            exact: self.exact,
        };
        let checked = controls.check().map(|()| controls);
        checked.map_err(|error| Failure::of_core(Side::Usage, error, "invalid option".into()))
    }
}

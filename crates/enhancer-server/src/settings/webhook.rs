//! How others are told of what is done.

use super::Secret;

/// How others are told of what is done.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Webhooks")]
pub(crate) struct WebhookSettings {
    /// Sign webhooks with this key, as Standard Webhooks has it: whsec_ and the Base64 of
    /// 24 to 64 random bytes
    #[arg(
        long,
        env = "ENHANCER_WEBHOOK_SECRET",
        value_name = "whsec_BASE64",
        hide_env_values = true
    )]
    pub(crate) webhook_secret: Option<Secret>,

    /// Let webhooks lead to this machine and to private networks [default: true if the
    /// server itself listens on loopback]
    #[arg(long, env = "ENHANCER_WEBHOOK_ALLOW_PRIVATE", value_name = "true|false")]
    pub(crate) webhook_allow_private: Option<bool>,

    /// How often the webhook of a job is tried before it is given up; that of POST
    /// /enhance-file, whose client waits, is tried three times at most
    #[arg(long, env = "ENHANCER_WEBHOOK_ATTEMPTS", value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) webhook_attempts: u32,
}

//! How clients are notified.

use super::Secret;
use crate::webhook::AllowedTarget;

/// How clients are notified.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Webhooks")]
pub(crate) struct WebhookSettings {
    /// Key to sign webhooks with, in the form of Standard Webhooks: whsec_ and the Base64
    /// of 24 to 64 random bytes. Can be repeated: webhooks then have a signature by each key, so
    /// that receivers can change to a new key
    #[arg(
        long,
        env = "ENHANCER_WEBHOOK_SECRET",
        value_name = "whsec_BASE64",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(crate) webhook_secret: Vec<Secret>,

    /// A host name, an address or a network such as 10.0.0.0/8 that webhooks may lead to even
    /// though it is private; can be repeated. Link-local addresses are never allowed
    #[arg(long, env = "ENHANCER_WEBHOOK_ALLOW", value_name = "HOST|CIDR", value_delimiter = ',')]
    pub(crate) webhook_allow: Vec<AllowedTarget>,

    /// Allow webhooks to this machine and to all private networks [default: true if the server
    /// listens on loopback, and no token, --allowed-host or --trusted-proxy is set]
    #[arg(long, env = "ENHANCER_WEBHOOK_ALLOW_PRIVATE", value_name = "true|false")]
    pub(crate) webhook_allow_private: Option<bool>,

    /// Maximum number of attempts to call the webhook of a job; 8 attempts take a day and a half.
    /// The client of POST /enhance-file waits, so its webhook is called at most three times
    #[arg(long, env = "ENHANCER_WEBHOOK_ATTEMPTS", value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) webhook_attempts: u32,
}

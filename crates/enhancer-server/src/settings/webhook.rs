//! How clients are notified.

use std::net::IpAddr;
use std::str::FromStr;

use super::Secret;
use crate::network::Network;

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

/// An allowed target of webhooks outside the public internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowedTarget {
    /// Any address of this host name.
    Name(String),
    Network(Network),
}

impl FromStr for AllowedTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<AllowedTarget, String> {
        let is_part = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let is_name = text.split('.').all(|part| !part.is_empty() && is_part(part));
        match text.parse() {
            Ok(network) => Ok(AllowedTarget::Network(network)),
            Err(_) if is_name => Ok(AllowedTarget::Name(text.to_owned())),
            Err(expected) => Err(format!("{expected}, or a host name")),
        }
    }
}

impl AllowedTarget {
    /// Whether it allows an address that a name leads to.
    pub(crate) fn allows(&self, name: &str, address: IpAddr) -> bool {
        match self {
            AllowedTarget::Name(allowed) => allowed.eq_ignore_ascii_case(name),
            AllowedTarget::Network(network) => network.contains(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_names_addresses_and_networks() {
        let target = |text: &str| text.parse::<AllowedTarget>();
        let allows = |text: &str, name: &str, address: &str| {
            target(text).unwrap().allows(name, address.parse().unwrap())
        };
        assert!(allows("hooks.internal", "Hooks.Internal", "10.0.0.1"));
        assert!(!allows("hooks.internal", "a.hooks.internal", "10.0.0.1"));
        assert!(allows("10.1.0.0/16", "x", "10.1.255.255"));
        assert!(!allows("10.1.0.0/16", "x", "10.2.0.0"));
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/x", "a b", "a..b", "http://a"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}

//! Where the server listens.

use std::net::IpAddr;

/// Where the server listens.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Listening")]
pub(crate) struct ListenSettings {
    /// IP address to listen on; any address except loopback admits other machines
    #[arg(long, env = "APP_INTERFACE", value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) interface: IpAddr,

    /// Port to listen on; 0 selects a free one, which the first line of output contains
    #[arg(long, env = "APP_PORT", value_name = "PORT", default_value_t = 8080)]
    pub(crate) port: u16,
}

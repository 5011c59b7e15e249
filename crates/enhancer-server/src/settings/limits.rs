//! What the server accepts from its clients.

use std::num::NonZeroU32;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::value_parser;

use crate::network::Network;

/// The upper limit of all durations: a day.
const LONGEST: u64 = 86_400;

/// What the server accepts from its clients.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitSettings {
    /// Reject request bodies larger than this, in bytes
    #[arg(long, env = "ENHANCER_MAX_BODY", value_name = "BYTES", default_value_t = 2 << 30,
          value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_body: u64,

    /// Reject a request if its body stalls for this long, in seconds
    #[arg(long, env = "ENHANCER_BODY_TIMEOUT", value_name = "SECONDS", default_value_t = 30,
          value_parser = value_parser!(u64).range(1..=LONGEST))]
    pub(crate) body_timeout: u64,

    /// Reject a request if its body is slower than this on average, in bytes per second; a client
    /// has --body-timeout on top of that. 0 accepts any rate
    #[arg(long, env = "ENHANCER_MIN_UPLOAD_RATE", value_name = "BYTES", default_value_t = 1024)]
    pub(crate) min_upload_rate: u64,

    /// Close a connection if the client reads nothing of a response for this long, in seconds
    #[arg(long, env = "ENHANCER_WRITE_TIMEOUT", value_name = "SECONDS", default_value_t = 60,
          value_parser = value_parser!(u64).range(1..=LONGEST))]
    pub(crate) write_timeout: u64,

    /// Maximum number of recordings enhanced at once [default: two for each processor, at
    /// least 4]
    #[arg(long, env = "ENHANCER_MAX_SESSIONS", value_name = "N")]
    pub(crate) max_sessions: Option<NonZeroU32>,

    /// Maximum number of recordings of one client enhanced at once; a client is identified by its
    /// token, or else by its address. Further ones wait [default: all but one]
    #[arg(long, env = "ENHANCER_MAX_CLIENT_SESSIONS", value_name = "N")]
    pub(crate) max_client_sessions: Option<NonZeroU32>,

    /// Maximum number of requests that wait for their turn; one client can have three quarters of
    /// them. Further ones are rejected
    #[arg(long, env = "ENHANCER_MAX_WAITING", value_name = "N", default_value_t = 64)]
    pub(crate) max_waiting: usize,

    /// How long a request waits for its turn, in seconds
    #[arg(long, env = "ENHANCER_MAX_WAIT", value_name = "SECONDS", default_value_t = 30,
          value_parser = value_parser!(u64).range(0..=LONGEST))]
    pub(crate) max_wait: u64,

    /// Maximum number of connections; a few further ones are answered with 503, except for the
    /// health routes
    #[arg(long, env = "ENHANCER_MAX_CONNECTIONS", value_name = "N", default_value = "1024")]
    pub(crate) max_connections: NonZeroU32,

    /// Maximum number of connections from one client; further ones are closed. A trusted proxy
    /// may have more
    #[arg(long, env = "ENHANCER_MAX_CLIENT_CONNECTIONS", value_name = "N", default_value = "256")]
    pub(crate) max_client_connections: NonZeroU32,

    /// Maximum number of requests per second from one client; bursts can be four times as
    /// large
    #[arg(long, env = "ENHANCER_RATE_LIMIT", value_name = "N", default_value = "50")]
    pub(crate) rate_limit: NonZeroU32,

    /// Address or network of a proxy whose X-Forwarded-For names the client, such as 10.0.0.0/8;
    /// can be repeated. All requests of any other proxy count as requests of one client
    #[arg(long, env = "ENHANCER_TRUSTED_PROXIES", value_name = "IP|CIDR", value_delimiter = ',')]
    pub(crate) trusted_proxy: Vec<Network>,

    /// How long running requests and jobs may continue at shutdown, in seconds
    #[arg(long, env = "ENHANCER_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value_t = 25,
          value_parser = value_parser!(u64).range(0..=LONGEST))]
    pub(crate) shutdown_timeout: u64,
}

impl LimitSettings {
    /// Maximum number of recordings enhanced at once.
    pub(crate) fn max_sessions(&self) -> usize {
        let by_processors = || (2 * available_parallelism().map_or(1, usize::from)).max(4);
        self.max_sessions.map_or_else(by_processors, |count| count.get() as usize)
    }

    /// Maximum number of recordings of one client enhanced at once.
    pub(crate) fn max_client_sessions(&self) -> usize {
        let all_but_one = || self.max_sessions().saturating_sub(1).max(1);
        self.max_client_sessions.map_or_else(all_but_one, |count| count.get() as usize)
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout)
    }

    /// How long a client may take to send this many bytes of a body and the next ones.
    pub(crate) fn upload_time(&self, bytes: u64) -> Duration {
        let at_rate = bytes.checked_div(self.min_upload_rate).unwrap_or(u64::MAX);
        self.body_timeout().saturating_add(Duration::from_secs(at_rate))
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout)
    }

    pub(crate) fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout)
    }
}

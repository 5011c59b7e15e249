//! How many requests each client sends.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// The size of a burst, in seconds of the rate.
const BURST: u32 = 4;

/// Counts the requests of each client.
#[derive(Debug)]
pub(crate) struct Rate {
    clients: DefaultKeyedRateLimiter<IpAddr>,
    pub(crate) per_second: NonZeroU32,
}

impl Rate {
    pub(crate) fn new(per_second: NonZeroU32) -> Rate {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Rate { clients: RateLimiter::keyed(quota), per_second }
    }

    /// Forgets clients that have sent no request for a while.
    pub(crate) fn forget(&self) {
        self.clients.retain_recent();
        self.clients.shrink_to_fit();
    }

    /// How long a client has to wait, if it has to.
    pub(crate) fn wait(&self, client: IpAddr) -> Option<Duration> {
        let refused = self.clients.check_key(&client).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()))
    }
}

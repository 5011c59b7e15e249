//! The rate limit of each client.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Peer;
use crate::app::App;
use crate::page::Page;
use crate::problem::{Problem, ProblemCode};

/// Of a burst, in seconds of the rate.
const BURST: u32 = 4;

/// Counts the requests of each client.
#[derive(Debug)]
pub(crate) struct Rate {
    clients: DefaultKeyedRateLimiter<IpAddr>,
    per_second: NonZeroU32,
}

impl Rate {
    pub(crate) fn new(per_second: NonZeroU32) -> Rate {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Rate { clients: RateLimiter::keyed(quota), per_second }
    }

    /// Forgets clients that have not asked for a while.
    pub(crate) fn forget(&self) {
        self.clients.retain_recent();
        self.clients.shrink_to_fit();
    }

    /// How long a client has to wait, if it has to.
    fn wait(&self, client: IpAddr) -> Option<Duration> {
        let refused = self.clients.check_key(&client).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()))
    }
}

/// Rejects clients that send too many requests. The health routes and the page, which needs
/// dozens of requests, are exempt, except for files that the page does not have.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let of_page = app.page.is_some() && Page::is_meant(&request);
    let exempt = of_page || matches!(request.uri().path(), "/healthz" | "/readyz");
    let peer = request.extensions().get::<Peer>().copied();
    let wait = || peer.and_then(|peer| app.rate.wait(client(peer.0)));
    if !exempt {
        return match wait() {
            Some(wait) => limited(&app, wait),
            None => next.run(request).await,
        };
    }
    let response = next.run(request).await;
    // The page does not ask for what it does not have.
    match of_page && response.status() == StatusCode::NOT_FOUND {
        true => wait().map_or(response, |wait| limited(&app, wait)),
        false => response,
    }
}

fn limited(app: &App, wait: Duration) -> Response {
    let detail = format!("more than {} requests per second from one client", app.rate.per_second);
    let seconds = wait.as_secs() + 1;
    Problem::new(ProblemCode::RateLimited, detail).retry_after(seconds).into_response()
}

/// One client has all of an IPv6 /64.
pub(crate) fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

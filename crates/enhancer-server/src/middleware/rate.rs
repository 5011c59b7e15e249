//! The rate limit of each client.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::client::{Peer, client};
use crate::page::Page;
use crate::problem::{Problem, ProblemCode};
use crate::state::App;

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
    // The page itself never requests a file that does not exist.
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

//! Middleware for all requests, from the outside in: logging and metrics, security headers,
//! panics as problems, cross-origin rules, the check of host and origin, the rate limit and
//! tokens.

mod access;
mod observe;
mod origin;
mod rate;
mod secure;

use axum::Router;
use axum::http::{HeaderName, Method};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::problem::Problem;
use crate::state::App;

/// Puts the middleware around the routes. The last layer is the outermost.
pub(crate) fn around(routes: Router, app: &App) -> Router {
    routes
        .layer(from_fn_with_state(app.clone(), access::check))
        .layer(from_fn_with_state(app.clone(), rate::check))
        .layer(from_fn_with_state(app.clone(), origin::check))
        .layer(cors(app))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(secure::add_headers))
        .layer(from_fn(observe::observe))
}

/// Headers that pages of other origins may send.
const REQUEST_HEADERS: [&str; 5] =
    ["authorization", "content-type", "idempotency-key", "last-event-id", "x-request-id"];

/// Headers that pages of other origins may read.
const RESPONSE_HEADERS: [&str; 11] = [
    "content-disposition",
    "enhancer-duration-seconds",
    "enhancer-elapsed-seconds",
    "enhancer-model",
    "enhancer-score",
    "enhancer-session-id",
    "enhancer-warning",
    "location",
    "retry-after",
    "server-timing",
    "x-request-id",
];

/// Allows requests of pages from other origins, if any are set.
fn cors(app: &App) -> CorsLayer {
    let allowed = &app.access.cors_origin;
    if allowed.is_empty() {
        return CorsLayer::new();
    }
    let any = allowed.iter().any(|origin| origin == "*");
    let origins = if any { AllowOrigin::from(Any) } else { AllowOrigin::list(allowed.clone()) };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers(RESPONSE_HEADERS.map(HeaderName::from_static))
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(said.unwrap_or("a handler panicked")).into_response()
}

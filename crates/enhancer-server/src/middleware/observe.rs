//! One line of log and one measurement for each request, with its id.

use std::mem;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};
use tracing::{Instrument, Span, info, info_span};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is accepted from a client.
const MAX_ID: usize = 128;
/// The maximum length of a path in the log, in bytes. Without a limit, long paths could fill the
/// disk.
const MAX_PATH: usize = 256;

pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>();
    // The route and not the path: a path could be anything, and each would become a separate time
    // series.
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let path = cut(request.uri().path());
    let span = info_span!("request", id = %id.to_str().unwrap_or_default(), %method, path);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut observed = Observed { started: Instant::now(), span, method, route, status: None };
    let mut response = next.run(request).instrument(observed.span.clone()).await;
    observed.status = Some(response.status());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// A running request. It is logged on drop, because the client may disconnect before the
/// response.
struct Observed {
    started: Instant,
    span: Span,
    method: Method,
    route: String,
    status: Option<StatusCode>,
}

impl Drop for Observed {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let milliseconds = (seconds * 1e3) as u64;
        self.span.in_scope(|| match self.status {
            Some(status) => info!(status = status.as_u16(), milliseconds, "request finished"),
            None => info!(milliseconds, "client disconnected"),
        });
        let status = self.status.map_or("none".into(), |status| status.as_u16().to_string());
        let labels = [
            ("method", known(self.method.as_str()).to_owned()),
            ("route", mem::take(&mut self.route)),
            ("status", status),
        ];
        counter!("enhancer_http_requests_total", &labels).increment(1);
        histogram!("enhancer_http_request_duration_seconds", &labels).record(seconds);
    }
}

/// The path for the log, shortened. Clients can also send characters that are not ASCII.
fn cut(path: &str) -> String {
    match path.floor_char_boundary(MAX_PATH) {
        whole if whole == path.len() => path.to_owned(),
        end => format!("{}…", &path[..end]),
    }
}

/// The client's own request id if it can go into a log, otherwise a new one.
fn id_of(request: &Request) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        (1..=MAX_ID).contains(&bytes.len()) && bytes.iter().all(fits)
    };
    let made = || HeaderValue::from_str(&Uuid::now_v7().to_string());
    match request.headers().get(REQUEST_ID).filter(sane) {
        Some(id) => id.clone(),
        None => made().unwrap_or(HeaderValue::from_static("none")),
    }
}

/// The method for metrics. A client may send any word, so unknown methods share one name.
fn known(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "DELETE" | "OPTIONS" | "PUT" | "PATCH" => method,
        _ => "other",
    }
}

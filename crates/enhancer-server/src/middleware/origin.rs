//! Requests that a foreign web page makes a browser send.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

/// Rejects requests of pages from other origins, unless these are allowed. Also rejects requests
/// with foreign host names, to prevent DNS rebinding.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    match check_host(&app, &request).and_then(|()| check_origin(&app, &request)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_host(app: &App, request: &Request) -> Result<()> {
    // Orchestrators use any address.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return Ok(());
    }
    let Some(host) = host(request) else {
        // HTTP/1.1 requires the header, so a request without it is not from a browser.
        return match request.headers().get(header::HOST) {
            Some(host) => Err(misdirected(&String::from_utf8_lossy(host.as_bytes()))),
            None => Ok(()),
        };
    };
    let name = host.host().trim_matches(['[', ']']);
    if is_ours(app, name) { Ok(()) } else { Err(misdirected(name)) }
}

/// Whether `name` is an allowed name of the server. A page cannot make a browser send a token, so
/// if one is needed, any name is allowed, unless names are set.
fn is_ours(app: &App, name: &str) -> bool {
    let access = &app.access;
    let is = |own: &str| own.eq_ignore_ascii_case(name);
    if is("localhost") || access.allowed_host.iter().any(|allowed| is(allowed)) {
        return true;
    }
    let address: Option<IpAddr> = name.parse().ok();
    if address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    !app.on_loopback
        && access.allowed_host.is_empty()
        && (access.needs_token() || address.is_some() || is(&machine_name()))
}

/// The name of this machine; empty if it is not known.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    name.map(|name| name.trim().to_owned()).unwrap_or_default()
}

fn misdirected(name: &str) -> Problem {
    let detail = format!(
        "{name:?} is not a name of this server; use its address, or allow the name with \
         --allowed-host"
    );
    Problem::new(ProblemCode::Misdirected, detail)
}

fn check_origin(app: &App, request: &Request) -> Result<()> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let of_host = |host: Authority| {
        let origin = origin.to_str().ok()?;
        let (_, authority) = origin.split_once("://")?;
        Some(authority.eq_ignore_ascii_case(host.as_str()))
    };
    let is_own = host(request).and_then(of_host).unwrap_or(false);
    let is_allowed = |allowed: &HeaderValue| allowed == "*" || allowed == origin;
    if is_own || app.access.cors_origin.iter().any(is_allowed) {
        return Ok(());
    }
    let detail = "pages from other origins may not use this server; allow them with --cors-origin";
    Err(Problem::new(ProblemCode::ForeignOrigin, detail))
}

/// The name that the client used for the server.
fn host(request: &Request) -> Option<Authority> {
    let header = request.headers().get(header::HOST);
    let named = header.and_then(|host| host.to_str().ok()?.parse().ok());
    request.uri().authority().cloned().or(named)
}

//! Requests that a foreign web page makes a browser send.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::problem::{Problem, Result};

/// Rejects requests of pages from other origins, unless these are allowed. On loopback it
/// also rejects foreign host names, because of DNS rebinding.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    match check_host(&app, &request).and_then(|()| check_origin(&app, &request)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_host(app: &App, request: &Request) -> Result<()> {
    if !app.on_loopback {
        return Ok(());
    }
    let Some(host) = host(request) else {
        // HTTP/1.1 asks for the header; without it no browser is behind the request.
        return match request.headers().get(header::HOST) {
            Some(host) => Err(misdirected(&String::from_utf8_lossy(host.as_bytes()))),
            None => Ok(()),
        };
    };
    let name = host.host().trim_matches(['[', ']']);
    let is_loopback = name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let is_ours = is_loopback
        || name.eq_ignore_ascii_case("localhost")
        || app.access.allowed_host.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
    if is_ours { Ok(()) } else { Err(misdirected(name)) }
}

fn misdirected(name: &str) -> Problem {
    let detail = format!(
        "the server listens on loopback, and {name:?} is not its name; use localhost, or allow \
         the name with --allowed-host"
    );
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail)
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
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail))
}

/// What the client calls the server.
fn host(request: &Request) -> Option<Authority> {
    let header = request.headers().get(header::HOST);
    let named = header.and_then(|host| host.to_str().ok()?.parse().ok());
    request.uri().authority().cloned().or(named)
}

//! Bearer tokens (RFC 6750).

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::client::{Client, Peer, client};
use crate::page::Page;
use crate::problem::{Problem, ProblemCode};
use crate::settings::{AccessSettings, Token};
use crate::state::App;

/// Paths that need no token: health and documentation.
const OPEN: [&str; 4] = ["/", "/healthz", "/readyz", "/openapi.json"];

/// Refuses a request without a valid token, if tokens are set. Stores the client in the request.
pub(super) async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let token = token(&app.access, &request).cloned();
    if token.is_none() && app.access.needs_token() && !is_open(&app, &request) {
        return unauthorized();
    }
    let address = request.extensions().get::<Peer>().map(|peer| Client::Address(client(peer.0)));
    if let Some(client) = token.map(Client::Token).or(address) {
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

fn is_open(app: &App, request: &Request) -> bool {
    let path = request.uri().path();
    let of_page = app.page.is_some() && Page::is_meant(request);
    of_page || OPEN.contains(&path) || path == "/docs" || path.starts_with("/docs/")
}

fn unauthorized() -> Response {
    let detail = "a valid token is required; send Authorization: Bearer TOKEN";
    let mut response = Problem::new(ProblemCode::Unauthorized, detail).into_response();
    let challenge = HeaderValue::from_static("Bearer realm=\"enhancer\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// The valid token of a request.
fn token<'a>(access: &'a AccessSettings, request: &Request) -> Option<&'a Token> {
    let given = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = given.split_at_checked(7)?;
    let given = Token::hash(token.trim_ascii());
    // All tokens are compared, so that the time does not reveal which one matches.
    let is_given = |token: &&Token| bool::from(token.bytes().ct_eq(&given));
    let found: Vec<_> = access.tokens().filter(is_given).collect();
    found.first().copied().filter(|_| scheme.eq_ignore_ascii_case(b"bearer "))
}

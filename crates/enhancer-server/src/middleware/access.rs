//! Bearer tokens (RFC 6750).

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::{Choice, ConstantTimeEq};

use crate::app::App;
use crate::page::Page;
use crate::problem::Problem;
use crate::settings::Token;

/// What anybody may ask for: whether the server lives, and how it is used.
const OPEN: [&str; 4] = ["/", "/healthz", "/readyz", "/openapi.json"];

/// Refuses a request without a valid token, if tokens are set.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let of_page = app.page.is_some() && Page::is_meant(&request);
    let open = of_page || OPEN.contains(&path) || path == "/docs" || path.starts_with("/docs/");
    let tokens = &app.access.auth_token;
    if tokens.is_empty() || open || is_valid(tokens, &request) {
        return next.run(request).await;
    }
    let detail = "a valid token is required; send Authorization: Bearer TOKEN";
    let mut response =
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into_response();
    let challenge = HeaderValue::from_static("Bearer realm=\"enhancer\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn is_valid(tokens: &[Token], request: &Request) -> bool {
    let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((scheme, token)) = given.and_then(|given| given.split_at_checked(7)) else {
        return false;
    };
    let given = Token::hash(token.trim_ascii());
    let equal = |token: &Token| token.bytes().ct_eq(&given);
    // All tokens are compared, so that the time does not reveal which one matches.
    let found = tokens.iter().map(equal).fold(Choice::from(0), |any, one| any | one);
    scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(found)
}

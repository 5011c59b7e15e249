//! Headers that keep browsers safe, and let our pages use threads.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Pages load from and send to this server only.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Swagger UI writes styles into its elements.
const STYLES_INLINE: &str = "; style-src 'self' 'unsafe-inline'";

pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Caches must not keep recordings, results and jobs.
    let is_private = path.starts_with("/jobs") || path.starts_with("/enhance");
    let is_docs = path == "/docs" || path.starts_with("/docs/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    add(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, header::REFERRER_POLICY, "no-referrer");
    add(headers, header::X_FRAME_OPTIONS, "DENY");
    // Cross-origin isolation, without which there are no threads in a browser.
    add(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(headers, HeaderName::from_static("cross-origin-embedder-policy"), "require-corp");
    add(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if is_private {
        add(headers, header::CACHE_CONTROL, "no-store");
    }
    let policy = format!("{POLICY}{}", if is_docs { STYLES_INLINE } else { "" });
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    response
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

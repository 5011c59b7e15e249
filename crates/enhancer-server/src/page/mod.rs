//! The page: the files of one folder, at /. They contain no data, so anybody may read them, without
//! a rate limit. The API that they use is protected as usual.

mod folder;

use std::path::Path;

use anyhow::{Context, ensure};
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

use crate::problem::Problem;
use folder::Folder;

/// The page's content security policy: it loads only its own files. The head of the page has the same
/// policy, from the same file. Only a header can also say who may show the page in a frame.
const POLICY: &str = concat!(include_str!("policy.txt"), "; frame-ancestors 'none'");
// A header must not contain a line break.
const _: () = assert!(!matches!(include_bytes!("policy.txt"), [.., b'\n']));

/// The page may use the microphone if its user agrees; pages in its frames may not.
const PERMISSIONS: &str = "microphone=(self)";

/// Below this path, the name of a file changes with its content.
const HASHED: &str = "/assets/";

/// The files of the page.
#[derive(Clone, Debug)]
pub(crate) struct Page(ServeDir<tower_http::services::fs::DefaultServeDirFallback, Folder>);

impl Page {
    /// Opens the folder.
    ///
    /// # Errors
    /// If there is none, or no index.html in it.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Page> {
        let files = Folder::open(folder)
            .with_context(|| format!("cannot open the folder {}", folder.display()))?;
        ensure!(
            files.has("index.html"),
            "{} has no index.html; use the folder that `make page` builds",
            folder.display()
        );
        // The path has no root: it is relative to the folder, not to the working directory.
        let files = ServeDir::with_backend("", files)
            .redirect_to_trailing_slash(false)
            .precompressed_br()
            .precompressed_gzip();
        Ok(Page(files))
    }

    /// Whether a request is for the page, even for a file that does not exist: it matches no route.
    pub(crate) fn is_meant(request: &Request) -> bool {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        reads && request.extensions().get::<MatchedPath>().is_none()
    }

    /// Answers with a file; `None` if there is no file for that request.
    pub(crate) async fn answer(&self, request: Request) -> Option<Response> {
        if !Page::is_meant(&request) {
            return None;
        }
        let hashed = request.uri().path().starts_with(HASHED);
        let mut response = match self.0.clone().try_call(request).await {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => return None,
            Ok(response) => response.map(Body::new),
            Err(error) if folder::is_not_found(&error) => return None,
            Err(error) => return Some(Problem::internal(error).into_response()),
        };
        let is_current =
            response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        add_headers(response.headers_mut(), hashed && is_current);
        Some(response)
    }
}

/// Adds the headers of all files of the page.
fn add_headers(headers: &mut HeaderMap, hashed: bool) {
    let kept = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    for (name, value) in [
        (header::CACHE_CONTROL, kept),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        // A 304 response also refers to one encoding.
        (header::VARY, "accept-encoding"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

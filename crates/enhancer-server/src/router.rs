//! The routes, their documentation, and the middleware around them.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::{Problem, ProblemCode};
use crate::state::App;
use crate::{docs, middleware, routes};

/// All routes, their documentation at /docs, and the middleware.
///
/// # Errors
/// If the documentation cannot be written, which would be a bug.
pub(crate) fn router(app: App) -> serde_json::Result<Router> {
    let (routes, document) = documented().split_for_parts();
    let docs = docs::router(docs::json(&document)?);
    let first = match &app.page {
        Some(_) => routes,
        None => routes.route("/", get(async || Redirect::to("/docs"))),
    };
    let routes = first
        .fallback(elsewhere)
        .with_state(app.clone())
        .merge(docs)
        .method_not_allowed_fallback(async |method: Method, uri: Uri| wrong_method(&method, &uri))
        // Each route limits its body itself.
        .layer(DefaultBodyLimit::disable());
    Ok(middleware::around(routes, &app))
}

/// The API's OpenAPI document, as `/openapi.json` returns it: indented JSON.
///
/// # Errors
/// If it cannot be written as JSON, which would be a bug.
pub fn openapi() -> serde_json::Result<String> {
    docs::json(&documented().into_openapi())
}

fn documented() -> OpenApiRouter<App> {
    let mut routes = OpenApiRouter::with_openapi(docs::Document::openapi())
        .merge(routes::enhance::router())
        .merge(routes::jobs::router())
        .merge(routes::enhance_file::router())
        .merge(routes::models::router())
        .merge(routes::health::router())
        .merge(routes::metrics::router());
    docs::complete(routes.get_openapi_mut());
    routes
}

/// Answers a request without a route: there may be a file of the page.
async fn elsewhere(State(app): State<App>, request: Request) -> Response {
    let uri = request.uri().clone();
    let file = match &app.page {
        Some(page) => page.answer(request).await,
        None => None,
    };
    file.unwrap_or_else(|| not_found(&uri).into_response())
}

fn not_found(uri: &Uri) -> Problem {
    let detail = format!("{} does not exist; see /docs for all routes", uri.path());
    Problem::new(ProblemCode::NotFound, detail)
}

fn wrong_method(method: &Method, uri: &Uri) -> Problem {
    let detail =
        format!("{} does not support {method}; see /docs for what it supports", uri.path());
    Problem::new(ProblemCode::MethodNotAllowed, detail)
}

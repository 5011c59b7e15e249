//! The router, and the state that its routes share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use enhancer_core::Priority;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::admission::Admission;
use crate::docs;
use crate::enhancement::{Engine, Options};
use crate::files::Files;
use crate::jobs::Jobs;
use crate::middleware::{self, Client, Rate};
use crate::page::Page;
use crate::problem::{Problem, ProblemCode, Result};
use crate::readiness::Readiness;
use crate::routes;
use crate::settings::{AccessSettings, LimitSettings};
use crate::spool::Spool;
use crate::webhook::Webhooks;

/// The state that all routes share.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// See [`App`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    /// The files that requests may name, if they may name any.
    pub(crate) files: Option<Files>,
    pub(crate) webhooks: Arc<Webhooks>,
    /// Work that continues after its client has disconnected.
    pub(crate) unattended: TaskTracker,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) spool: Spool,
    pub(crate) readiness: Readiness,
    pub(crate) admission: Admission,
    pub(crate) rate: Rate,
    pub(crate) access: AccessSettings,
    pub(crate) limits: LimitSettings,
    /// Whether only this machine can reach the server.
    pub(crate) on_loopback: bool,
    /// Whether others than the users of this machine may reach it.
    pub(crate) is_exposed: bool,
    /// The web page at /, if one is served.
    pub(crate) page: Option<Page>,
    pub(crate) metrics: PrometheusHandle,
    /// Cancelled at shutdown: nothing new starts after that.
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> App {
        App(Arc::new(shared))
    }

    /// The options that a client's fields ask for.
    ///
    /// # Errors
    /// Those of [`Options::from_fields`], and 422 if the client may not have the priority.
    pub(crate) fn options(&self, client: &Client, fields: &[(String, String)]) -> Result<Options> {
        let options = Options::from_fields(&self.engine, fields)?;
        if options.enhance.priority == Priority::High && !self.may_be_urgent(client) {
            let detail = "is high, which this client may not use; the server allows it with \
                          --priority-token";
            return Err(Problem::field("priority", detail));
        }
        Ok(options)
    }

    fn may_be_urgent(&self, client: &Client) -> bool {
        match client {
            Client::Token(token) => self.access.priority_token.contains(token),
            Client::Address(_) => !self.is_exposed,
        }
    }

    /// All routes, their documentation at /docs, and the middleware.
    ///
    /// # Errors
    /// If the documentation cannot be written, which would be a bug.
    pub(crate) fn router(self) -> serde_json::Result<Router> {
        let (routes, document) = documented().split_for_parts();
        let docs = docs::router(docs::json(&document)?);
        let first = match &self.page {
            Some(_) => routes,
            None => routes.route("/", get(async || Redirect::to("/docs"))),
        };
        let routes = first
            .fallback(elsewhere)
            .with_state(self.clone())
            .merge(docs)
            .method_not_allowed_fallback(async |method: Method, uri: Uri| {
                wrong_method(&method, &uri)
            })
            // Each route limits its body itself.
            .layer(DefaultBodyLimit::disable());
        Ok(middleware::around(routes, &self))
    }
}

/// The API's OpenAPI document, as `/openapi.json` gives it: indented JSON.
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

/// Where there is no route, there may be a file of the page.
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

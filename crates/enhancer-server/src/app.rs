//! The router, and what its routes share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::admission::Admission;
use crate::enhancement::Engine;
use crate::files::Files;
use crate::jobs::Jobs;
use crate::middleware::{self, Rate};
use crate::page::Page;
use crate::problem::Problem;
use crate::settings::{AccessSettings, LimitSettings};
use crate::spool::Spool;
use crate::webhook::Webhooks;
use crate::{examples, refusals, routes};

/// What the routes share.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// See [`App`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) files: Files,
    pub(crate) webhooks: Arc<Webhooks>,
    /// What goes on though the client that asked for it may be gone.
    pub(crate) unattended: TaskTracker,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) spool: Spool,
    pub(crate) admission: Admission,
    pub(crate) rate: Rate,
    pub(crate) access: AccessSettings,
    pub(crate) limits: LimitSettings,
    /// Whether only this machine can reach the server.
    pub(crate) on_loopback: bool,
    /// What is at /, if it is not the documentation.
    pub(crate) page: Option<Page>,
    pub(crate) metrics: PrometheusHandle,
    /// Cancelled when the server is asked to end: nothing new begins any more.
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Enhancer",
        description = "Removes noise from recordings of speech, on your own machine.\n\n\
            Errors are problems (RFC 9457) with a stable `code`. Every response has an \
            `X-Request-Id`; one that the client sends is kept. If the server has tokens set, \
            all but the health routes, this documentation and the files of the web page need `Authorization: Bearer TOKEN`.",
    ),
    // A server can be anywhere.
    servers((url = "/")),
    tags(
        (name = "enhancement", description = "One recording, one request."),
        (name = "jobs", description = "Recordings that are enhanced in their own time."),
        (name = "operation", description = "For those who run the server."),
    ),
    modifiers(&Tokens),
)]
struct Document;

/// Lets the documentation's try-it send a token.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> App {
        App(Arc::new(shared))
    }

    /// All routes, with their documentation at /docs, and what is around them.
    pub(crate) fn router(self) -> Router {
        let (routes, document) = documented().split_for_parts();
        let docs = SwaggerUi::new("/docs").url("/openapi.json", document);
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
            // The routes bound what they read themselves.
            .layer(DefaultBodyLimit::disable());
        middleware::around(routes, &self)
    }
}

/// The API's OpenAPI document, as `/openapi.json` gives it: indented JSON.
///
/// # Errors
/// If it cannot be written as JSON, which no document of ours should be.
pub fn openapi() -> serde_json::Result<String> {
    documented().into_openapi().to_pretty_json()
}

fn documented() -> OpenApiRouter<App> {
    let mut routes = OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes::enhance::router())
        .merge(routes::jobs::router())
        .merge(routes::enhance_file::router())
        .merge(routes::models::router())
        .merge(routes::health::router())
        .merge(routes::metrics::router());
    refusals::document(routes.get_openapi_mut());
    examples::document(routes.get_openapi_mut());
    routes
}

/// Where no route is there may be a file of the page.
async fn elsewhere(State(app): State<App>, request: Request) -> Response {
    let uri = request.uri().clone();
    let file = match &app.page {
        Some(page) => page.answer(request).await,
        None => None,
    };
    file.unwrap_or_else(|| not_found(&uri).into_response())
}

fn not_found(uri: &Uri) -> Problem {
    let detail = format!("there is nothing at {}; /docs tells what there is", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

fn wrong_method(method: &Method, uri: &Uri) -> Problem {
    let detail = format!("{} does not take {method}; /docs tells what it takes", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

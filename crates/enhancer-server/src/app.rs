//! The router, and what holds for every route.

use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::enhancement::Engine;
use crate::files::Files;
use crate::jobs::Jobs;
use crate::routes;
use crate::webhook::Webhooks;

/// What the routes share.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// See [`App`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    /// Of raw sources whose request tells none, in Hz.
    pub(crate) raw_sample_rate: u32,
    pub(crate) files: Files,
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) jobs: Arc<Jobs>,
    /// Cancelled when the server is to stop.
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
        description = "Removes noise from recordings of speech, on your own machine.",
    ),
    // A server can be anywhere.
    servers((url = "/")),
)]
struct Document;

impl App {
    pub(crate) fn new(shared: Shared) -> App {
        App(Arc::new(shared))
    }

    /// All routes, with their documentation at /docs.
    pub(crate) fn router(self) -> Router {
        let (router, document) = documented().split_for_parts();
        let docs = SwaggerUi::new("/docs").url("/openapi.json", document);
        router.with_state(self).merge(docs)
    }
}

/// The API as OpenAPI tells it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    documented().into_openapi()
}

fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes::enhance_file::router())
        .merge(routes::health::router())
        .merge(routes::jobs::router())
        .merge(routes::models::router())
}

//! `GET /models`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::enhancement::ModelInfo;
use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(models))
}

/// List the models that requests can use.
///
/// The models are not loaded for this.
#[utoipa::path(
    get,
    path = "/models",
    tag = "Enhancement",
    responses((status = 200, description = "All models.", body = Vec<ModelInfo>)),
)]
async fn models(State(app): State<App>) -> Json<Vec<ModelInfo>> {
    Json(app.engine.models())
}

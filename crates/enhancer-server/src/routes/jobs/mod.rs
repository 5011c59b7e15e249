//! `/jobs`: enhancements in the background.

mod cancel;
mod create;
mod events;
mod list;
mod read;
mod redeliver;
mod remove;
mod result;
mod retry;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::client::Client;
use crate::jobs::{Job, JobResource, storage_problem};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_jobs, create::create_job))
        .routes(routes!(read::read_job, remove::delete_job))
        .routes(routes!(cancel::cancel_job))
        .routes(routes!(events::follow_job))
        .routes(routes!(result::read_result))
        .routes(routes!(retry::retry_job))
        .routes(routes!(redeliver::redeliver_job))
}

/// The id in a path, as the client wrote it.
struct Id(String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    /// # Errors
    /// 404 if it is not valid text.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Id(id)).map_err(|_| unknown(parts.uri.path()))
    }
}

/// The job with this id, if the client may use it.
///
/// # Errors
/// 404 if it does not exist, was deleted, or belongs to another token.
async fn find(app: &App, client: &Client, id: &str) -> Result<Job> {
    // A text that is not an id belongs to no job.
    let Ok(id) = id.parse::<Uuid>() else { return Err(unknown(id)) };
    let job = app.jobs.store.visible_job(id).await.map_err(storage_problem)?;
    let may_use = |job: &Job| {
        // If no tokens are needed, clients cannot be distinguished.
        job.client.is_none() || !app.access.needs_token() || job.client == client.name()
    };
    job.filter(may_use).ok_or_else(|| unknown(&id.to_string()))
}

/// A job as clients see it.
async fn resource(app: &App, job: Job) -> Result<JobResource> {
    JobResource::load(&app.jobs.store, job).await.map_err(storage_problem)
}

fn unknown(id: &str) -> Problem {
    let detail =
        format!("the job {id:?} does not exist; jobs are deleted some time after they end");
    Problem::new(ProblemCode::NotFound, detail)
}

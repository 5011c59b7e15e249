//! `GET /jobs`.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use enhancer_http::query_fields;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::resource;
use crate::client::Client;
use crate::jobs::{Cursor, JobResource, State as JobState, storage_problem};
use crate::problem::{FieldError, Problem, ProblemCode, Result};
use crate::state::App;

/// The maximum number of jobs on a page.
const MOST: u16 = 100;

/// Which jobs to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only jobs in this state.
    state: Option<JobState>,
    /// How many jobs to return at most. Default: 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before. Default: the first page.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Some jobs, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    jobs: Vec<JobResource>,
    /// The `cursor` of the next page. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List jobs, the newest first.
///
/// A client with a token gets the jobs of that token. If no token is needed, a client gets all jobs,
/// but only if the server can be reached from its own machine alone.
#[utoipa::path(
    get,
    path = "/jobs",
    tag = "Jobs",
    params(Filter),
    responses(
        (status = 200, description = "A page of jobs.", body = JobList),
        (status = 403, description = "`jobs_not_listed`: other machines can reach the server \
            without a token, so the ids of jobs are secret.",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_value`: invalid fields, all listed in `errors`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_jobs(
    State(app): State<App>,
    client: Client,
    uri: Uri,
) -> Result<Json<JobList>> {
    let owner = owner(&app, &client)?;
    let Filter { state, limit, cursor } = Filter::of_query(&uri)?;
    let limit = usize::from(limit.unwrap_or(50));
    // One more job shows whether there is another page.
    let page = app.jobs.store.page(owner.as_deref(), state, cursor, limit + 1).await;
    let mut page = page.map_err(storage_problem)?;
    let has_next = page.len() > limit;
    page.truncate(limit);
    let last = page.last().filter(|_| has_next);
    let next_cursor = last.map(|job| Cursor::behind(job).to_string());
    let mut jobs = Vec::new();
    for job in page {
        jobs.push(resource(&app, job).await?);
    }
    Ok(Json(JobList { jobs, next_cursor }))
}

/// The owner whose jobs a client may list; `None` for the jobs of all.
///
/// # Errors
/// 403 if other machines could list them.
fn owner(app: &App, client: &Client) -> Result<Option<String>> {
    if app.access.needs_token() {
        return Ok(client.name());
    }
    if app.is_exposed {
        let detail = "the server lists jobs only to clients with a token, since other machines \
                      can reach it; set --auth-token";
        return Err(Problem::new(ProblemCode::JobsNotListed, detail));
    }
    Ok(None)
}

impl Filter {
    /// # Errors
    /// 422 with all invalid fields.
    fn of_query(uri: &Uri) -> Result<Filter> {
        let mut filter = Filter { state: None, limit: None, cursor: None };
        let mut errors = Vec::new();
        let fields = query_fields(uri.query().unwrap_or_default())?;
        for (at, (name, value)) in fields.iter().enumerate() {
            let is_repeated = fields[..at].iter().any(|(earlier, _)| earlier == name);
            let read = match is_repeated {
                true => Err("is given more than once".to_owned()),
                false => filter.read(name, value),
            };
            if let Err(detail) = read {
                errors.push(FieldError::new(name, detail));
            }
        }
        if errors.is_empty() { Ok(filter) } else { Err(Problem::fields(errors)) }
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        let (is_read, expected) = match name {
            "state" => {
                self.state = JobState::try_from(value.to_owned()).ok();
                (self.state.is_some(), "queued, running, succeeded, failed or cancelled")
            }
            "limit" => {
                self.limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                (self.limit.is_some(), "a whole number from 1 to 100")
            }
            "cursor" => {
                self.cursor = value.parse().ok();
                (self.cursor.is_some(), "the next_cursor of a page")
            }
            _ => return Err("is not a known field; expected state, limit or cursor".to_owned()),
        };
        if is_read { Ok(()) } else { Err(format!("is {value:?}, expected {expected}")) }
    }
}

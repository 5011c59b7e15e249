//! `GET /jobs/{id}/events`.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{Id, find};
use crate::client::Client;
use crate::jobs::{Follower, Job, JobResource, State as JobState, TooManyStreams};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

/// How often a comment is sent if nothing happens, so that proxies do not close the stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: &str = "last-event-id";

/// After how many seconds a stream may be free again.
const AGAIN: u64 = 5;

/// The `data` of an event, for the document.
struct JobEvent;

impl PartialSchema for JobEvent {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(ProgressEvent::name()))
            .item(Ref::from_schema_name(JobResource::name()))
            .description(Some(
                "The `data` of an event: the progress of the job, or at its end the whole job.",
            ))
            .into()
    }
}

impl ToSchema for JobEvent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ProgressEvent::name().into(), ProgressEvent::schema()));
        ProgressEvent::schemas(schemas);
    }
}

/// The progress of a job that has not ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobProgress)]
pub(crate) struct ProgressEvent {
    #[schema(inline, value_type = ProgressState)]
    state: JobState,
    /// Progress from 0 to 1.
    #[schema(example = 0.42)]
    progress: f64,
}

/// The state of a job that has not ended.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
enum ProgressState {
    Queued,
    Running,
}

/// Follow a job.
///
/// The stream sends `progress` events with the state and the progress as JSON: one at once,
/// then one for every change:
///
/// ```text
/// event: progress
/// id: 1-0.420
/// data: {"state":"running","progress":0.42}
/// ```
///
/// The last event is `succeeded`, `failed` or `cancelled`, with the
/// whole job as JSON. Then the stream ends. A client that connects after the end also gets
/// this last event. A comment is sent every 15 seconds.
///
/// The stream also ends if the server shuts down or the job is deleted. Connect again then, as
/// the `EventSource` of browsers does by itself. It sends the id of its last event as
/// `Last-Event-ID`. If that event was the end of the job, the answer is 204, and an
/// `EventSource` stops.
#[utoipa::path(
    get,
    path = "/jobs/{id}/events",
    tag = "Jobs",
    params(
        ("id" = String, Path, description = "The id of the job.", format = Uuid),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that \
            the client has seen."),
    ),
    responses(
        (status = 200, description = "The events. The schema is that of the `data` of each.",
            body = JobEvent, content_type = "text/event-stream",
            example = json!({"state": "running", "progress": 0.42})),
        (status = 204, description = "The client has seen the last event."),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`too_many_streams`: too many event streams are open; \
            try again later, or poll the job. `storage`: the server cannot read jobs at the \
            moment.",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait."))),
    ),
)]
pub(super) async fn follow_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response> {
    // Before any lookup, so that a rejected request costs nothing.
    let stream = match app.jobs.watch.stream(client.clone()) {
        Ok(stream) => stream,
        Err(TooManyStreams) => return Ok(too_many()),
    };
    let job = find(&app, &client, &id).await?;
    let has_seen = headers.get(LAST_EVENT_ID).is_some_and(|seen| *seen == *event_id(&job));
    if has_seen && job.state.has_ended() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let follower = app.jobs.watch.follow(job, stream);
    let shutdown = app.shutdown.clone();
    let events = events(app, follower).take_until(shutdown.cancelled_owned());
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // Proxies must not buffer events.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// All events from the current state to the end.
fn events(app: App, mut follower: Follower) -> impl Stream<Item = Result<Event, axum::Error>> {
    follower.job.mark_changed();
    stream::unfold(Some((app, follower)), async |following| {
        let (app, mut follower) = following?;
        follower.job.changed().await.ok()?;
        let job = follower.job.borrow_and_update().clone()?;
        let has_ended = job.state.has_ended();
        let event = event(&app, Job::clone(&job)).await;
        Some((event, (!has_ended).then_some((app, follower))))
    })
}

async fn event(app: &App, job: Job) -> Result<Event, axum::Error> {
    let (state, progress) = (job.state, job.progress);
    let id = event_id(&job);
    if !state.has_ended() {
        let data = ProgressEvent { state, progress };
        return Event::default().event("progress").id(id).json_data(data);
    }
    let job = JobResource::load(&app.jobs.store, job).await.map_err(axum::Error::new)?;
    Event::default().event(state.name()).id(id).json_data(job)
}

/// The id with which a client says which event it saw last. It has the number of the attempt,
/// because a job that runs again has a new end.
fn event_id(job: &Job) -> String {
    let (attempt, state, progress) = (job.attempt, job.state, job.progress);
    match state.has_ended() {
        true => format!("{attempt}-{}", state.name()),
        false => format!("{attempt}-{progress:.3}"),
    }
}

fn too_many() -> Response {
    let detail = "too many event streams are open; try again later, or poll the job";
    let problem = Problem::new(ProblemCode::TooManyStreams, detail).retry_after(AGAIN);
    // Otherwise a client that opens thousands of streams would keep thousands of connections.
    ([(header::CONNECTION, "close")], problem).into_response()
}

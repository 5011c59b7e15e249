//! A job as clients see it.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{Delivery, Job, Outcome, Output, State, Store};
use crate::enhancement::{OptionFields, Score, Warning, typed};
use crate::problem::Problem;

/// A recording that is enhanced in the background.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobResource {
    id: Uuid,
    state: State,
    /// Progress from 0 to 1. It stays 0 while the duration of the audio is unknown.
    #[schema(minimum = 0, maximum = 1, example = 0.42)]
    progress: f64,
    /// How many times a worker has started it.
    attempts: i64,
    /// When it was submitted.
    #[schema(format = DateTime)]
    created: String,
    /// When a worker first started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished: Option<String>,
    /// When the job and its result will be deleted. Present once the job has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// The options of the request.
    #[schema(value_type = OptionFields)]
    options: serde_json::Value,
    /// The name of the recording, if the client sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "interview.wav")]
    file_name: Option<String>,
    /// Duration of the audio in seconds, if the job succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 61.5)]
    duration_seconds: Option<f64>,
    /// Time taken by the enhancement in seconds, if the job succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.9)]
    elapsed_seconds: Option<f64>,
    /// The model that was used, if the job succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "deepfilternet3")]
    model: Option<String>,
    /// What the user of the result should know, such as that the recording is damaged, or that
    /// samples of the result were cut off.
    warnings: Vec<Warning>,
    /// How listeners would rate it before and after, if the request asked for it with `score` and
    /// the job succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Box<Score>>,
    /// Why the job failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Problem>)]
    error: Option<serde_json::Value>,
    /// The result, if the job succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultResource>,
    /// The notification at the end, if one was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookResource>,
    links: Links,
}

/// The result of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobResult)]
pub(crate) struct ResultResource {
    /// Where to download it.
    #[schema(format = "uri-reference")]
    url: String,
    #[schema(example = "audio/wav")]
    media_type: String,
    /// The suggested file name.
    #[schema(example = "interview.enhanced.wav")]
    file_name: String,
    bytes: u64,
}

/// The state of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookState {
    /// The job has not ended, or the notification is not delivered yet.
    Pending,
    /// The receiver has accepted it.
    Delivered,
    /// The server has given up.
    Failed,
}

/// The notification at the end of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobWebhook)]
pub(crate) struct WebhookResource {
    #[schema(format = "uri")]
    url: String,
    state: WebhookState,
    /// When it will be attempted next, at the latest, if the job has ended and the notification
    /// is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt: Option<String>,
    /// All attempts, oldest first.
    deliveries: Vec<DeliveryResource>,
}

/// An attempt to deliver the notification.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryResource {
    /// The number of the attempt, from 1.
    attempt: i64,
    /// When it ended.
    #[schema(format = DateTime)]
    at: String,
    /// The status of the response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// Why it failed, if the receiver did not accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Links of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobLinks)]
pub(crate) struct Links {
    #[serde(rename = "self")]
    #[schema(format = "uri-reference")]
    this: String,
    #[schema(format = "uri-reference")]
    events: String,
    #[schema(format = "uri-reference")]
    result: String,
}

impl JobResource {
    /// The job with its deliveries, as clients see it.
    ///
    /// # Errors
    /// If the database cannot be read, or if another version wrote data that this one cannot read.
    pub(crate) async fn load(store: &Store, job: Job) -> anyhow::Result<JobResource> {
        let deliveries = match job.webhook_url {
            Some(_) => store.deliveries(job.id).await?,
            None => Vec::new(),
        };
        JobResource::new(job, deliveries)
    }

    fn new(job: Job, deliveries: Vec<Delivery>) -> anyhow::Result<JobResource> {
        let this = format!("/jobs/{}", job.id);
        let result = format!("{this}/result");
        let (output, error) = match job.outcome()? {
            Some(Outcome::Succeeded(output)) => (Some(output), None),
            Some(Outcome::Failed(problem)) => (None, Some(problem)),
            Some(Outcome::Cancelled) | None => (None, None),
        };
        Ok(JobResource {
            webhook: WebhookResource::new(&job, deliveries),
            id: job.id,
            state: job.state,
            progress: job.progress,
            attempts: job.attempt,
            created: time(job.created),
            started: job.started.map(time),
            finished: job.finished.map(time),
            expires: job.expires.map(time),
            options: typed(serde_json::from_str(&job.fields)?),
            file_name: job.file_name,
            duration_seconds: output.as_ref().map(|output| output.duration_seconds),
            elapsed_seconds: output.as_ref().map(|output| output.elapsed_seconds),
            model: output.as_ref().map(|output| output.model.clone()),
            warnings: output.as_ref().map(|output| output.warnings.clone()).unwrap_or_default(),
            score: output.as_ref().and_then(|output| output.score.clone()),
            error,
            result: output.map(|output| ResultResource::new(output, &result)),
            links: Links { events: format!("{this}/events"), result, this },
        })
    }
}

impl ResultResource {
    fn new(output: Output, url: &str) -> ResultResource {
        let Output { media_type, file_name, bytes, .. } = output;
        ResultResource { url: url.to_owned(), media_type, file_name, bytes }
    }
}

impl WebhookResource {
    fn new(job: &Job, deliveries: Vec<Delivery>) -> Option<WebhookResource> {
        let state = match job.webhook_state.as_deref() {
            Some("delivered") => WebhookState::Delivered,
            Some("failed") => WebhookState::Failed,
            _ => WebhookState::Pending,
        };
        let deliveries = deliveries.into_iter().map(DeliveryResource::from).collect();
        let is_due = job.state.has_ended() && state == WebhookState::Pending;
        let next_attempt = is_due.then(|| time(job.webhook_due));
        Some(WebhookResource { url: job.webhook_url.clone()?, state, next_attempt, deliveries })
    }
}

impl From<Delivery> for DeliveryResource {
    fn from(delivery: Delivery) -> DeliveryResource {
        let Delivery { attempt, ended, status, error } = delivery;
        DeliveryResource { attempt, at: time(ended), status, error }
    }
}

/// A time, given in ms since 1970, in the form of RFC 3339.
pub(super) fn time(millis: i64) -> String {
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

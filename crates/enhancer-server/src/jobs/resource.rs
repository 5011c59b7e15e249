//! A job as clients see it.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{Delivery, Job, Outcome, Output, State, Store};
use crate::problem::Problem;

/// A recording that is, was or will be enhanced.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct JobResource {
    id: Uuid,
    state: State,
    /// How much of it is done, from 0 to 1. It stays 0 as long as nobody knows how long
    /// the audio is.
    #[schema(minimum = 0, maximum = 1, example = 0.42)]
    progress: f64,
    /// How often a worker began it.
    attempts: i64,
    /// When it was submitted.
    #[schema(format = DateTime)]
    created: String,
    /// When a worker first began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished: Option<String>,
    /// When it and its result are deleted; known once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// What was asked, as it was asked.
    #[schema(value_type = Object, example = json!({"model": "dtln"}))]
    options: serde_json::Value,
    /// The name of the recording, if it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "interview.wav")]
    file_name: Option<String>,
    /// How long the audio plays, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 61.5)]
    duration_seconds: Option<f64>,
    /// How long the enhancement took, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.9)]
    elapsed_seconds: Option<f64>,
    /// The model that was used, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "deepfilternet3")]
    model: Option<String>,
    /// What was wrong with the recording although it succeeded.
    warnings: Vec<String>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Problem>)]
    error: Option<serde_json::Value>,
    /// What it made, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultResource>,
    /// The notice of its end, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookResource>,
    links: Links,
}

/// The result of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResultResource {
    /// Where it can be had.
    #[schema(format = "uri-reference")]
    url: String,
    #[schema(example = "audio/wav")]
    media_type: String,
    /// The name to save it by.
    #[schema(example = "interview-enhanced.wav")]
    file_name: String,
    bytes: u64,
}

/// Where the notice of a job's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookState {
    /// The job has not ended, or the notice is still to be delivered.
    Pending,
    /// The receiver has accepted it.
    Delivered,
    /// It was given up.
    Failed,
}

/// The notice of a job's end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WebhookResource {
    #[schema(format = "uri")]
    url: String,
    state: WebhookState,
    /// All attempts, oldest first.
    deliveries: Vec<DeliveryResource>,
}

/// An attempt to deliver the notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryResource {
    /// From 1.
    attempt: i64,
    /// When it ended.
    #[schema(format = DateTime)]
    at: String,
    /// With which status the receiver accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// What went wrong, if it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What else there is of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
    /// The job with all that is known of it.
    ///
    /// # Errors
    /// If the database cannot be read, or another version wrote what this one cannot read.
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
            options: serde_json::from_str(&job.fields)?,
            file_name: job.file_name,
            duration_seconds: output.as_ref().map(|output| output.duration_seconds),
            elapsed_seconds: output.as_ref().map(|output| output.elapsed_seconds),
            model: output.as_ref().map(|output| output.model.clone()),
            warnings: output.as_ref().map(|output| output.warnings.clone()).unwrap_or_default(),
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
        Some(WebhookResource { url: job.webhook_url.clone()?, state, deliveries })
    }
}

impl From<Delivery> for DeliveryResource {
    fn from(delivery: Delivery) -> DeliveryResource {
        let Delivery { attempt, ended, status, error } = delivery;
        DeliveryResource { attempt, at: time(ended), status, error }
    }
}

/// A time, in ms since 1970, as RFC 3339 has it.
pub(super) fn time(millis: i64) -> String {
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

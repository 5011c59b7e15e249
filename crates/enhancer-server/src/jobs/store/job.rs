//! A job as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::enhancement::{Options, Score, Warning};
use crate::problem::{Problem, ProblemCode};

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// A job that waits for a worker.
    Queued,
    /// A job that a worker runs.
    Running,
    /// A job with a result.
    Succeeded,
    /// A job that failed; `error` says why.
    Failed,
    /// A job that a client cancelled.
    Cancelled,
}

/// How a job ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Succeeded(Output),
    /// The problem, as clients get it.
    Failed(Value),
    Cancelled,
}

/// A result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) media_type: String,
    /// The name to save it by.
    pub(crate) file_name: String,
    pub(crate) bytes: u64,
    /// The model's name.
    pub(crate) model: String,
    /// How long the audio plays, and how long enhancing it took.
    pub(crate) duration_seconds: f64,
    pub(crate) elapsed_seconds: f64,
    pub(crate) warnings: Vec<Warning>,
    /// The ratings, if requested. Jobs of older versions do not have this field.
    #[serde(default)]
    pub(crate) score: Option<Box<Score>>,
}

/// A job to store.
#[derive(Clone, Debug)]
pub(crate) struct NewJob {
    pub(crate) id: Uuid,
    /// The token that it belongs to.
    pub(crate) client: Option<String>,
    /// The options in the form in which the client sent them.
    pub(crate) fields: Value,
    pub(crate) options: Options,
    pub(crate) file_name: Option<String>,
    pub(crate) source_len: u64,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) webhook_url: Option<String>,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: Uuid,
    /// The token that it belongs to; if `None`, all clients may use it.
    pub(crate) client: Option<String>,
    pub(crate) state: State,
    pub(crate) fields: String,
    pub(crate) options: String,
    pub(crate) file_name: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) attempt: i64,
    /// How often a process died while it ran this job alone.
    pub(crate) crashes: i64,
    /// How often an attempt failed for the server's reasons.
    pub(crate) failures: i64,
    /// Whether its process died while it ran. The job is then a suspect.
    pub(crate) suspect: i64,
    /// How often a client asked to run it again.
    pub(crate) retries: i64,
    pub(crate) progress: f64,
    outcome: Option<String>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) webhook_state: Option<String>,
    /// The number of attempts to deliver its notices, and how many of these were for earlier
    /// notices.
    pub(crate) webhook_attempts: i64,
    pub(crate) webhook_earlier: i64,
    pub(crate) webhook_due: i64,
    pub(crate) created: i64,
    pub(crate) started: Option<i64>,
    pub(crate) finished: Option<i64>,
    pub(crate) expires: Option<i64>,
}

/// The columns of a row. A query with `*` would fail, or return other columns, while another
/// process migrates the database.
pub(super) const COLUMNS: &str = "
    id, client, state, fields, options, file_name, fingerprint, attempt, crashes, failures, suspect,
    retries, progress, outcome, webhook_url, webhook_state, webhook_attempts, webhook_earlier,
    webhook_due, created, started, finished, expires";

/// An attempt to deliver the notice of a job's end.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) attempt: i64,
    pub(crate) ended: i64,
    pub(crate) status: Option<i64>,
    pub(crate) error: Option<String>,
}

impl State {
    pub(crate) const ALL: [State; 5] =
        [State::Queued, State::Running, State::Succeeded, State::Failed, State::Cancelled];

    /// Whether the job has ended.
    pub(crate) fn has_ended(self) -> bool {
        !matches!(self, State::Queued | State::Running)
    }

    /// The name in the database and for clients.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Succeeded => "succeeded",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(name: String) -> Result<State, String> {
        let state = State::ALL.into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| format!("no state of a job: {name:?}"))
    }
}

impl Outcome {
    /// A failure.
    pub(crate) fn failed(problem: &Problem) -> Outcome {
        Outcome::Failed(serde_json::to_value(problem).unwrap_or_default())
    }

    /// The outcome as it is stored.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub(super) fn encoded(&self) -> sqlx::Result<String> {
        serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(Box::new(error)))
    }

    /// The state of a job with this outcome.
    pub(crate) fn state(&self) -> State {
        match self {
            Outcome::Succeeded(_) => State::Succeeded,
            Outcome::Failed(_) => State::Failed,
            Outcome::Cancelled => State::Cancelled,
        }
    }
}

impl FromRow<'_, AnyRow> for Job {
    fn from_row(row: &AnyRow) -> sqlx::Result<Job> {
        Ok(Job {
            id: row.try_get::<String, _>("id")?.parse().map_err(undecodable)?,
            client: row.try_get("client")?,
            state: State::try_from(row.try_get::<String, _>("state")?).map_err(undecodable)?,
            fields: row.try_get("fields")?,
            options: row.try_get("options")?,
            file_name: row.try_get("file_name")?,
            fingerprint: row.try_get("fingerprint")?,
            attempt: row.try_get("attempt")?,
            crashes: row.try_get("crashes")?,
            failures: row.try_get("failures")?,
            suspect: row.try_get("suspect")?,
            retries: row.try_get("retries")?,
            progress: row.try_get("progress")?,
            outcome: row.try_get("outcome")?,
            webhook_url: row.try_get("webhook_url")?,
            webhook_state: row.try_get("webhook_state")?,
            webhook_attempts: row.try_get("webhook_attempts")?,
            webhook_earlier: row.try_get("webhook_earlier")?,
            webhook_due: row.try_get("webhook_due")?,
            created: row.try_get("created")?,
            started: row.try_get("started")?,
            finished: row.try_get("finished")?,
            expires: row.try_get("expires")?,
        })
    }
}

impl FromRow<'_, AnyRow> for Delivery {
    fn from_row(row: &AnyRow) -> sqlx::Result<Delivery> {
        Ok(Delivery {
            attempt: row.try_get("attempt")?,
            ended: row.try_get("ended")?,
            status: row.try_get("status")?,
            error: row.try_get("error")?,
        })
    }
}

fn undecodable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

impl Job {
    /// Whether its process must not run another job at the same time. After a crash it is not known
    /// which of several jobs was the cause.
    pub(crate) fn runs_alone(&self) -> bool {
        self.suspect > 0
    }

    /// Whether the server gave the job up and keeps its source.
    ///
    /// # Errors
    /// If another version wrote its outcome in a form that this one cannot read.
    pub(crate) fn was_given_up(&self) -> serde_json::Result<bool> {
        let gave_up = |outcome| match outcome {
            Some(Outcome::Failed(problem)) => problem["code"] == ProblemCode::GaveUp.to_string(),
            _ => false,
        };
        self.outcome().map(gave_up)
    }

    /// Whether its source must be kept: until the job has ended, or longer if it was given up. If
    /// the outcome cannot be read, the source is kept.
    pub(crate) fn needs_source(&self) -> bool {
        !self.state.has_ended() || self.was_given_up().unwrap_or(true)
    }

    /// How the job ended, if it has ended.
    ///
    /// # Errors
    /// If another version wrote it in a form that this one cannot read.
    pub(crate) fn outcome(&self) -> serde_json::Result<Option<Outcome>> {
        self.outcome.as_deref().map(serde_json::from_str).transpose()
    }
}

//! From an upload to a job.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::store::{Job, NewJob, Submitted};
use super::trouble::{is_refusal, storage_problem};
use super::{Artefact, Jobs};
use crate::enhancement::Options;
use crate::problem::{Problem, ProblemCode, Result};
use crate::upload::Upload;

/// A client's request for a job.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) upload: Upload,
    /// The hash of the recording.
    pub(crate) sha256: [u8; 32],
    /// The token that the job belongs to.
    pub(crate) client: Option<String>,
    /// The options that the fields of the upload set.
    pub(crate) options: Options,
    pub(crate) webhook_url: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

impl Jobs {
    /// Stores a job. If its key was used before, returns the job of that key.
    ///
    /// # Errors
    /// 409 if the key was used for something else, 503 or 507 if the job cannot be stored.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Job> {
        let fingerprint = fingerprint(&submission)?;
        let Submission { upload, client, options, webhook_url, idempotency_key, .. } = submission;
        // Each client has its own keys. No key contains a space.
        let idempotency_key = match (&client, idempotency_key) {
            (Some(client), Some(key)) => Some(format!("{client} {key}")),
            (_, key) => key,
        };
        if let Some(key) = &idempotency_key {
            let known = self.store.job_of_key(key).await.map_err(storage_problem)?;
            if let Some(known) = known {
                return same(known, &fingerprint);
            }
            self.check_room().await?;
        }
        let new = NewJob {
            id: Uuid::now_v7(),
            client,
            fields: asked(upload.fields),
            options,
            file_name: upload.file_name,
            source_len: upload.len,
            idempotency_key,
            fingerprint,
            webhook_url,
        };
        // The source comes first: a worker may begin as soon as there is a row.
        let source = Artefact::Source(new.id);
        let kept = self.artefacts.put(source, upload.file, upload.room).await;
        let kept = kept.map_err(storage_problem)?;
        // If the client leaves now, it remains unknown whether there is a row.
        kept.keep();
        match self.store.submit(&new).await {
            Ok(Submitted::New(job)) => {
                self.queued.notify_one();
                Ok(job)
            }
            Ok(Submitted::Known(known)) => {
                self.discard(source).await;
                same(known, &new.fingerprint)
            }
            Err(error) => {
                if is_refusal(&error) {
                    self.discard(source).await;
                }
                // Otherwise the row may exist after all. If it does not, the sweep deletes the
                // source.
                Err(storage_problem(error))
            }
        }
    }
}

fn same(known: Job, fingerprint: &str) -> Result<Job> {
    if known.fingerprint == fingerprint {
        return Ok(known);
    }
    let detail = "this Idempotency-Key was used for another recording or other options; use a \
                  new key for each job";
    Err(Problem::new(ProblemCode::IdempotencyConflict, detail))
}

/// A fingerprint that is equal for equal submissions.
fn fingerprint(submission: &Submission) -> Result<String> {
    let Submission { sha256, options, webhook_url, .. } = submission;
    let asked = serde_json::to_vec(&(options, webhook_url)).map_err(Problem::internal)?;
    let hash = Sha256::new().chain_update(sha256).chain_update(asked).finalize();
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The options in the form in which the client sent them.
fn asked(fields: Vec<(String, String)>) -> Value {
    let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(given.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>())
}

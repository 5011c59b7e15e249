//! Submitting, cancelling and deleting jobs.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, Job, NewJob, Outcome, Result, Store, millis};

/// The outcome of a submission.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// The job is new and waits for a worker.
    New(Job),
    /// There was already a job with that idempotency key.
    Known(Job),
}

const INSERT: &str = "
    INSERT INTO enhancer_jobs (
        id, state, fields, options, file_name, source_len, idempotency_key, fingerprint,
        attempt, crashes, lease_until, due, progress,
        webhook_url, webhook_state, webhook_attempts, webhook_due, client, created
    ) VALUES (
        $1, 'queued', $2, $3, $4, $5, $6, $7,
        0, 0, 0, 0, 0.0,
        $8, $9, 0, 0, $10, (SELECT now FROM enhancer_clock)
    ) ON CONFLICT (idempotency_key) DO NOTHING";

impl Store {
    /// Stores a job. If there is already one with the same idempotency key, that one stays.
    pub(crate) async fn submit(&self, new: &NewJob) -> Result<Submitted> {
        let encoded = |error| sqlx::Error::Encode(Box::new(error));
        let options = serde_json::to_string(&new.options).map_err(encoded)?;
        let sql = format!("{INSERT} RETURNING {COLUMNS}");
        loop {
            if let Some(key) = &new.idempotency_key {
                self.free_key(key).await?;
            }
            let query = sqlx::query_as(AssertSqlSafe(sql.as_str()))
                .bind(new.id.to_string())
                .bind(new.fields.to_string())
                .bind(options.as_str())
                .bind(new.file_name.as_deref())
                .bind(i64::try_from(new.source_len).unwrap_or(i64::MAX))
                .bind(new.idempotency_key.as_deref())
                .bind(new.fingerprint.as_str())
                .bind(new.webhook_url.as_deref())
                .bind(new.webhook_url.as_ref().map(|_| "pending"))
                .bind(new.client.as_deref());
            // Reads all rows, although there is at most one: SQLite commits after the last row, and
            // an error of the commit would be missed.
            if let Some(job) = query.fetch_all(&self.pool).await?.pop() {
                return Ok(Submitted::New(job));
            }
            let key = new.idempotency_key.as_deref().unwrap_or_default();
            // If it was deleted in between, the key is free again.
            if let Some(job) = self.job_of_key(key).await? {
                return Ok(Submitted::Known(job));
            }
        }
    }

    /// The job that was submitted with that idempotency key, if it has not expired.
    pub(crate) async fn job_of_key(&self, key: &str) -> Result<Option<Job>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM enhancer_jobs
             WHERE idempotency_key = $1
                 AND (expires IS NULL OR expires > (SELECT now FROM enhancer_clock))"
        );
        sqlx::query_as(AssertSqlSafe(sql)).bind(key).fetch_optional(&self.pool).await
    }

    /// Frees a key whose job has expired. The row may still exist, because of a notice that is not
    /// delivered yet.
    async fn free_key(&self, key: &str) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs SET idempotency_key = NULL
            WHERE idempotency_key = $1 AND expires <= (SELECT now FROM enhancer_clock)";
        sqlx::query(sql).bind(key).execute(&self.pool).await.map(|_| ())
    }

    /// Cancels a job that has not ended, and keeps it for `retention`. Returns whether there was
    /// such a job.
    pub(crate) async fn cancel(&self, id: Uuid, retention: Duration) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'cancelled', outcome = $2,
                finished = (SELECT now FROM enhancer_clock),
                expires = (SELECT now FROM enhancer_clock) + $3,
                webhook_due = (SELECT now FROM enhancer_clock)
            WHERE id = $1 AND state IN ('queued', 'running')";
        let query = sqlx::query(sql)
            .bind(id.to_string())
            .bind(Outcome::Cancelled.encoded()?)
            .bind(millis(retention));
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Deletes a job that has ended. Returns whether there was such a job.
    pub(crate) async fn delete(&self, id: Uuid) -> Result<bool> {
        self.delete_in(id, "'succeeded', 'failed', 'cancelled'").await
    }

    /// Deletes a job that has not ended, without a notice. Returns whether there was such a job.
    pub(crate) async fn abandon(&self, id: Uuid) -> Result<bool> {
        self.delete_in(id, "'queued', 'running'").await
    }

    async fn delete_in(&self, id: Uuid, states: &'static str) -> Result<bool> {
        let sql = format!("DELETE FROM enhancer_jobs WHERE id = $1 AND state IN ({states})");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string());
        let deleted = query.execute(&self.pool).await?;
        let sql = "
            DELETE FROM enhancer_deliveries
            WHERE job = $1 AND NOT EXISTS (SELECT 1 FROM enhancer_jobs WHERE id = $1)";
        sqlx::query(sql).bind(id.to_string()).execute(&self.pool).await?;
        Ok(deleted.rows_affected() == 1)
    }
}

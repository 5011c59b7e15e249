//! Notices of the end of jobs.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, Job, Result, Store, millis};

impl Store {
    /// Begins the delivery that has been due longest. Attempts are numbered from 1. An attempt
    /// whose end is not recorded within `lease` counts as failed.
    pub(crate) async fn claim_delivery(&self, lease: Duration) -> Result<Option<Job>> {
        let sql = format!(
            "UPDATE enhancer_jobs
             SET webhook_attempts = webhook_attempts + 1,
                 webhook_due = (SELECT now FROM enhancer_clock) + $1
             WHERE id = (
                 SELECT id FROM enhancer_jobs
                 WHERE webhook_state = 'pending'
                     AND webhook_due <= (SELECT now FROM enhancer_clock)
                     AND state IN ('succeeded', 'failed', 'cancelled')
                 ORDER BY webhook_due, id LIMIT 1 {})
             RETURNING {COLUMNS}",
            self.database.skip_locked()
        );
        sqlx::query_as(AssertSqlSafe(sql)).bind(millis(lease)).fetch_optional(&self.pool).await
    }

    /// Makes the notices due whose last attempt was interrupted. Called at the start, for a
    /// database that only one process uses.
    pub(super) async fn deliver_all_now(&self) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_due = (SELECT now FROM enhancer_clock)
            WHERE webhook_state = 'pending' AND NOT EXISTS (
                SELECT 1 FROM enhancer_deliveries d
                WHERE d.job = enhancer_jobs.id AND d.attempt = enhancer_jobs.webhook_attempts)";
        sqlx::query(sql).execute(&self.pool).await.map(|_| ())
    }

    /// Records how an attempt ended: the status of the response, if there was one, and why it
    /// failed, if it did.
    pub(crate) async fn log_delivery(
        &self,
        id: Uuid,
        attempt: i64,
        status: Option<u16>,
        error: Option<String>,
    ) -> Result<()> {
        let sql = "
            INSERT INTO enhancer_deliveries (job, attempt, ended, status, error)
            VALUES ($1, $2, (SELECT now FROM enhancer_clock), $3, $4)
            ON CONFLICT (job, attempt) DO NOTHING";
        let query = sqlx::query(sql)
            .bind(id.to_string())
            .bind(attempt)
            .bind(status.map(i64::from))
            .bind(error);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Records that there is nothing more to deliver after that attempt: `delivered` or
    /// `failed`. Does nothing if the job has run again since: its end is then a new one.
    pub(crate) async fn end_deliveries(
        &self,
        id: Uuid,
        attempt: i64,
        how: &'static str,
    ) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_state = $3
            WHERE id = $1 AND webhook_attempts = $2 AND webhook_earlier < $2
                AND webhook_state = 'pending'";
        let query = sqlx::query(sql).bind(id.to_string()).bind(attempt).bind(how);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Schedules a new delivery of a job's notice. Returns false if the job has not ended, or if
    /// its notice is already being delivered or waits for delivery.
    pub(crate) async fn redeliver(&self, id: Uuid) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET webhook_state = 'pending', webhook_due = (SELECT now FROM enhancer_clock),
                webhook_earlier = webhook_attempts
            WHERE id = $1 AND webhook_state IN ('delivered', 'failed')
                AND state IN ('succeeded', 'failed', 'cancelled')";
        let redelivered = sqlx::query(sql).bind(id.to_string()).execute(&self.pool).await?;
        Ok(redelivered.rows_affected() == 1)
    }

    /// Sets when to try again after that attempt, unless the job has run again since.
    pub(crate) async fn deliver_after(
        &self,
        id: Uuid,
        attempt: i64,
        pause: Duration,
    ) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_due = (SELECT now FROM enhancer_clock) + $3
            WHERE id = $1 AND webhook_attempts = $2 AND webhook_earlier < $2";
        let query = sqlx::query(sql).bind(id.to_string()).bind(attempt).bind(millis(pause));
        query.execute(&self.pool).await.map(|_| ())
    }
}

//! Notices of the end of jobs.

use uuid::Uuid;

use super::{Hint, Job, Result, Store, now};

impl Store {
    /// Begins an attempt to deliver, if nobody else did; numbered from 1.
    pub(crate) async fn claim_delivery(&self, hint: Hint) -> Result<Option<Job>> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_attempts = webhook_attempts + 1
            WHERE id = $1 AND webhook_attempts = $2 AND webhook_state = 'pending'
            RETURNING *";
        let query = sqlx::query_as(sql).bind(hint.job.to_string()).bind(hint.attempt);
        query.fetch_optional(&self.pool).await
    }

    /// Notes how an attempt ended: by a status, or by what prevented one.
    pub(crate) async fn log_delivery(
        &self,
        id: Uuid,
        attempt: i64,
        outcome: Result<u16, String>,
    ) -> Result<()> {
        let sql = "
            INSERT INTO enhancer_deliveries (job, attempt, ended, status, error)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (job, attempt) DO NOTHING";
        let query = sqlx::query(sql)
            .bind(id.to_string())
            .bind(attempt)
            .bind(now())
            .bind(outcome.as_ref().ok().copied().map(i64::from))
            .bind(outcome.err());
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Notes that there is nothing more to deliver: `delivered` or `failed`.
    pub(crate) async fn end_deliveries(&self, id: Uuid, how: &'static str) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_state = $2
            WHERE id = $1 AND webhook_state = 'pending'";
        sqlx::query(sql).bind(id.to_string()).bind(how).execute(&self.pool).await.map(|_| ())
    }

    /// When to try again, in ms since 1970.
    pub(crate) async fn deliver_at(&self, id: Uuid, due: i64) -> Result<()> {
        let sql = "UPDATE enhancer_jobs SET webhook_due = $2 WHERE id = $1";
        sqlx::query(sql).bind(id.to_string()).bind(due).execute(&self.pool).await.map(|_| ())
    }
}

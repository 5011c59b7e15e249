//! From a job that waits to one that has ended.

use std::time::Duration;

use uuid::Uuid;

use super::{Job, Outcome, Result, Store, millis, now};

/// How long a worker counts as alive after it was last heard of.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// How long a job that failed for reasons of the server's waits for its next attempt, after
/// the first time; each time that is doubled.
const RETRY: Duration = Duration::from_secs(2);

/// The right to run a job, until somebody else has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) id: Uuid,
    /// Which attempt it is: no other has the same number.
    pub(crate) attempt: i64,
}

impl Store {
    /// Begins a job, if it still waits for a worker.
    pub(crate) async fn claim(&self, id: Uuid, owner: &str) -> Result<Option<(Claim, Job)>> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'running', owner = $2, attempt = attempt + 1, progress = 0.0,
                lease_until = $4, started = COALESCE(started, $3)
            WHERE id = $1 AND state = 'queued' AND crashes < $5
            RETURNING *";
        let query = sqlx::query_as(sql)
            .bind(id.to_string())
            .bind(owner)
            .bind(now())
            .bind(now() + millis(LEASE))
            .bind(self.max_crashes);
        let job: Option<Job> = query.fetch_optional(&self.pool).await?;
        Ok(job.map(|job| (Claim { id, attempt: job.attempt }, job)))
    }

    /// Tells that the worker lives and how far it is, from 0 to 1; whether the job is still
    /// its own.
    pub(crate) async fn heartbeat(&self, claim: Claim, progress: f64) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs SET lease_until = $3, progress = $4
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(now() + millis(LEASE))
            .bind(progress);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Ends a job; whether it was still the worker's own, so that this is its only end.
    pub(crate) async fn finish(
        &self,
        claim: Claim,
        outcome: &Outcome,
        expires: i64,
    ) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = $3, outcome = $4, finished = $5, expires = $6, webhook_due = $5,
                owner = NULL, progress = CASE WHEN $3 = 'succeeded' THEN 1.0 ELSE progress END
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let encoded =
            serde_json::to_string(outcome).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(outcome.state().name())
            .bind(encoded)
            .bind(now())
            .bind(expires);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Puts a job back that its worker has no time for any more.
    pub(crate) async fn give_back(&self, claim: Claim) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', owner = NULL, progress = 0.0, hints = 0, hint_due = $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql).bind(claim.id.to_string()).bind(claim.attempt).bind(now());
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Puts a job back at which its worker failed, to be begun again after a while.
    pub(crate) async fn retry(&self, claim: Claim, crashes: i64) -> Result<()> {
        let doublings = u32::try_from(crashes).unwrap_or_default().min(16);
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', owner = NULL, progress = 0.0, hints = 0, hint_due = $3,
                crashes = crashes + 1
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(now() + millis(RETRY * 2_u32.pow(doublings)));
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Puts back what workers had that count as dead; how much that was.
    pub(crate) async fn reap(&self) -> Result<u64> {
        self.take_back("lease_until < $1", now()).await
    }

    /// Puts back all that was running: for when no process that ran it can live any more.
    pub(crate) async fn reap_all(&self) -> Result<u64> {
        self.take_back("created <= $1", i64::MAX).await
    }

    async fn take_back(&self, which: &'static str, limit: i64) -> Result<u64> {
        let sql = format!(
            "UPDATE enhancer_jobs
             SET state = 'queued', owner = NULL, progress = 0.0, hints = 0, hint_due = $2,
                 crashes = crashes + 1
             WHERE state = 'running' AND {which}"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).bind(now());
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

//! The life of a job from waiting to its end.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, Job, Outcome, Result, State, Store, millis};

/// How long a running job belongs to its worker after the last heartbeat.
const LEASE: Duration = Duration::from_secs(10);

/// After a failure of the server, the shortest and the longest wait before the next attempt. The
/// wait doubles each time.
const RETRY: Duration = Duration::from_secs(2);
const LONGEST_RETRY: Duration = Duration::from_secs(600);

/// How often a job may fail because of the server before the server gives up on it. With the waits
/// between the attempts this takes a day, enough time to free a disk.
pub(super) const MAX_FAILURES: i64 = 150;

/// Puts back a running job whose process died. Only a job that had begun can be the cause.
const PUT_BACK: &str = "
    UPDATE enhancer_jobs
    SET state = 'queued', progress = 0.0, crashes = crashes + suspect * begun,
        suspect = CASE WHEN begun = 1 THEN 1 ELSE suspect END,
        due = (SELECT now FROM enhancer_clock)";

/// The right to run a job, until another worker takes it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) id: Uuid,
    /// The number of the attempt, unique for the job.
    pub(crate) attempt: i64,
}

impl Store {
    /// Claims the job that has waited longest, if it may run. A job that must run alone waits until
    /// its process runs nothing else (`alone`). The jobs behind it wait too: otherwise its turn
    /// might never come.
    ///
    /// The worker must [begin](Self::begin) before it runs the job.
    pub(crate) async fn claim(&self, alone: bool) -> Result<Option<(Claim, Job)>> {
        let sql = format!(
            "UPDATE enhancer_jobs
             SET state = 'running', attempt = attempt + 1, begun = 0, progress = 0.0,
                 lease_until = (SELECT now FROM enhancer_clock) + $1,
                 started = COALESCE(started, (SELECT now FROM enhancer_clock))
             WHERE (suspect = 0 OR $2) AND id = (
                 SELECT id FROM enhancer_jobs
                 WHERE state = 'queued' AND due <= (SELECT now FROM enhancer_clock)
                     AND crashes < $3 AND failures < $4
                 ORDER BY created, id LIMIT 1 {})
             RETURNING {COLUMNS}",
            self.database.skip_locked()
        );
        let query = sqlx::query_as(AssertSqlSafe(sql))
            .bind(millis(LEASE))
            .bind(alone)
            .bind(self.max_crashes)
            .bind(MAX_FAILURES);
        let job: Option<Job> = query.fetch_optional(&self.pool).await?;
        Ok(job.map(|job| (Claim { id: job.id, attempt: job.attempt }, job)))
    }

    /// Records that a worker now runs the job: from here on, a crash may be the job's fault.
    /// Returns whether the claim still holds. If the answer to a claim is lost, the job is claimed
    /// but never begun.
    pub(crate) async fn begin(&self, claim: Claim) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET begun = 1, lease_until = (SELECT now FROM enhancer_clock) + $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query =
            sqlx::query(sql).bind(claim.id.to_string()).bind(claim.attempt).bind(millis(LEASE));
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Renews the lease of a job and records its progress, from 0 to 1. Returns whether the
    /// claim still holds.
    pub(crate) async fn heartbeat(&self, claim: Claim, progress: f64) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET lease_until = (SELECT now FROM enhancer_clock) + $3, progress = $4
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(millis(LEASE))
            .bind(progress);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Ends a job and keeps it for `retention`. Returns whether the claim still held: only one call
    /// can end a job. A success may be repeated, in case the answer was lost.
    pub(crate) async fn finish(
        &self,
        claim: Claim,
        outcome: &Outcome,
        retention: Duration,
    ) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = $3, outcome = $4,
                finished = (SELECT now FROM enhancer_clock),
                expires = (SELECT now FROM enhancer_clock) + $5,
                webhook_due = (SELECT now FROM enhancer_clock),
                progress = CASE WHEN $3 = 'succeeded' THEN 1.0 ELSE progress END
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(outcome.state().name())
            .bind(outcome.encoded()?)
            .bind(millis(retention));
        Ok(query.execute(&self.pool).await?.rows_affected() == 1
            || outcome.state() == State::Succeeded && self.has_succeeded(claim).await?)
    }

    /// Whether that attempt ended the job with success.
    async fn has_succeeded(&self, claim: Claim) -> Result<bool> {
        let job = self.job(claim.id).await?;
        Ok(job.is_some_and(|job| job.attempt == claim.attempt && job.state == State::Succeeded))
    }

    /// Puts a job back because its process stops.
    pub(crate) async fn give_back(&self, claim: Claim) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', progress = 0.0, due = (SELECT now FROM enhancer_clock)
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql).bind(claim.id.to_string()).bind(claim.attempt);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Puts back a job after a failure of the server. `failures` is the number of earlier such
    /// failures.
    pub(crate) async fn retry(&self, claim: Claim, failures: i64) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', progress = 0.0, failures = failures + 1,
                due = (SELECT now FROM enhancer_clock) + $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(millis(retry_pause(failures)));
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Lets a job that was given up run again, with its crashes and failures reset. Its new end is
    /// notified again. Returns whether the job was still given up.
    pub(crate) async fn retry_given_up(&self, job: &Job) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', progress = 0.0, crashes = 0, failures = 0,
                retries = retries + 1, outcome = NULL, finished = NULL, expires = NULL,
                due = (SELECT now FROM enhancer_clock), webhook_earlier = webhook_attempts,
                webhook_state = CASE WHEN webhook_url IS NULL THEN NULL ELSE 'pending' END
            WHERE id = $1 AND attempt = $2 AND retries = $3 AND state = 'failed'
                AND expires > (SELECT now FROM enhancer_clock)";
        let query = sqlx::query(sql).bind(job.id.to_string()).bind(job.attempt).bind(job.retries);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// The running jobs whose leases have run out, each with the end of its lease.
    pub(crate) async fn late(&self) -> Result<HashMap<Uuid, i64>> {
        let sql = "
            SELECT id, lease_until FROM enhancer_jobs
            WHERE state = 'running' AND lease_until < (SELECT now FROM enhancer_clock)";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|(id, lease)| Some((id.parse().ok()?, lease))).collect())
    }

    /// Puts back a job whose worker died, and counts the crash if the job ran alone. Returns
    /// whether the lease was still the same.
    pub(crate) async fn put_back(&self, id: Uuid, lease_until: i64) -> Result<bool> {
        let sql = format!("{PUT_BACK} WHERE id = $1 AND state = 'running' AND lease_until = $2");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).bind(lease_until);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Puts back a job that crashed its separate process, and counts the crash.
    pub(crate) async fn crash(&self, claim: Claim) -> Result<()> {
        let sql = format!("{PUT_BACK} WHERE id = $1 AND attempt = $2 AND state = 'running'");
        let query = sqlx::query(AssertSqlSafe(sql)).bind(claim.id.to_string()).bind(claim.attempt);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Puts all running jobs back, and counts the crash of one that ran alone: called at the start,
    /// for a database that only one process uses. Returns how many jobs there were.
    pub(super) async fn put_back_all(&self) -> Result<u64> {
        let sql = format!("{PUT_BACK} WHERE state = 'running'");
        Ok(sqlx::query(AssertSqlSafe(sql)).execute(&self.pool).await?.rows_affected())
    }
}

fn retry_pause(failures: i64) -> Duration {
    let doublings = u32::try_from(failures).unwrap_or_default().min(16);
    (RETRY * 2_u32.pow(doublings)).min(LONGEST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_double_and_continue_for_a_day() {
        assert_eq!(
            [0, 1, 7, 8, 9, 1000].map(|n| retry_pause(n).as_secs()),
            [2, 4, 256, 512, 600, 600]
        );
        let all: Duration = (0..MAX_FAILURES).map(retry_pause).sum();
        assert!((20..30).contains(&(all.as_secs() / 3600)), "{all:?}");
    }
}

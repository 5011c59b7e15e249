//! From a job that waits to one that has ended.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Job, Outcome, Result, Store, millis};

/// How long a job that failed for the server's reasons waits before its next attempt: at
/// first, and at most. The wait doubles each time.
const RETRY: Duration = Duration::from_secs(2);
const LONGEST_RETRY: Duration = Duration::from_secs(600);

/// How often a job may fail for the server's reasons before it is given up: with the waits
/// between that takes a day, time enough to free a disk.
pub(super) const MAX_FAILURES: i64 = 150;

/// The right to run a job, until another process has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) id: Uuid,
    /// Which attempt it is: no other has the same number.
    pub(crate) attempt: i64,
}

impl Store {
    /// Begins the job that has waited longest, if one may run. A suspect waits until its
    /// process runs nothing else (`alone`), and the jobs behind it wait with it: else it
    /// would never come to its turn.
    pub(crate) async fn claim(&self, owner: &str, alone: bool) -> Result<Option<(Claim, Job)>> {
        let sql = format!(
            "UPDATE enhancer_jobs
             SET state = 'running', owner = $1, attempt = attempt + 1, progress = 0.0,
                 started = COALESCE(started, (SELECT now FROM enhancer_clock))
             WHERE (suspect = 0 OR $2) AND id = (
                 SELECT id FROM enhancer_jobs
                 WHERE state = 'queued' AND due <= (SELECT now FROM enhancer_clock)
                     AND crashes < $3 AND failures < $4
                 ORDER BY created, id LIMIT 1 {})
             RETURNING *",
            self.database.skip_locked()
        );
        let query = sqlx::query_as(AssertSqlSafe(sql))
            .bind(owner)
            .bind(alone)
            .bind(self.max_crashes)
            .bind(MAX_FAILURES);
        let job: Option<Job> = query.fetch_optional(&self.pool).await?;
        Ok(job.map(|job| (Claim { id: job.id, attempt: job.attempt }, job)))
    }

    /// How long until a waiting job may run; zero if one may run now, none if none waits.
    pub(crate) async fn next_job(&self) -> Result<Option<Duration>> {
        let sql = "
            SELECT MIN(due) - (SELECT now FROM enhancer_clock) FROM enhancer_jobs
            WHERE state = 'queued'";
        self.pause(sql).await
    }

    pub(super) async fn pause(&self, sql: &'static str) -> Result<Option<Duration>> {
        let (due,): (Option<i64>,) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok(due.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or_default())))
    }

    /// Puts back the running jobs of a process, but for those that it knows of: for when
    /// the answer to a claim was lost.
    pub(crate) async fn put_back_unknown(&self, owner: &str, known: &[Uuid]) -> Result<u64> {
        let places: String = (2..known.len() + 2).map(|place| format!(", ${place}")).collect();
        let sql = format!(
            "UPDATE enhancer_jobs
             SET state = 'queued', owner = NULL, due = (SELECT now FROM enhancer_clock)
             WHERE state = 'running' AND owner = $1 AND id NOT IN (''{places})"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(owner);
        let query = known.iter().fold(query, |query, id| query.bind(id.to_string()));
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    /// Notes how far a job is, from 0 to 1; returns whether the claim still holds.
    pub(crate) async fn progress(&self, claim: Claim, progress: f64) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs SET progress = $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql).bind(claim.id.to_string()).bind(claim.attempt).bind(progress);
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Ends a job and keeps it for `retention`; returns whether the claim still held, so
    /// that this is its only end.
    pub(crate) async fn finish(
        &self,
        claim: Claim,
        outcome: &Outcome,
        retention: Duration,
    ) -> Result<bool> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = $3, outcome = $4, owner = NULL,
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
        Ok(query.execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Puts a job back because its process stops.
    pub(crate) async fn give_back(&self, claim: Claim) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', owner = NULL, progress = 0.0,
                due = (SELECT now FROM enhancer_clock)
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql).bind(claim.id.to_string()).bind(claim.attempt);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Puts a job back that failed for the server's reasons, as it did `failures` times
    /// before.
    pub(crate) async fn retry(&self, claim: Claim, failures: i64) -> Result<()> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', owner = NULL, progress = 0.0, failures = failures + 1,
                due = (SELECT now FROM enhancer_clock) + $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let query = sqlx::query(sql)
            .bind(claim.id.to_string())
            .bind(claim.attempt)
            .bind(millis(retry_pause(failures)));
        query.execute(&self.pool).await.map(|_| ())
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
    fn retries_double_and_go_on_for_a_day() {
        assert_eq!(
            [0, 1, 7, 8, 9, i64::MAX].map(|n| retry_pause(n).as_secs()),
            [2, 4, 256, 512, 600, 600]
        );
        let all: Duration = (0..MAX_FAILURES).map(retry_pause).sum();
        assert!((20..30).contains(&(all.as_secs() / 3600)), "{all:?}");
    }
}

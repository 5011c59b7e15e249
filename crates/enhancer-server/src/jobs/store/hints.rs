//! Which jobs a worker should be told of. A hint that is lost is pushed again; one too many
//! does no harm, since whoever follows it finds the job taken.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Result, Store, millis, now};

/// After which time a job that still waits is told of once more; doubled each time, lest
/// long queues fill up with hints.
const AGAIN: Duration = Duration::from_secs(30);

/// How many hints are taken at once.
const BATCH: i64 = 100;

/// That there may be something to do for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) job: Uuid,
    /// Of a delivery: which attempt it would be.
    pub(crate) attempt: i64,
}

impl Store {
    /// Jobs for which it is time to tell a worker, oldest first. Nobody else is given the
    /// same ones for a while.
    pub(crate) async fn take_hints(&self) -> Result<Vec<Hint>> {
        let sql = "
            UPDATE enhancer_jobs
            SET hints = hints + 1,
                hint_due = $1 + $2 * (CASE hints
                    WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 4 WHEN 3 THEN 8 WHEN 4 THEN 16
                    WHEN 5 THEN 32 WHEN 6 THEN 64 ELSE 128 END)
            WHERE state = 'queued' AND hint_due <= $1 AND id IN (
                SELECT id FROM enhancer_jobs WHERE state = 'queued' AND hint_due <= $1
                ORDER BY created, id LIMIT $3)
            RETURNING id, attempt";
        self.hints(sql, AGAIN).await
    }

    /// Ended jobs of which it is time to tell their receiver. Nobody else is given the same
    /// ones for longer than a delivery takes.
    pub(crate) async fn take_deliveries(&self, lease: Duration) -> Result<Vec<Hint>> {
        let sql = "
            UPDATE enhancer_jobs SET webhook_due = $1 + $2
            WHERE webhook_state = 'pending' AND webhook_due <= $1 AND id IN (
                SELECT id FROM enhancer_jobs
                WHERE webhook_state = 'pending' AND webhook_due <= $1
                    AND state IN ('succeeded', 'failed', 'cancelled')
                ORDER BY webhook_due, id LIMIT $3)
            RETURNING id, webhook_attempts";
        self.hints(sql, lease).await
    }

    /// Makes it time to tell of all that waits: for when all hints are lost.
    pub(crate) async fn hint_anew(&self) -> Result<()> {
        for sql in [
            "UPDATE enhancer_jobs SET hints = 0, hint_due = $1 WHERE state = 'queued'",
            "UPDATE enhancer_jobs SET webhook_due = $1 WHERE webhook_state = 'pending'",
        ] {
            sqlx::query(sql).bind(now()).execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn hints(&self, sql: &'static str, pause: Duration) -> Result<Vec<Hint>> {
        let query = sqlx::query_as(sql).bind(now()).bind(millis(pause)).bind(BATCH);
        let rows: Vec<(String, i64)> = query.fetch_all(&self.pool).await?;
        let mut hints: Vec<_> = rows
            .into_iter()
            .filter_map(|(id, attempt)| Some(Hint { job: id.parse().ok()?, attempt }))
            .collect();
        // What UPDATE returns has no order; ids begin with the time.
        hints.sort_by_key(|hint| hint.job);
        Ok(hints)
    }
}

//! Which processes run jobs, and what becomes of the jobs of one that died.

use std::collections::HashMap;
use std::time::Duration;

use super::{Result, Store, millis};

/// How long a process counts as alive after it last renewed its lease, by the database's
/// clock.
const LEASE: Duration = Duration::from_secs(10);

impl Store {
    /// Notes that a process lives. It must be known before it claims a job.
    pub(crate) async fn renew_lease(&self, owner: &str) -> Result<()> {
        let sql = "
            INSERT INTO enhancer_workers (owner, lease_until)
            VALUES ($1, (SELECT now FROM enhancer_clock) + $2)
            ON CONFLICT (owner) DO UPDATE SET lease_until = excluded.lease_until";
        let query = sqlx::query(sql).bind(owner).bind(millis(LEASE));
        query.execute(&self.pool).await.map(|_| ())
    }

    /// The processes whose leases have run out, and when they did.
    pub(crate) async fn late_workers(&self) -> Result<HashMap<String, i64>> {
        let sql = "
            SELECT owner, lease_until FROM enhancer_workers
            WHERE lease_until < (SELECT now FROM enhancer_clock)";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().collect())
    }

    /// Counts a process as dead, unless it has renewed that lease.
    pub(crate) async fn strike_worker(&self, owner: &str, lease_until: i64) -> Result<()> {
        let sql = "DELETE FROM enhancer_workers WHERE owner = $1 AND lease_until = $2";
        let query = sqlx::query(sql).bind(owner).bind(lease_until);
        query.execute(&self.pool).await.map(|_| ())
    }

    /// Notes that a process ends, and runs no job any more.
    pub(crate) async fn leave(&self, owner: &str) -> Result<()> {
        let sql = "DELETE FROM enhancer_workers WHERE owner = $1";
        sqlx::query(sql).bind(owner).execute(&self.pool).await.map(|_| ())
    }

    /// Counts all processes as dead: for a database that only one process uses, when it
    /// starts.
    pub(crate) async fn strike_all_workers(&self) -> Result<()> {
        sqlx::query("DELETE FROM enhancer_workers").execute(&self.pool).await.map(|_| ())
    }

    /// Puts back the jobs of dead processes; returns how many.
    ///
    /// Nobody knows which of several jobs brought their process down: none is charged with
    /// the crash, but each runs alone from then on. A job that ran alone is charged.
    pub(crate) async fn reap(&self) -> Result<u64> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'queued', owner = NULL, progress = 0.0, suspect = 1,
                due = (SELECT now FROM enhancer_clock),
                crashes = crashes + CASE WHEN lost.jobs = 1 THEN 1 ELSE 0 END
            FROM (
                SELECT owner AS process, COUNT(*) AS jobs FROM enhancer_jobs
                WHERE state = 'running' GROUP BY owner
            ) AS lost
            WHERE state = 'running' AND owner = lost.process
                AND owner NOT IN (SELECT owner FROM enhancer_workers)";
        Ok(sqlx::query(sql).execute(&self.pool).await?.rows_affected())
    }
}

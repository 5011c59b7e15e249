//! Regular maintenance of the table.

use std::time::Duration;

use uuid::Uuid;

use super::running::MAX_FAILURES;
use super::{Outcome, Result, Store, millis};
use crate::problem::Problem;

impl Store {
    /// A batch of expired jobs. A job whose notice is not delivered yet is left out.
    pub(crate) async fn expired(&self) -> Result<Vec<Uuid>> {
        let sql = "
            SELECT id FROM enhancer_jobs
            WHERE expires <= (SELECT now FROM enhancer_clock)
                AND (webhook_state IS NULL OR webhook_state <> 'pending')
            ORDER BY expires LIMIT 100";
        Ok(ids(sqlx::query_as(sql).fetch_all(&self.pool).await?))
    }

    /// Ends waiting jobs that crashed or failed too often, and keeps them for `retention`. Returns
    /// these jobs.
    pub(crate) async fn give_up(
        &self,
        problem: &Problem,
        retention: Duration,
    ) -> Result<Vec<Uuid>> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'failed', outcome = $3,
                finished = (SELECT now FROM enhancer_clock),
                expires = (SELECT now FROM enhancer_clock) + $4,
                webhook_due = (SELECT now FROM enhancer_clock)
            WHERE state = 'queued' AND (crashes >= $1 OR failures >= $2)
            RETURNING id";
        let query = sqlx::query_as(sql)
            .bind(self.max_crashes)
            .bind(MAX_FAILURES)
            .bind(Outcome::failed(problem).encoded()?)
            .bind(millis(retention));
        Ok(ids(query.fetch_all(&self.pool).await?))
    }
}

fn ids(rows: Vec<(String,)>) -> Vec<Uuid> {
    rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect()
}

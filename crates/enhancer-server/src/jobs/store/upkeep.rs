//! What has to be looked after from time to time.

use uuid::Uuid;

use super::{Outcome, Result, Store, now};
use crate::problem::Problem;

impl Store {
    /// Ended jobs whose time is over, some at a time. Notices that are still to be
    /// delivered keep them.
    pub(crate) async fn expired(&self) -> Result<Vec<Uuid>> {
        let sql = "
            SELECT id FROM enhancer_jobs
            WHERE expires <= $1 AND (webhook_state IS NULL OR webhook_state <> 'pending')
            ORDER BY expires LIMIT 100";
        Ok(ids(sqlx::query_as(sql).bind(now()).fetch_all(&self.pool).await?))
    }

    /// Ends jobs that wait although workers failed at them too often already; which.
    pub(crate) async fn give_up(&self, problem: &Problem, expires: i64) -> Result<Vec<Uuid>> {
        let sql = "
            UPDATE enhancer_jobs
            SET state = 'failed', outcome = $2, finished = $3, expires = $4, webhook_due = $3
            WHERE state = 'queued' AND crashes >= $1
            RETURNING id";
        let outcome = serde_json::to_string(&Outcome::failed(problem))
            .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let query =
            sqlx::query_as(sql).bind(self.max_crashes).bind(outcome).bind(now()).bind(expires);
        Ok(ids(query.fetch_all(&self.pool).await?))
    }
}

fn ids(rows: Vec<(String,)>) -> Vec<Uuid> {
    rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect()
}

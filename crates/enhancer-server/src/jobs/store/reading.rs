//! Reading jobs.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, Cursor, Delivery, Job, Result, State, Store};

impl Store {
    /// The job with that id, if it exists.
    pub(crate) async fn job(&self, id: Uuid) -> Result<Option<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM enhancer_jobs WHERE id = $1");
        let query = sqlx::query_as(AssertSqlSafe(sql));
        query.bind(id.to_string()).fetch_optional(&self.pool).await
    }

    /// The job with that id, if it exists and has not expired. An expired job may still be in the
    /// table for a moment.
    pub(crate) async fn visible_job(&self, id: Uuid) -> Result<Option<Job>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM enhancer_jobs
             WHERE id = $1 AND (expires IS NULL OR expires > (SELECT now FROM enhancer_clock))"
        );
        sqlx::query_as(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&self.pool).await
    }

    /// Jobs that have not expired, the newest first. `owner`, `state` and `after` select jobs, if
    /// given.
    pub(crate) async fn page(
        &self,
        owner: Option<&str>,
        state: Option<State>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Job>> {
        let condition = |column: &str, place: &str, is_given| match is_given {
            true => format!("{column} = {place}"),
            // Each placeholder needs a value.
            false => format!("{place} = ''"),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM enhancer_jobs
             WHERE {} AND {} AND (created, id) < ($3, $4)
                 AND (expires IS NULL OR expires > (SELECT now FROM enhancer_clock))
             ORDER BY created DESC, id DESC LIMIT $5",
            condition("client", "$1", owner.is_some()),
            condition("state", "$2", state.is_some()),
        );
        let (created, id) = after.map_or((i64::MAX, String::new()), Cursor::into_parts);
        let query = sqlx::query_as(AssertSqlSafe(sql))
            .bind(owner.unwrap_or_default())
            .bind(state.map(State::name).unwrap_or_default())
            .bind(created)
            .bind(id)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        query.fetch_all(&self.pool).await
    }

    /// The existing jobs among those ids, in one query.
    pub(crate) async fn jobs(&self, ids: &[Uuid]) -> Result<Vec<Job>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> = (1..=ids.len()).map(|place| format!("${place}")).collect();
        let sql =
            format!("SELECT {COLUMNS} FROM enhancer_jobs WHERE id IN ({})", places.join(", "));
        let query = sqlx::query_as(AssertSqlSafe(sql));
        ids.iter().fold(query, |query, id| query.bind(id.to_string())).fetch_all(&self.pool).await
    }

    /// The number of jobs in each state. States without jobs are left out.
    pub(crate) async fn counts(&self) -> Result<Vec<(State, u64)>> {
        let sql = "SELECT state, COUNT(*) FROM enhancer_jobs GROUP BY state";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        let counts = rows.into_iter().filter_map(|(state, count)| {
            Some((State::try_from(state).ok()?, u64::try_from(count).ok()?))
        });
        Ok(counts.collect())
    }

    /// How many jobs wait for a worker.
    pub(crate) async fn queued(&self) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM enhancer_jobs WHERE state = 'queued'";
        let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// All attempts to deliver the notice of that job's end, oldest first.
    pub(crate) async fn deliveries(&self, id: Uuid) -> Result<Vec<Delivery>> {
        let sql = "SELECT attempt, ended, status, error FROM enhancer_deliveries
                   WHERE job = $1 ORDER BY attempt";
        sqlx::query_as(sql).bind(id.to_string()).fetch_all(&self.pool).await
    }
}

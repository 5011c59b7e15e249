//! The jobs as they are kept: one table, in SQLite or PostgreSQL, and all that may happen
//! to its rows. Each step is one statement that says in which state it finds the row, so
//! that of several processes that try it one succeeds.

mod hints;
mod job;
mod reading;
mod running;
mod submitting;
#[cfg(test)]
mod tests;
mod upkeep;
mod webhooks;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Connection, Executor, PgConnection};
use url::Url;

pub(crate) use hints::Hint;
pub(crate) use job::{Delivery, Job, NewJob, Outcome, Output, State};
pub(crate) use running::{Claim, LEASE};
pub(crate) use submitting::Submitted;

/// The jobs. Clones are one and the same.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    /// How often workers may fail at a job before it is given up.
    max_crashes: i64,
}

/// What a step of the store gives.
pub(crate) type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// Any number: which lock it is that processes take on PostgreSQL while they make tables.
const SCHEMA_LOCK: &str = "SELECT pg_advisory_xact_lock(7318349394477056)::TEXT";

/// How long a step waits for a connection to the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// The milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    millis(elapsed)
}

/// A duration as times are kept.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Store {
    /// The store in a file that no other process uses; made if missing.
    ///
    /// # Errors
    /// If it cannot be opened or is no database.
    pub(crate) async fn in_file(path: &Path, max_crashes: u16) -> anyhow::Result<Store> {
        sqlx::any::install_default_drivers();
        // A file URL escapes what a path may hold.
        let path = std::path::absolute(path)?;
        let url = Url::from_file_path(&path).map_err(|()| anyhow::anyhow!("no such path"))?;
        let url = format!("sqlite://{}?mode=rwc", url.path());
        // One connection: nothing waits for a lock, and nothing is refused for one.
        let options = AnyPoolOptions::new().max_connections(1).after_connect(|connection, _| {
            Box::pin(
                async move { connection.execute("PRAGMA journal_mode = WAL").await.map(|_| ()) },
            )
        });
        let pool = options.connect(&url).await?;
        let mut transaction = pool.begin().await?;
        transaction.execute(include_str!("schema.sql")).await?;
        transaction.commit().await?;
        Ok(Store { pool, max_crashes: max_crashes.into() })
    }

    /// The store of a PostgreSQL database, which several processes may share.
    ///
    /// # Errors
    /// If it cannot be reached, or the tables cannot be made.
    pub(crate) async fn in_postgres(url: &Url, max_crashes: u16) -> anyhow::Result<Store> {
        sqlx::any::install_default_drivers();
        // A pool would try for half a minute before it says what is wrong.
        PgConnection::connect(url.as_str()).await?.close().await?;
        let options = AnyPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE);
        let pool = options.connect(url.as_str()).await?;
        let mut transaction = pool.begin().await?;
        transaction.execute(SCHEMA_LOCK).await?;
        // Else the log tells at each start that all is there.
        transaction.execute("SET LOCAL client_min_messages = warning").await?;
        transaction
            .execute(include_str!("schema.sql"))
            .await
            .context("making the tables enhancer_jobs and enhancer_deliveries")?;
        transaction.commit().await?;
        Ok(Store { pool, max_crashes: max_crashes.into() })
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(|_| ())
    }
}

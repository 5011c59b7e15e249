//! The stored jobs and their queue: one table, in SQLite or PostgreSQL, and every change of its
//! rows. Each change is one statement that also checks the current state of the row. If several
//! processes try the same change, only one succeeds. All times come from the database's clock.

mod cursor;
mod job;
mod migrations;
mod reading;
mod running;
mod submitting;
#[cfg(test)]
mod tests;
mod upkeep;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Connection, Executor, PgConnection};
use url::Url;

pub(crate) use cursor::Cursor;
use job::COLUMNS;
pub(crate) use job::{Delivery, Job, NewJob, Outcome, Output, State};
pub(crate) use running::Claim;
pub(crate) use submitting::Submitted;

/// The jobs. Clones share one pool of connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    database: Database,
    /// How often a process may die while it runs a job before the server gives up on it.
    max_crashes: i64,
}

/// The kind of database that stores the jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Database {
    /// A file of one process.
    Sqlite,
    /// A server that several processes may share.
    Postgres,
}

impl Database {
    /// The end of the SELECT of a claim: two processes must not claim the same row or wait for each
    /// other. SQLite runs one statement at a time, and needs nothing.
    fn skip_locked(self) -> &'static str {
        match self {
            Database::Sqlite => "",
            Database::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }
}

/// The result of a step of the store.
pub(crate) type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// How long a step waits for a connection to the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a step waits for a lock of the file, in ms. Only a foreign program holds one for
/// longer.
const BUSY: &str = "PRAGMA busy_timeout = 1000";

/// A duration in milliseconds, the unit of all stored times.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Store {
    /// Opens the store in a file that no other process uses. Creates the file if it is missing.
    ///
    /// # Errors
    /// If it cannot be opened or is not a database.
    pub(crate) async fn in_file(path: &Path, max_crashes: u16) -> anyhow::Result<Store> {
        sqlx::any::install_default_drivers();
        // In a file URL, special characters of a path are escaped.
        let path = std::path::absolute(path)?;
        let url = Url::from_file_path(&path).map_err(|()| anyhow::anyhow!("no such path"))?;
        let url = format!("sqlite://{}?mode=rwc", url.path());
        // With a single connection, no statement waits for a lock or fails because of one.
        let options = AnyPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let options = options.after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("PRAGMA journal_mode = WAL").await?;
                connection.execute(BUSY).await.map(|_| ())
            })
        });
        let pool = options.connect(&url).await?;
        let database = Database::Sqlite;
        migrations::migrate(&pool, database).await.context("migrating its tables")?;
        let store = Store { pool, database, max_crashes: max_crashes.into() };
        // The process that used the file before has ended.
        store.put_back_all().await?;
        store.deliver_all_now().await?;
        Ok(store)
    }

    /// Opens the store in a PostgreSQL database, which several processes may share.
    ///
    /// # Errors
    /// If it cannot be reached, or the tables cannot be created.
    pub(crate) async fn in_postgres(url: &Url, max_crashes: u16) -> anyhow::Result<Store> {
        sqlx::any::install_default_drivers();
        // A pool would try for half a minute before it reports what is wrong.
        PgConnection::connect(url.as_str()).await?.close().await?;
        let options = AnyPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE);
        // Otherwise the log would say at each start that the tables exist.
        let options = options.after_connect(|connection, _| {
            let quiet = "SET client_min_messages = warning";
            Box::pin(async move { connection.execute(quiet).await.map(|_| ()) })
        });
        let pool = options.connect(url.as_str()).await?;
        let database = Database::Postgres;
        migrations::migrate(&pool, database).await.context("migrating the tables enhancer_*")?;
        Ok(Store { pool, database, max_crashes: max_crashes.into() })
    }

    /// The database's time, in ms since 1970.
    pub(crate) async fn now(&self) -> Result<i64> {
        let query = sqlx::query_as("SELECT now FROM enhancer_clock");
        query.fetch_one(&self.pool).await.map(|(now,)| now)
    }

    /// Checks that the database accepts changes, without making one.
    pub(crate) async fn check_writable(&self) -> Result<()> {
        let sql = "UPDATE enhancer_jobs SET id = id WHERE id = ''";
        sqlx::query(sql).execute(&self.pool).await.map(|_| ())
    }
}

//! How workers hear of jobs: apalis, on the database that keeps the jobs. Its tasks are
//! hints and nothing more, so that none of them can be lost, doubled or late to any harm.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use apalis::prelude::{TaskSink, WorkerBuilder, WorkerBuilderExt, WorkerContext, WorkerError};
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::Executor;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::paced::Paced;
use super::store::Hint;

/// How often an idle worker looks for hints.
const POLL: Duration = Duration::from_millis(200);

/// How often apalis notes that a worker lives; after three of them it is dead, and the
/// hints that it had taken are given to others.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// After which time a worker that failed is started again.
const RESTART: Duration = Duration::from_secs(1);

/// What is to be done for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Enhance,
    Deliver,
}

impl Kind {
    fn queue(self) -> &'static str {
        match self {
            Kind::Enhance => "enhancer-enhance",
            Kind::Deliver => "enhancer-deliver",
        }
    }
}

/// The hints. Clones are one and the same.
#[derive(Clone, Debug)]
pub(crate) enum Queue {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Queue {
    /// The queue in a file that no other process uses; what was in it is dropped.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(crate) async fn in_file(path: &Path) -> anyhow::Result<Queue> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What is lost is pushed again.
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        SqliteStorage::migrations().run(&pool).await?;
        sqlx::query("DELETE FROM Jobs").execute(&pool).await?;
        sqlx::query("DELETE FROM Workers").execute(&pool).await?;
        Ok(Queue::Sqlite(pool))
    }

    /// The queue in a PostgreSQL database, which several processes may share.
    ///
    /// # Errors
    /// If it cannot be reached, or the tables cannot be made.
    pub(crate) async fn in_postgres(url: &Url) -> anyhow::Result<Queue> {
        // Else the log tells at each start that all is there.
        let options = PgPoolOptions::new().max_connections(4).after_connect(|connection, _| {
            let quiet = "SET client_min_messages = warning";
            Box::pin(async move { connection.execute(quiet).await.map(|_| ()) })
        });
        let pool = options.connect(url.as_str()).await?;
        PostgresStorage::migrations().run(&pool).await?;
        Ok(Queue::Postgres(pool))
    }

    /// Tells workers, whoever they are.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub(crate) async fn push(&self, kind: Kind, hints: Vec<Hint>) -> anyhow::Result<()> {
        match self {
            Queue::Sqlite(pool) => sqlite(pool, kind).push_bulk(hints).await?,
            Queue::Postgres(pool) => postgres(pool, kind).push_bulk(hints).await?,
        }
        Ok(())
    }

    /// Follows hints, some at once, until `shutdown`; then waits for those under way.
    pub(crate) async fn follow<F, Fut>(
        &self,
        kind: Kind,
        at_once: usize,
        follow: F,
        shutdown: &CancellationToken,
    ) where
        F: Fn(Hint) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        while !shutdown.is_cancelled() {
            // A name that no other worker has or had: apalis takes two of one name for one.
            let context = WorkerContext::new(&format!("{}-{}", kind.queue(), Uuid::now_v7()));
            let mut work = self.work(kind, at_once, follow.clone(), &context);
            let ended = tokio::select! {
                ended = &mut work => ended,
                () = shutdown.cancelled() => match context.stop() {
                    Ok(()) => work.await,
                    Err(_) => Ok(()),
                },
            };
            if !shutdown.is_cancelled() {
                tracing::error!(?kind, ?ended, "a worker of the queue ended and is started again");
                tokio::time::sleep(RESTART).await;
            }
        }
    }

    fn work<F, Fut>(
        &self,
        kind: Kind,
        at_once: usize,
        follow: F,
        context: &WorkerContext,
    ) -> BoxFuture<'static, Result<(), WorkerError>>
    where
        F: Fn(Hint) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let builder = WorkerBuilder::new(context);
        match self {
            Queue::Sqlite(pool) => builder
                .backend(Paced::new(sqlite(pool, kind), POLL))
                .concurrency(at_once)
                .catch_panic()
                .build(follow)
                .run()
                .boxed(),
            Queue::Postgres(pool) => builder
                .backend(Paced::new(postgres(pool, kind), POLL))
                .concurrency(at_once)
                .catch_panic()
                .build(follow)
                .run()
                .boxed(),
        }
    }

    /// Deletes hints that were followed and workers that are gone.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub(crate) async fn tidy(&self) -> Result<(), sqlx::Error> {
        match self {
            Queue::Sqlite(pool) => {
                let sql = "DELETE FROM Jobs WHERE status IN ('Done', 'Killed', 'Failed')";
                sqlx::query(sql).execute(pool).await?;
            }
            Queue::Postgres(pool) => {
                let sql = "
                    DELETE FROM apalis.jobs
                    WHERE job_type LIKE 'enhancer-%' AND status IN ('Done', 'Killed', 'Failed')";
                sqlx::query(sql).execute(pool).await?;
                let sql = "
                    DELETE FROM apalis.workers
                    WHERE worker_type LIKE 'enhancer-%' AND last_seen < now() - INTERVAL '1 day'
                        AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = workers.id)";
                sqlx::query(sql).execute(pool).await?;
            }
        }
        Ok(())
    }
}

fn sqlite(pool: &SqlitePool, kind: Kind) -> SqliteStorage<Hint> {
    let config = apalis_sqlite::Config::default()
        .queue(kind.queue())
        .batch_size(1)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(3);
    SqliteStorage::new(pool).with_config(config)
}

fn postgres(pool: &PgPool, kind: Kind) -> PostgresStorage<Hint> {
    let config = apalis_postgres::Config::default()
        .queue(kind.queue())
        .batch_size(1)
        .heartbeat_interval(HEARTBEAT)
        .missed_heartbeats(3);
    PostgresStorage::new(pool).with_config(config)
}

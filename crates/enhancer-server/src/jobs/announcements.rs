//! Hearing of the jobs of other processes, through PostgreSQL. A trigger of the database
//! announces each job that waits or has ended. An announcement may be lost with a
//! connection: looking for jobs from time to time finds them all the same.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::sleep;
use url::Url;

use super::Jobs;

/// As the migration of the tables has it.
const CHANNEL: &str = "enhancer_jobs";

/// How long to wait before connecting again.
const RECONNECT: Duration = Duration::from_secs(5);

/// Passes announcements on, for ever.
pub(super) async fn run(jobs: &Jobs) {
    let Some(url) = &jobs.settings.database_url else { return };
    loop {
        let Err(error) = listen(jobs, url).await;
        tracing::warn!(%error, "the database announces no jobs; they are polled for meanwhile");
        sleep(RECONNECT).await;
    }
}

async fn listen(jobs: &Jobs, url: &Url) -> Result<Infallible, sqlx::Error> {
    let mut listener = PgListener::connect(url.as_str()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // What was announced before, or while there was no connection, nobody heard.
        jobs.wake();
        while let Some(announced) = listener.try_recv().await? {
            match announced.payload() {
                "queued" => jobs.queued.notify_one(),
                _ => jobs.ended.notify_one(),
            }
        }
    }
}

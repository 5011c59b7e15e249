//! How jobs are stored and run.

use std::time::Duration;

use url::Url;

use super::secret::Concealed;

/// How jobs are stored and run.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Jobs")]
pub(crate) struct JobSettings {
    /// PostgreSQL database for the jobs, which servers and workers can share [default: a
    /// SQLite file in the data root, for one server]
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "postgres://…",
        hide_env_values = true,
        value_parser = Concealed(database)
    )]
    pub(crate) database_url: Option<Url>,

    /// S3 bucket, or a compatible one, for the audio of jobs; the variables AWS_* set the
    /// credentials and the endpoint [default: a folder in the data root]
    #[arg(long, env = "ENHANCER_ARTEFACTS", value_name = "s3://BUCKET/PREFIX",
          value_parser = bucket)]
    pub(crate) artefacts: Option<Url>,

    /// Number of jobs that this process runs at once; 0 leaves all jobs to other processes
    #[arg(long, env = "ENHANCER_JOB_WORKERS", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub(crate) job_workers: u16,

    /// Number of times that a process may die while it runs a job alone before the server gives up
    /// on the job. The first crash does not count, nor does one while other jobs ran beside it
    #[arg(long, env = "ENHANCER_MAX_CRASHES", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_crashes: u16,

    /// How long an ended job and its result are kept, in seconds
    #[arg(long, env = "ENHANCER_JOB_RETENTION", value_name = "SECONDS",
          default_value_t = 24 * 3600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub(crate) job_retention: u64,

    /// Maximum number of waiting jobs; further ones are rejected
    #[arg(long, env = "ENHANCER_MAX_QUEUED", value_name = "N", default_value_t = 1000)]
    pub(crate) max_queued: u64,

    /// Maximum number of open event streams; one client can have three quarters of them. Further
    /// ones are rejected
    #[arg(long, env = "ENHANCER_MAX_EVENT_STREAMS", value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) max_event_streams: u16,
}

impl JobSettings {
    /// How long an ended job and its result are kept.
    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(self.job_retention)
    }
}

fn database(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(url),
        _ => Err("expected postgres://user:password@host:port/database".to_owned()),
    }
}

fn bucket(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "s3" && url.host_str().is_some() => Ok(url),
        _ => Err("expected s3://bucket or s3://bucket/prefix".to_owned()),
    }
}

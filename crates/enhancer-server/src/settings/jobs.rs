//! How jobs are kept and worked off.

use std::time::Duration;

use url::Url;

/// How jobs are kept and worked off.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Jobs")]
pub(crate) struct JobSettings {
    /// The PostgreSQL database that keeps the jobs, which several servers and workers may
    /// share [default: a file in the data root, for one server alone]
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "postgres://…",
        hide_env_values = true,
        value_parser = database
    )]
    pub(crate) database_url: Option<Url>,

    /// Where the audio of jobs lies: a bucket of S3 or what speaks like it, reached as the
    /// variables AWS_* say [default: a folder in the data root]
    #[arg(long, env = "ENHANCER_ARTEFACTS", value_name = "s3://BUCKET/PREFIX",
          value_parser = bucket)]
    pub(crate) artefacts: Option<Url>,

    /// Jobs that this process runs at once; with 0 it leaves them to others
    #[arg(long, env = "ENHANCER_JOB_WORKERS", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub(crate) job_workers: u16,

    /// How often a process may die while it runs a job alone before that is given up
    #[arg(long, env = "ENHANCER_MAX_CRASHES", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_crashes: u16,

    /// The longest pause between two looks for jobs, in seconds; usually a process hears of
    /// them at once
    #[arg(long, env = "ENHANCER_JOB_POLL", value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) job_poll: u16,

    /// How long a job and its result can be had after its end, in seconds
    #[arg(long, env = "ENHANCER_JOB_RETENTION", value_name = "SECONDS",
          default_value_t = 24 * 3600, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub(crate) job_retention: u64,

    /// Jobs that may wait; more are refused
    #[arg(long, env = "ENHANCER_MAX_QUEUED", value_name = "N", default_value_t = 1000)]
    pub(crate) max_queued: u64,

    /// Streams of events that may be open at once; more are refused
    #[arg(long, env = "ENHANCER_MAX_EVENT_STREAMS", value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u16).range(1..=16_384))]
    pub(crate) max_event_streams: u16,
}

impl JobSettings {
    /// The longest pause between two looks for jobs.
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_secs(self.job_poll.into())
    }

    /// How long a job and its result can be had after its end.
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

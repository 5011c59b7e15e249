//! Runs a job in a separate process. A job that was running when the server died may crash again,
//! and must not end the requests of others.
//!
//! The process is this program with the same arguments. Its standard input is the recording,
//! its standard output the result, and it reports by lines of JSON on standard error.

mod child;

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use enhancer_core::Container;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStderr, Command};

pub(crate) use child::{obey, order};

use crate::enhancement::{Done, Options, Score, Warning};
use crate::room::{Room, Rooms};

/// The variable that makes this program the process of a job: the order, as JSON.
const ORDER: &str = "ENHANCER_JOB_PROCESS";

/// The maximum length of a reported line in bytes. Longer lines are cut into several.
const LONGEST: u64 = 64 << 10;

/// Secret variables of the server, which an enhancement does not need. The variables of AWS are
/// also removed.
const SECRETS: [&str; 4] =
    ["DATABASE_URL", "ENHANCER_AUTH_TOKENS", "ENHANCER_PRIORITY_TOKENS", "ENHANCER_WEBHOOK_SECRET"];

/// The order for the process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) options: Options,
    pub(super) session_id: String,
    /// How many bytes its files may take.
    pub(super) max_storage: u64,
}

/// The outcome of a successful enhancement.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) container: Container,
    pub(super) model: String,
    pub(super) duration_seconds: f64,
    pub(super) elapsed_seconds: f64,
    pub(super) warnings: Vec<Warning>,
    pub(super) score: Option<Box<Score>>,
}

impl From<Done> for Made {
    fn from(done: Done) -> Made {
        Made {
            container: done.format.container,
            duration_seconds: done.summary.duration_seconds,
            elapsed_seconds: done.elapsed.as_secs_f64(),
            warnings: done.warnings(),
            score: done.score(),
            model: done.model,
        }
    }
}

/// A report of the process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    /// The progress, from 0 to 1, and how many bytes the files take.
    Progress(f64, u64),
    Made(Made),
    /// The job is refused: the problem as clients see it.
    Refused(Value),
    /// The server failed.
    Failed(String),
}

/// How the process of a job ended without a result.
#[derive(Debug)]
pub(super) enum Ended {
    /// The job is refused, with this problem.
    Refused(Value),
    /// The next attempt may succeed.
    Failed(anyhow::Error),
    /// The process got a signal to end.
    Asked,
    /// The process was killed by a signal that means a crash.
    Crashed(ExitStatus),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Ended {
    fn from(error: E) -> Ended {
        Ended::Failed(error.into())
    }
}

/// Enhances `source` into `result` in a separate process, which ends when the future is dropped.
/// Its files take their space in `room`. `on_progress` is called with the progress.
pub(super) async fn run(
    options: Options,
    session_id: String,
    rooms: &Rooms,
    source: File,
    result: File,
    room: &Room,
    on_progress: impl FnMut(f64),
) -> Result<Made, Ended> {
    let order = Order { options, session_id, max_storage: rooms.left() };
    let mut child = Command::from(program(&order).map_err(Ended::Failed)?)
        .stdin(source)
        .stdout(result)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let Some(reports) = child.stderr.take() else {
        return Err(Ended::Failed(anyhow::anyhow!("the process has no standard error")));
    };
    let last = listen(reports, room, on_progress).await?;
    let status = child.wait().await?;
    match last {
        Some(Report::Made(made)) if status.success() => Ok(made),
        Some(Report::Refused(problem)) => Err(Ended::Refused(problem)),
        Some(Report::Failed(reason)) => Err(Ended::Failed(anyhow::anyhow!(reason))),
        _ if was_asked(status) => Err(Ended::Asked),
        _ if status.signal().is_some() => Err(Ended::Crashed(status)),
        // It ended before it reached the job.
        _ => Err(Ended::Failed(anyhow::anyhow!("its process ended by itself: {status}"))),
    }
}

/// The command that starts this program again.
fn program(order: &Order) -> anyhow::Result<std::process::Command> {
    // This link still works if the program's file was replaced in the meantime.
    let link = Path::new("/proc/self/exe");
    let program = if link.exists() { link.to_owned() } else { std::env::current_exe()? };
    let mut command = std::process::Command::new(program);
    command.args(std::env::args_os().skip(1)).env(ORDER, serde_json::to_string(order)?);
    for (name, _) in std::env::vars_os() {
        if is_secret(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// Whether a variable contains a secret.
fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name) || name.starts_with("AWS_")
}

/// Reads the reports of a process until they end. Returns how the job ended, if that was reported.
async fn listen(
    reports: ChildStderr,
    room: &Room,
    mut on_progress: impl FnMut(f64),
) -> io::Result<Option<Report>> {
    let mut reports = BufReader::new(reports);
    let (mut line, mut last, mut taken) = (Vec::new(), None, 0);
    loop {
        line.clear();
        if (&mut reports).take(LONGEST).read_until(b'\n', &mut line).await? == 0 {
            return Ok(last);
        }
        match serde_json::from_slice(&line) {
            Ok(Report::Progress(done, bytes)) => {
                // If there is no space, the process ends together with this future.
                room.grow(bytes.saturating_sub(taken))?;
                taken = taken.max(bytes);
                on_progress(done);
            }
            Ok(end) => last = Some(end),
            Err(_) => {
                let line = String::from_utf8_lossy(&line);
                tracing::warn!(line = line.trim_end(), "from the process of a job");
            }
        }
    }
}

/// Whether the process ended by a signal that people and supervisors send to all processes of a
/// server.
fn was_asked(status: ExitStatus) -> bool {
    use rustix::process::Signal;
    let signal = status.signal().and_then(Signal::from_named_raw);
    matches!(signal, Some(Signal::TERM | Signal::INT | Signal::HUP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_as_they_are_written() {
        let made = Made {
            container: Container::Flac,
            model: "gtcrn".to_owned(),
            duration_seconds: 1.5,
            elapsed_seconds: 0.1,
            warnings: Vec::new(),
            score: None,
        };
        for report in [
            Report::Progress(0.25, 7),
            Report::Made(made),
            Report::Refused(serde_json::json!({"code": "unsupported_audio"})),
            Report::Failed("the disk is full".to_owned()),
        ] {
            let line = serde_json::to_string(&report).unwrap();
            let read: Report = serde_json::from_str(&line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
        }
        assert!(serde_json::from_str::<Report>("thread 'main' panicked").is_err());
    }

    #[test]
    fn secrets_are_hidden_from_the_process() {
        for name in SECRETS.into_iter().chain(["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
            assert!(is_secret(name), "{name}");
        }
        for name in ["PATH", "TMPDIR", "TF_MODEL_PATH", "ENHANCER_LOG", "ENHANCER_DATA_ROOT"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn signals_to_end_are_not_crashes() {
        for (signal, expected) in [(15, true), (2, true), (1, true), (9, false), (11, false)] {
            assert_eq!(was_asked(ExitStatus::from_raw(signal)), expected, "{signal}");
        }
        assert!(!was_asked(ExitStatus::from_raw(1 << 8)), "an exit code");
    }
}

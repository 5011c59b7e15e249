//! The code that runs in the process of a job.

use std::fs::File;
use std::io::{self, Write, stderr};
use std::os::fd::AsFd;
use std::process::exit;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::{Made, ORDER, Order, Report};
use crate::enhancement::{Engine, Task, enhance};
use crate::jobs::worker::fraction;
use crate::room::CountedFile;
use crate::runtime;
use crate::settings::{EnhancementSettings, StorageSettings};
use crate::spool::Spool;

/// How many bytes the files may grow before the growth is reported.
const REPORTED: u64 = 1 << 20;

/// The order for this process; `None` if it is not the process of a job.
pub(crate) fn order() -> Option<String> {
    std::env::var(ORDER).ok()
}

/// Runs the job and reports how it ended.
///
/// # Errors
/// If nobody reads the reports.
pub(crate) fn obey(
    order: &str,
    enhancement: &EnhancementSettings,
    storage: &StorageSettings,
) -> anyhow::Result<()> {
    end_with_parent();
    end_before_others();
    let done = runtime::run(work(order, enhancement, storage), runtime::PATIENCE)?;
    say(&done.unwrap_or_else(|error| Report::Failed(format!("{error:#}"))))?;
    Ok(())
}

async fn work(
    order: &str,
    enhancement: &EnhancementSettings,
    storage: &StorageSettings,
) -> anyhow::Result<Report> {
    end_with_listener();
    let Order { options, session_id, max_storage } = serde_json::from_str(order)?;
    let storage = StorageSettings { max_storage: Some(max_storage), ..storage.clone() };
    let spool = Spool::open(&storage)?;
    let engine = Engine::start(enhancement)?;
    let (source, sink) = (file(io::stdin())?, file(io::stdout())?);
    let rooms = spool.rooms().clone();
    let mut reported = (0.0, 0);
    let on_progress = move |now| {
        let (done, bytes) = (fraction(now).unwrap_or(0.0), rooms.used());
        if done > reported.0 || bytes >= reported.1 + REPORTED {
            reported = (done, bytes);
            if say(&Report::Progress(done, bytes)).is_err() {
                // The server is gone.
                exit(1);
            }
        }
    };
    let task = Task {
        source,
        sink: Box::new(CountedFile::new(sink, spool.room())),
        spool,
        options,
        session_id,
        on_progress: Some(Box::new(on_progress)),
    };
    match enhance(&engine, task, ()).await {
        Ok(done) => Ok(Report::Made(Made::from(done))),
        Err(problem) if problem.status() < 500 => {
            Ok(Report::Refused(serde_json::to_value(problem)?))
        }
        Err(problem) => Ok(Report::Failed(problem.detail().to_owned())),
    }
}

/// The file behind a standard stream.
fn file(stream: impl AsFd) -> io::Result<File> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

fn say(report: &Report) -> io::Result<()> {
    let line = serde_json::to_string(report)? + "\n";
    stderr().lock().write_all(line.as_bytes())
}

/// Ends this process when the server is gone and nobody reads the reports any more. Works even
/// while all other threads compute.
fn end_with_listener() {
    thread::spawn(|| {
        let reports = stderr();
        // `poll` always reports a pipe without a reader.
        let mut pipe = [PollFd::new(&reports, PollFlags::empty())];
        while let Err(Errno::INTR) | Ok(0) = poll(&mut pipe, None) {}
        exit(1);
    });
}

/// Asks the system to kill this process when the thread that started it ends. That thread lives as
/// long as the server. This is faster than [`end_with_listener`], which also notices a server that
/// ended before this call.
#[cfg(target_os = "linux")]
fn end_with_parent() {
    let signal = Some(rustix::process::Signal::KILL);
    if let Err(error) = rustix::process::set_parent_process_death_signal(signal) {
        tracing::warn!(%error, "the process of a job may outlive its server for a while");
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent() {}

/// Asks the system to kill this process before the server if memory runs out.
#[cfg(target_os = "linux")]
fn end_before_others() {
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000") {
        tracing::warn!(%error, "the process of a job cannot be marked as the first that the system ends if memory runs out");
    }
}

#[cfg(not(target_os = "linux"))]
fn end_before_others() {}

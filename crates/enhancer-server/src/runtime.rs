//! Runs async code, and ends it in a bounded time.

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;

/// How long working threads may continue after everything else has ended. Cancelled work ends
/// within a step of the model; any other work ends with the process.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Runs `work` to its end on its own runtime. Then cancels everything that still runs there, and
/// waits for its threads for at most `patience`. Dropping a runtime would wait for them without
/// limit.
///
/// # Errors
/// If the system cannot create threads.
pub(crate) fn run<T>(work: impl Future<Output = T>, patience: Duration) -> io::Result<T> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(patience);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use tokio::task::spawn_blocking;

    use super::*;

    #[test]
    fn a_thread_that_never_ends_is_not_waited_for() {
        let (release, released) = channel::<()>();
        let (begin, begun) = channel();
        let work = async {
            spawn_blocking(move || {
                begin.send(()).unwrap();
                // Blocks until this test has ended.
                let _ = released.recv();
            });
            begun.recv().unwrap();
            7
        };
        assert_eq!(run(work, Duration::ZERO).unwrap(), 7);
        // The thread still runs: the channel has a receiver.
        release.send(()).unwrap();
    }

    #[test]
    fn a_thread_that_ends_is_waited_for() {
        let (say, said) = channel();
        let work = async {
            spawn_blocking(move || say.send("done").unwrap());
        };
        run(work, Duration::from_secs(60)).unwrap();
        assert_eq!(said.try_recv(), Ok("done"));
    }
}

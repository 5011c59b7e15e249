//! The engine's own threads.

use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use super::super::lock;
use crate::error::{Error, ErrorKind, Result};

/// A rayon pool whose threads can be joined, which rayon itself does not support.
pub(crate) struct Threads {
    count: usize,
    pool: Mutex<Option<rayon::ThreadPool>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Threads {
    /// Starts this many threads. Default: one for each processor.
    pub(super) fn new(count: Option<usize>) -> Result<Threads> {
        let count = count
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let mut handles = Vec::with_capacity(count);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|thread| {
                let name = format!("enhancer-{}", thread.index());
                handles.push(thread::Builder::new().name(name).spawn(|| thread.run())?);
                Ok(())
            })
            .build()
            .map_err(|error| Error::from(ErrorKind::Workers { reason: error.to_string() }))?;
        Ok(Threads { count, pool: Mutex::new(Some(pool)), handles: Mutex::new(handles) })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Runs a job on one of the threads.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(pool) = &*lock(&self.pool) {
            pool.spawn(job);
        }
    }

    /// Ends the threads and waits until they are gone.
    pub(super) fn join(&self) {
        // Dropping the pool ends its threads once they have no jobs left.
        drop(lock(&self.pool).take());
        for handle in lock(&self.handles).drain(..) {
            // A thread that panicked is gone as well. Its session already has the error.
            let _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    /// Delays the end of its thread, then notes it.
    struct Farewell(Arc<AtomicBool>);

    impl Drop for Farewell {
        fn drop(&mut self) {
            thread::sleep(Duration::from_millis(50));
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn joining_waits_for_the_threads_to_end() {
        thread_local!(static FAREWELL: RefCell<Option<Farewell>> = const { RefCell::new(None) });
        let ended = Arc::new(AtomicBool::new(false));
        let pool = Threads::new(Some(1)).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let farewell = Farewell(ended.clone());
        pool.spawn(move || {
            FAREWELL.set(Some(farewell));
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        pool.join();
        assert!(ended.load(Ordering::SeqCst));
    }
}

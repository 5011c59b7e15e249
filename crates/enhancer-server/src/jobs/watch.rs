//! Follows jobs as they change, wherever they run, with one query a tick for all followed jobs of
//! this process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;
use uuid::Uuid;

use super::Jobs;
use super::store::Job;
use crate::client::Client;
use crate::places::{Place, Places};

/// The interval of the checks for changes.
const TICK: Duration = Duration::from_millis(500);

/// The followers of each job.
#[derive(Debug)]
pub(crate) struct Watch {
    followed: Mutex<HashMap<Uuid, watch::Sender<Seen>>>,
    streams: Arc<Semaphore>,
    clients: Places<Client>,
}

/// A job as it was last seen; `None` once it is deleted.
pub(crate) type Seen = Option<Arc<Job>>;

/// A follower of a job.
#[derive(Debug)]
pub(crate) struct Follower {
    pub(crate) job: watch::Receiver<Seen>,
    _stream: Stream,
}

/// A place among the streams that may be open, and among those of its client.
pub(crate) type Stream = (OwnedSemaphorePermit, Place<Client>);

/// The maximum number of streams is open.
#[derive(Debug)]
pub(crate) struct TooManyStreams;

impl Watch {
    pub(super) fn new(max_streams: usize) -> Watch {
        // A client cannot take all of them.
        let each = u32::try_from(max_streams * 3 / 4).unwrap_or(u32::MAX);
        Watch {
            followed: Mutex::default(),
            streams: Arc::new(Semaphore::new(max_streams)),
            clients: Places::new(NonZeroU32::new(each).unwrap_or(NonZeroU32::MIN)),
        }
    }

    /// Takes a place for a stream.
    pub(crate) fn stream(&self, client: Client) -> Result<Stream, TooManyStreams> {
        let stream = self.streams.clone().try_acquire_owned().map_err(|_| TooManyStreams)?;
        Ok((stream, self.clients.enter(client).ok_or(TooManyStreams)?))
    }

    /// Follows a job, starting with `job` as its current state.
    pub(crate) fn follow(&self, job: Job, stream: Stream) -> Follower {
        let mut followed = self.lock();
        let seen = followed.entry(job.id).or_insert_with(|| watch::Sender::new(None));
        seen.send_replace(Some(Arc::new(job)));
        Follower { job: seen.subscribe(), _stream: stream }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<Seen>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The followed jobs.
    fn ids(&self) -> Vec<Uuid> {
        let mut followed = self.lock();
        followed.retain(|_, seen| seen.receiver_count() > 0);
        followed.keys().copied().collect()
    }

    fn tell(&self, id: Uuid, job: Seen) {
        if let Some(seen) = self.lock().get(&id) {
            seen.send_if_modified(|known| {
                let changed = fingerprint(known) != fingerprint(&job);
                *known = job;
                changed
            });
        }
    }
}

/// The values whose changes followers get.
fn fingerprint(seen: &Seen) -> Option<(super::State, i64, u64)> {
    seen.as_ref().map(|job| (job.state, job.attempt, job.progress.to_bits()))
}

/// Looks for changes, for ever.
pub(super) async fn run(jobs: &Jobs) {
    loop {
        sleep(TICK).await;
        let ids = jobs.watch.ids();
        match jobs.store.jobs(&ids).await {
            Ok(found) => {
                let mut found: HashMap<_, _> =
                    found.into_iter().map(|job| (job.id, Arc::new(job))).collect();
                for id in ids {
                    jobs.watch.tell(id, found.remove(&id));
                }
            }
            Err(error) => tracing::error!(%error, "cannot read job updates"),
        }
    }
}

//! The bytes of a request, limited in number and in time.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use enhancer_http::Fault;
use futures::stream::try_unfold;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::problem::{Problem, ProblemCode};
use crate::settings::LimitSettings;

/// How long, and how many bytes, the body of a rejected request is still read. A client that cannot
/// finish sending would only see a broken connection.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 256 << 20;

/// The maximum number of bytes that go into a parser before any come out. The parser holds them in
/// memory.
const MAX_UNPARSED: u64 = 256 << 10;

/// The body of a request. If it is dropped before its end, the rest is still read for a moment.
pub(super) struct Incoming(Option<BodyDataStream>);

impl Incoming {
    pub(super) fn new(body: Body) -> Incoming {
        Incoming(Some(body.into_data_stream()))
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        let next = self.0.as_mut()?.next().await;
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        next
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(timeout(LINGER, discard(rest)));
        }
    }
}

async fn discard(mut rest: BodyDataStream) {
    let mut left = LINGER_BYTES;
    while let Ok(Some(chunk)) = rest.try_next().await
        && chunk.len() <= left
    {
        left -= chunk.len();
    }
}

/// How many bytes went into a parser since the last ones came out. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Unparsed(Arc<AtomicU64>);

impl Unparsed {
    /// Bytes came out of the parser.
    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn add(&self, bytes: u64) -> u64 {
        self.0.fetch_add(bytes, Ordering::Relaxed) + bytes
    }
}

/// The refusal of a body, as the error of a stream.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail())]
pub(super) struct Refused(pub(super) Problem);

/// The refusal that caused an error, if any.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> Option<Problem> {
    successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<Refused>())
        .map(|refused| refused.0.clone())
}

/// The bytes of a body, with its limits. The errors are: 400 if the body breaks off, or if the
/// parser holds too much of it; 408 if it stalls or is too slow; 413 if it is too large.
pub(super) fn bounded(
    body: Incoming,
    limits: &LimitSettings,
    unparsed: Unparsed,
) -> impl Stream<Item = Result<Bytes, Refused>> + Send + use<> {
    let (max, limits) = (limits.max_body, Arc::new(limits.clone()));
    try_unfold((body, max, Duration::ZERO), move |(mut body, left, waited)| {
        let (unparsed, limits) = (unparsed.clone(), limits.clone());
        async move {
            // The parser takes everything that is ready into memory. With this, only one chunk is
            // ready at a time.
            tokio::task::yield_now().await;
            // Time that the server uses does not count against the client.
            let begun = Instant::now();
            let allowed = limits.upload_time(max - left).saturating_sub(waited);
            let next = timeout(allowed.min(limits.body_timeout()), body.next()).await;
            let Some(chunk) = next.map_err(|_| Refused(too_slow(&limits)))? else {
                return Ok(None);
            };
            let waited = waited + begun.elapsed();
            let chunk = chunk.map_err(|error| Refused(broke_off(&error)))?;
            let len = chunk.len() as u64;
            let left = left.checked_sub(len).ok_or_else(|| Refused(too_large(max)))?;
            if unparsed.add(len) > MAX_UNPARSED {
                return Err(Refused(endless_head()));
            }
            Ok(Some((chunk, (body, left, waited))))
        }
    })
}

/// 413.
pub(super) fn too_large(max: u64) -> Problem {
    let detail = format!("the body is larger than the limit of {max} bytes");
    Problem::new(ProblemCode::BodyTooLarge, detail)
}

fn too_slow(limits: &LimitSettings) -> Problem {
    let detail = format!(
        "the request body stalled for {} s, or came at less than {} bytes per second; send it \
         without pauses",
        limits.body_timeout, limits.min_upload_rate
    );
    Problem::new(ProblemCode::BodyTimeout, detail)
}

fn broke_off(error: &axum::Error) -> Problem {
    let detail = format!("the body ended early: {error}");
    Problem::new(ProblemCode::BodyBrokeOff, detail)
}

fn endless_head() -> Problem {
    let reason = format!(
        "no part starts within {MAX_UNPARSED} bytes; check that the boundary in Content-Type \
         is that of the body"
    );
    Fault::form(reason).into()
}

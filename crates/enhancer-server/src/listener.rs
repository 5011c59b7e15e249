//! From the network to the router, connection by connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{self, AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::client::{Peer, client};
use crate::forwarded::{is_trusted, sender};
use crate::network::Network;
use crate::places::Places;
use crate::problem::{Problem, ProblemCode};
use crate::settings::LimitSettings;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may continue to send after its answer before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

/// The largest head of a request, and the size of one read of a body, in bytes.
const BUFFER: usize = 64 << 10;

/// Connections beyond the limit that still get an answer, so that a health check succeeds on a full
/// server. They have less time.
const RESERVE: usize = 8;
const RESERVE_HEAD_TIMEOUT: Duration = Duration::from_secs(2);

/// Accepts connections until `shutdown`. Then lets running requests finish, as long as the limits
/// allow.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    limits: &LimitSettings,
    shutdown: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections.get() as usize));
    let reserve = Arc::new(Semaphore::new(RESERVE));
    let trusted: Arc<[Network]> = limits.trusted_proxy.clone().into();
    let clients = Places::new(limits.max_client_connections);
    let connections = TaskTracker::new();
    loop {
        let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await else { break };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many files are open, or the client has already gone.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let next = shutdown.run_until_cancelled(place(&places, &reserve)).await;
        let Some((place, kind)) = next else { break };
        // A response would hold a slot for as long as the client wants.
        let own_place = clients.enter(client(peer.ip()));
        if own_place.is_none() && !is_trusted(peer.ip(), &trusted) {
            tracing::debug!(%peer, "too many connections from one client; closing one");
            continue;
        }
        let shutdown = shutdown.clone();
        let from = Peering { address: peer.ip(), trusted: trusted.clone(), kind };
        let (router, write_timeout) = (router.clone(), limits.write_timeout());
        connections.spawn(async move {
            serve(stream, from, router, write_timeout, &shutdown).await;
            drop((place, own_place));
        });
    }
    drop(listener);
    connections.close();
    if timeout(limits.shutdown_timeout(), connections.wait()).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "shutdown timeout; cancelling the remaining requests"
        );
    }
}

/// The kind of place that a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Usual,
    /// A place for health checks on a full server.
    Reserve,
}

/// Waits for a place: a usual one if one is free, otherwise one of the reserve.
async fn place(
    usual: &Arc<Semaphore>,
    reserve: &Arc<Semaphore>,
) -> (Result<OwnedSemaphorePermit, AcquireError>, Kind) {
    tokio::select! {
        biased;
        place = usual.clone().acquire_owned() => (place, Kind::Usual),
        place = reserve.clone().acquire_owned() => (place, Kind::Reserve),
    }
}

/// The origin of a connection.
struct Peering {
    address: IpAddr,
    /// The trusted proxies, which name the client in a header.
    trusted: Arc<[Network]>,
    kind: Kind,
}

impl Peering {
    /// The answer to a request when all connections are taken.
    fn refusal<B>(&self, request: &hyper::Request<B>) -> Option<Response> {
        let is_health = matches!(request.uri().path(), "/healthz" | "/readyz");
        if self.kind == Kind::Usual || is_health {
            return None;
        }
        let detail = "all connections of the server are in use (--max-connections)";
        let problem = Problem::new(ProblemCode::TooManyConnections, detail).retry_after(5);
        Some(problem.into_response())
    }
}

/// The body of a request. It records when all of it was read.
struct Watched {
    body: Incoming,
    sends: Arc<AtomicBool>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.sends.store(false, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn serve(
    stream: TcpStream,
    from: Peering,
    router: Router,
    write_timeout: Duration,
    shutdown: &CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    let head_timeout = match from.kind {
        Kind::Usual => HEAD_TIMEOUT,
        Kind::Reserve => RESERVE_HEAD_TIMEOUT,
    };
    // Whether a part of the last request's body may still be on its way.
    let sends = Arc::new(AtomicBool::new(false));
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        sends.store(!request.body().is_end_stream(), Ordering::Relaxed);
        let sends = sends.clone();
        let sender = sender(from.address, request.headers(), &from.trusted);
        let refusal = from.refusal(&request);
        let closes = from.kind == Kind::Reserve;
        let mut router = router.clone();
        Box::pin(async move {
            request.extensions_mut().insert(Peer(sender));
            let unread = sends.clone();
            let request = request.map(|body| Body::new(Watched { body, sends }));
            let Ok(()) =
                poll_fn(|cx| Service::<axum::extract::Request>::poll_ready(&mut router, cx)).await;
            let mut answered: Result<_, Infallible> = match refusal {
                Some(response) => Ok(response),
                None => router.call(request).await,
            };
            if let Ok(response) = &mut answered
                && (closes || !response.status().is_success() && unread.load(Ordering::Relaxed))
            {
                // The rest of the body must not be read as the head of the next request.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answered
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let ended = tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => ended,
        () = shutdown.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    match ended {
        Ok(()) if sends.load(Ordering::Relaxed) => {
            linger(connection.into_parts().io.into_inner()).await;
        }
        Ok(()) => {}
        Err(error) => tracing::debug!(%error, "connection ended early"),
    }
}

/// Closes the connection of a client that may have been answered before it sent everything, for
/// example with a refusal. For a moment, the rest is read and dropped. Closing at once would reset
/// the connection, and the client might never see its answer (RFC 9112, section 9.6).
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let drained = async {
        stream.shutdown().await?;
        io::copy(&mut stream, &mut io::sink()).await
    };
    if let Ok(Err(error)) = timeout(LINGER, drained).await {
        tracing::debug!(%error, "cannot close a connection cleanly");
    }
}

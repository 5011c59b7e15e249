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
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{self, AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::middleware::{Peer, client};
use crate::places::Places;
use crate::settings::LimitSettings;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answered client that still sends may go on before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes of a head at most, and of a body that are read at once.
const BUFFER: usize = 64 << 10;

/// Accepts connections until `shutdown`, then lets those that are there finish what they
/// do, as long as the limits allow.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    limits: &LimitSettings,
    shutdown: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections.get() as usize));
    let clients = Places::new(limits.max_client_connections);
    let connections = TaskTracker::new();
    loop {
        let next = async { (places.clone().acquire_owned().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, or a client that is gone already.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // A response would hold a slot for as long as the client wants.
        let Some(own_place) = clients.enter(client(peer.ip())) else {
            tracing::debug!(%peer, "too many connections from one client; closing one");
            continue;
        };
        let (router, shutdown) = (router.clone(), shutdown.clone());
        let write_timeout = limits.write_timeout();
        connections.spawn(async move {
            serve(stream, peer.ip(), router, write_timeout, &shutdown).await;
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

/// The body of a request, which says when all of it was read.
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
    peer: IpAddr,
    router: Router,
    write_timeout: Duration,
    shutdown: &CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    // Whether some of the last request's body may be on its way still.
    let sends = Arc::new(AtomicBool::new(false));
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        sends.store(!request.body().is_end_stream(), Ordering::Relaxed);
        let sends = sends.clone();
        let mut router = router.clone();
        Box::pin(async move {
            request.extensions_mut().insert(Peer(peer));
            let unread = sends.clone();
            let request = request.map(|body| Body::new(Watched { body, sends }));
            let Ok(()) =
                poll_fn(|cx| Service::<axum::extract::Request>::poll_ready(&mut router, cx)).await;
            let mut answered: Result<_, Infallible> = router.call(request).await;
            if let Ok(response) = &mut answered
                && !response.status().is_success()
                && unread.load(Ordering::Relaxed)
            {
                // The rest of the body is not the head of a next request.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answered
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
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

/// Closes the connection of a client that may have been answered before it had sent all, as
/// refusals are: what still comes is dropped for a moment. To close at once would reset the
/// connection, and the client might never see its answer (RFC 9112, section 9.6).
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let drained = async {
        stream.shutdown().await?;
        io::copy(&mut stream, &mut io::sink()).await
    };
    if let Ok(Err(error)) = timeout(LINGER, drained).await {
        tracing::debug!(%error, "cannot close a connection cleanly");
    }
}

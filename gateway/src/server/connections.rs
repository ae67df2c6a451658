//! Accepts connections and serves HTTP/1.1 and HTTP/2 on each, within limits: nobody can hold one open by saying
//! nothing, and all end in order when the gateway goes down.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

use super::Peer;
use super::edge::Edge;
use super::refusing::Refusing;
use crate::config::Limits;

/// What an HTTP/2 client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Headers of an HTTP/2 request so many times too large are read, so that the edge can say what is wrong with them.
const TOLD_ABOUT: u32 = 4;

/// Most headers of a request.
const HEADERS_MAX: usize = 64;

/// Streams that a client opened and reset before they were accepted: more, and the connection ends.
const PENDING_RESETS_MAX: usize = 20;

/// Streams that ended by a client's fault: more, and the connection ends.
const FAULTY_STREAMS_MAX: usize = 200;

/// How long to wait after a listener failed, so that a lack of file descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// What ends connections.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    /// No new connection, no new request; what is under way goes on.
    pub closing: CancellationToken,
    /// Nothing goes on.
    pub over: CancellationToken,
}

/// Serves a port until it closes. Connections are tracked by `tasks`.
pub(super) async fn serve(
    listener: TcpListener,
    edge: Edge,
    limits: Arc<Limits>,
    ends: Ends,
    tasks: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let builder = builder(&limits);
    loop {
        let place = tokio::select! {
            () = ends.closing.cancelled() => return,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let (stream, peer) = tokio::select! {
            () = ends.closing.cancelled() => return,
            accepted = accept(&listener) => accepted,
        };
        let (edge, builder, ends) = (edge.clone(), builder.clone(), ends.clone());
        let limits = Arc::clone(&limits);
        tasks.spawn(async move {
            connection(stream, peer, edge, &builder, &limits, &ends).await;
            drop(place);
        });
    }
}

/// The next connection. Small answers are sent at once.
async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Fails only on a connection that is broken already; reading from it will tell.
                let _ = stream.set_nodelay(true);
                return (stream, Peer(peer));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_seconds))
        .max_headers(HEADERS_MAX)
        .max_buf_size(limits.max_header_bytes as usize)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams_per_connection)
        .max_header_list_size(limits.max_header_bytes.saturating_mul(TOLD_ABOUT))
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .keep_alive_interval(Duration::from_secs(limits.keep_alive_seconds))
        .keep_alive_timeout(Duration::from_secs(limits.keep_alive_seconds))
        .adaptive_window(false);
    builder
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    edge: Edge,
    builder: &auto::Builder<TokioExecutor>,
    limits: &Limits,
    ends: &Ends,
) {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        edge.clone().oneshot(request.map(axum::body::Body::new))
    });
    let stream = Refusing::new(Prompt::new(stream, Duration::from_secs(limits.header_seconds)));
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut age = pin!(ages(limits.connection_age_seconds, peer));
    let mut asked = false;
    loop {
        tokio::select! {
            // An error is the client's own: it went away, or broke the protocol.
            _ = serving.as_mut() => return,
            () = ends.over.cancelled() => return,
            () = ends.closing.cancelled(), if !asked => { asked = true; serving.as_mut().graceful_shutdown(); }
            () = age.as_mut(), if !asked => { asked = true; serving.as_mut().graceful_shutdown(); }
        }
    }
}

/// Waits until a connection is old. Ports differ, so that those that came together do not go together.
async fn ages(seconds: u64, peer: Peer) {
    if seconds == 0 {
        return std::future::pending().await;
    }
    let spread = seconds / 10;
    let later = if spread == 0 { 0 } else { u64::from(peer.0.port()) % spread };
    tokio::time::sleep(Duration::from_secs(seconds + later)).await;
}

/// A connection whose first words must come in time: as long as it is not known whether it speaks HTTP/2, no other
/// limit holds.
struct Prompt {
    stream: TcpStream,
    patience: Option<Pin<Box<Sleep>>>,
    heard: usize,
}

impl Prompt {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience: Some(Box::pin(tokio::time::sleep(patience))), heard: 0 }
    }

    /// Whether it is settled which protocol is spoken.
    fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if PREFACE.get(self.heard) != Some(byte) {
                self.patience = None;
                return;
            }
            self.heard += 1;
        }
        if self.heard == PREFACE.len() {
            self.patience = None;
        }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(patience) = self.patience.as_mut() else { return read };
        if read.is_pending() {
            ready!(patience.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let heard = buffer.filled()[before..].to_vec();
        self.hear(&heard);
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    /// No: then HTTP/2 puts small frames together and writes them in one piece. With a write for each frame a fifth of
    /// the gateway's processor time goes there.
    fn is_write_vectored(&self) -> bool {
        false
    }
}

/// What an edge answers with.
pub(super) type Answer = Response<axum::body::Body>;

/// Proves that an edge can be called by hyper.
const _: fn() = || {
    fn is_service<S: Service<Request<axum::body::Body>, Response = Answer>>() {}
    is_service::<Edge>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_sends_small_answers_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = accept(&listener).await;
        assert!(stream.nodelay().unwrap());
        assert_eq!(peer.0, client.local_addr().unwrap());
    }

    #[tokio::test]
    async fn who_does_not_say_which_protocol_is_heard_for_a_while_only() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = accept(&listener).await;
        client.try_write(b"PRI").unwrap();
        let mut prompt = Prompt::new(stream, Duration::from_millis(20));
        let mut read = Vec::new();
        let error = tokio::io::AsyncReadExt::read_to_end(&mut prompt, &mut read).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(read, b"PRI");
    }

    #[tokio::test]
    async fn who_said_enough_may_be_silent_afterwards() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = accept(&listener).await;
        let mut prompt = Prompt::new(stream, Duration::from_millis(20));
        prompt.hear(b"GET / HTTP/1.1");
        assert!(prompt.patience.is_none());
    }
}

//! One HTTP/2 connection to one endpoint, ours from the socket up: so that we know whether a call left or not.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::Uri;
use http_body_util::BodyExt;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};
use tower::Service;

use super::call::{CallError, Outbound};
use super::identity;
use super::socket::Socket;

/// How long connecting may take, the questions after the agency's health and services included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How often an idle connection is asked whether it is still there, and how long it may think about it.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(5));

/// Most bytes of a response: it becomes a row of the case.
const RESPONSE_BYTES_MAX: usize = 256 << 10;

/// A connection. Clones share it.
#[derive(Clone)]
pub(super) struct Connection {
    sender: SendRequest<Body>,
    origin: Uri,
}

/// A request that did not get its response.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("not sent")]
    NotSent,
    #[error("{0}")]
    Broken(String),
    #[error("HTTP status {0}")]
    Http(u16),
}

impl Connection {
    /// Connects, and asks after the agency's health where it offers `grpc.health.v1`, and by server reflection whether
    /// any of its services is served there at all.
    pub(super) async fn open(
        address: SocketAddr,
        origin: &Uri,
        services: &BTreeSet<String>,
    ) -> Result<Self, CallError> {
        let not_sent = |reason: String| CallError::NotSent { reason };
        match timeout(CONNECT_TIMEOUT, Self::connect(address, origin, services)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(reason)) => Err(not_sent(reason)),
            Err(_) => Err(not_sent("connecting took too long".to_owned())),
        }
    }

    async fn connect(address: SocketAddr, origin: &Uri, services: &BTreeSet<String>) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(Socket(stream)))
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an agency broke");
            }
        });
        let connection = Self { sender, origin: origin.clone() };
        connection.ask_health().await?;
        if identity::is_another(&connection, origin, services).await {
            return Err(
                "another system is at this address, which serves none of the agency's services".to_owned()
            );
        }
        Ok(connection)
    }

    /// Also the proof that somebody who speaks gRPC is at the other end, before anything leaves.
    async fn ask_health(&self) -> Result<(), String> {
        use tonic_health::pb::health_check_response::ServingStatus;
        use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
        let mut client = HealthClient::with_origin(self.clone(), self.origin.clone());
        match client.check(HealthCheckRequest { service: String::new() }).await {
            Ok(answer) if answer.get_ref().status() == ServingStatus::NotServing => {
                Err("it says that it is not serving".to_owned())
            }
            Ok(_) => Ok(()),
            Err(status) if matches!(status.code(), Code::Unimplemented | Code::NotFound) => Ok(()),
            Err(status) => Err(format!("its health could not be asked: {}", status.code())),
        }
    }

    /// Whether calls can still be made over it.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Makes one attempt at a call.
    pub(super) async fn call(&self, call: &Outbound, time_left: Duration) -> Result<Bytes, CallError> {
        let mut request = Request::new(call.body.clone());
        *request.metadata_mut() = call.metadata.clone();
        request.set_timeout(time_left);
        let mut client = tonic::client::Grpc::with_origin(self.clone(), self.origin.clone())
            .max_decoding_message_size(RESPONSE_BYTES_MAX);
        match timeout(time_left, client.unary(request, call.path.clone(), Bare)).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(failure(status)),
            Err(_) => Err(CallError::Silence),
        }
    }
}

/// A status of the agency's own has no source; what this side made of an accident has.
fn failure(status: Status) -> CallError {
    let mut source = std::error::Error::source(&status);
    let accident = source.is_some();
    while let Some(error) = source {
        if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
            let reason = interrupted.to_string();
            return match interrupted {
                // Whoever answers with these has not let the call in.
                Interrupted::NotSent | Interrupted::Http(429 | 503) => CallError::NotSent { reason },
                Interrupted::Broken(_) | Interrupted::Http(_) => CallError::Broken { reason },
            };
        }
        source = error.source();
    }
    if accident { CallError::Broken { reason: status.code().to_string() } } else { CallError::Status(status) }
}

impl Service<http::Request<Body>> for Connection {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // A connection that is not open any more gives the request back, unsent.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let sent = self.sender.try_send_request(request);
        Box::pin(async move {
            let response = sent.await.map_err(|mut error| match error.take_message() {
                Some(_) => Interrupted::NotSent,
                None => Interrupted::Broken(error.error().to_string()),
            })?;
            let status = response.status();
            if status != http::StatusCode::OK {
                return Err(Interrupted::Http(status.as_u16()).into());
            }
            let broken = |error: hyper::Error| BoxError::from(Interrupted::Broken(error.to_string()));
            Ok(response.map(|body| Body::new(body.map_err(broken))))
        })
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Room that a message is given at first, in bytes: what an agency is sent and what it answers is small.
const MESSAGE_BYTES: usize = 1 << 10;
/// A message of so many bytes is sent before the next is looked at; there is one.
const YIELD_BYTES: usize = 32 << 10;

/// Messages as they are: bytes.
#[derive(Debug, Clone, Copy)]
struct Bare;

impl Codec for Bare {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bare {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(MESSAGE_BYTES, YIELD_BYTES)
    }
}

impl Decoder for Bare {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let len = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(len)))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(MESSAGE_BYTES, YIELD_BYTES)
    }
}

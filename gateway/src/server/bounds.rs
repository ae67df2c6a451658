//! The bounds of every call: how many at once, how long, what happens when one panics, and that streams end when the
//! gateway goes down. What is beyond is refused at once, before any work and before anything is stored.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use prost_reflect::DescriptorPool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tower::{Layer, Service};

use crate::config::Limits;
use crate::reasons::{Reason, status};
use crate::telemetry;

/// What load balancers ask; answered however busy the gateway is.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Streams that are not of the contract.
const STREAMS: [&str; 3] = [
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The bounds, shared by all ports of a gateway.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    calls: Arc<Semaphore>,
    watches: Arc<Semaphore>,
    streams: Arc<HashSet<String>>,
    longest: Duration,
    closing: CancellationToken,
}

impl Bounds {
    /// `closing` is cancelled when the gateway begins to go down.
    pub(super) fn new(pool: &DescriptorPool, limits: &Limits, closing: CancellationToken) -> Self {
        let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let streaming = methods.filter(|method| method.is_server_streaming() || method.is_client_streaming());
        let of_contract =
            streaming.map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()));
        Self {
            calls: Arc::new(Semaphore::new(limits.max_in_flight)),
            watches: Arc::new(Semaphore::new(limits.max_watches)),
            streams: Arc::new(of_contract.chain(STREAMS.map(str::to_owned)).collect()),
            longest: limits.call(),
            closing,
        }
    }

    /// A place for the call, or why there is none.
    fn place(&self, streams: bool) -> Result<OwnedSemaphorePermit, Status> {
        if self.closing.is_cancelled() {
            return Err(status(Reason::ShuttingDown, "the gateway is going down; another one answers"));
        }
        let places = if streams { &self.watches } else { &self.calls };
        Arc::clone(places).try_acquire_owned().map_err(|_| {
            let what = if streams { "watches" } else { "calls" };
            telemetry::refused(Reason::Overloaded);
            status(
                Reason::Overloaded,
                format!("as many {what} are under way as the gateway takes; nothing was stored"),
            )
        })
    }

    /// How long the call may take: what its caller gives it, and no longer than any may.
    fn time(&self, headers: &HeaderMap) -> Duration {
        let asked = headers.get("grpc-timeout").and_then(|value| timeout(value.to_str().ok()?));
        asked.map_or(self.longest, |asked| asked.min(self.longest))
    }
}

/// A `grpc-timeout`: at most eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

impl<S> Layer<S> for Bounds {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded { inner, bounds: self.clone() }
    }
}

/// A service within [`Bounds`].
#[derive(Debug, Clone)]
pub(super) struct Bounded<S> {
    inner: S,
    bounds: Bounds,
}

type Answered<E> = Pin<Box<dyn Future<Output = Result<Response<tonic::body::Body>, E>> + Send>>;

impl<S, B> Service<Request<B>> for Bounded<S>
where
    S: Service<Request<B>, Response = Response<tonic::body::Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<tonic::body::Body>;
    type Error = S::Error;
    type Future = Answered<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let path = request.uri().path();
        if path == HEALTH {
            return Box::pin(self.inner.call(request));
        }
        let streams = self.bounds.streams.contains(path);
        let place = match self.bounds.place(streams) {
            Ok(place) => place,
            Err(refusal) => return Box::pin(async move { Ok(refusal.into_http()) }),
        };
        let time = self.bounds.time(request.headers());
        let closing = streams.then(|| self.bounds.closing.clone().cancelled_owned());
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            let response = match tokio::time::timeout(time, answer).await {
                Ok(Ok(response)) => response?,
                Ok(Err(_)) => return Ok(panicked().into_http()),
                Err(_) => return Ok(too_long(time).into_http()),
            };
            let held = |body| Held { body, _place: place, closing: closing.map(Box::pin), over: false };
            Ok(response.map(|body| tonic::body::Body::new(held(body))))
        })
    }
}

fn panicked() -> Status {
    tracing::error!("a call panicked; the others go on");
    status(Reason::Internal, "the gateway failed at this; it is logged under the trace of this call")
}

fn too_long(time: Duration) -> Status {
    let detail = format!(
        "not answered within {} ms; send it again with the same request id to learn",
        time.as_millis()
    );
    status(Reason::TimedOut, detail)
}

/// A body that keeps the call's place until it ends; a stream's ends when the gateway goes down.
struct Held {
    body: tonic::body::Body,
    _place: OwnedSemaphorePermit,
    closing: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    over: bool,
}

impl Body for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let closed = self.closing.as_mut().is_some_and(|closing| closing.as_mut().poll(context).is_ready());
        if closed {
            self.over = true;
            let farewell =
                status(Reason::ShuttingDown, "the gateway is going down; watch again from where you are");
            let mut trailers = HeaderMap::new();
            return Poll::Ready(match farewell.add_header(&mut trailers) {
                Ok(()) => Some(Ok(Frame::trailers(trailers))),
                Err(error) => Some(Err(error)),
            });
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.over = frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Instant;

    use http_body_util::BodyExt;
    use tonic::Code;
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::config::Config;
    use crate::reasons::Refusal;

    const CALL: &str = "/loket.portal.v1.CaseService/GetCase";
    const WATCH: &str = "/loket.portal.v1.CaseService/WatchCase";

    fn bounds(change: impl FnOnce(&mut Limits)) -> Bounds {
        let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        let mut limits = Config::load(None, []).unwrap().limits;
        change(&mut limits);
        Bounds::new(&pool, &limits, CancellationToken::new())
    }

    fn to(path: &str) -> Request<()> {
        Request::builder().uri(path).body(()).unwrap()
    }

    fn code(response: &Response<tonic::body::Body>) -> Option<Status> {
        Status::from_header_map(response.headers())
    }

    /// Never answers a call; a watch is answered with a stream that never says anything.
    async fn silent(request: Request<()>) -> Result<Response<tonic::body::Body>, Infallible> {
        if request.uri().path() == WATCH {
            let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, Status>>(1);
            std::mem::forget(sender);
            let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
            return Ok(Response::new(tonic::body::Body::new(http_body_util::StreamBody::new(stream))));
        }
        std::future::pending().await
    }

    #[tokio::test]
    async fn what_is_beyond_is_refused_at_once_and_says_when_to_come_back() {
        let service = bounds(|limits| limits.max_in_flight = 1).layer(service_fn(silent));
        let first = tokio::spawn(service.clone().oneshot(to(CALL)));
        while service.bounds.calls.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // The best of several: other work on the machine is not what is measured.
        let mut fastest = Duration::MAX;
        for _ in 0..20 {
            let begun = Instant::now();
            let refused = service.clone().oneshot(to(CALL)).await.unwrap();
            fastest = fastest.min(begun.elapsed());
            assert!(code(&refused).is_some());
        }
        assert!(fastest < Duration::from_millis(10), "{fastest:?}");
        let refused = service.clone().oneshot(to(CALL)).await.unwrap();
        let refusal = Refusal::of(&code(&refused).unwrap());
        assert_eq!(refusal.reason, Reason::Overloaded);
        assert!(refusal.retry_after.is_some());
        // A watch has places of its own, and a health check needs none.
        assert!(code(&service.clone().oneshot(to(WATCH)).await.unwrap()).is_none());
        first.abort();
    }

    #[tokio::test]
    async fn a_call_that_takes_too_long_is_answered_and_its_place_is_free() {
        let service = bounds(|_| {}).layer(service_fn(silent));
        let mut request = to(CALL);
        request.headers_mut().insert("grpc-timeout", "5m".parse().unwrap());
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(code(&response).unwrap().code(), Code::DeadlineExceeded);
        assert_eq!(service.bounds.calls.available_permits(), 1024);
    }

    #[tokio::test]
    async fn a_panic_is_one_failed_call() {
        let service = bounds(|_| {}).layer(service_fn(|_: Request<()>| async {
            if true {
                panic!("planted");
            }
            Ok::<Response<tonic::body::Body>, Infallible>(Response::default())
        }));
        let response = service.clone().oneshot(to(CALL)).await.unwrap();
        assert_eq!(code(&response).unwrap().code(), Code::Internal);
        assert_eq!(service.bounds.calls.available_permits(), 1024);
    }

    #[tokio::test]
    async fn a_watch_ends_with_a_word_when_the_gateway_goes_down_and_no_call_begins() {
        let service = bounds(|_| {}).layer(service_fn(silent));
        let watch = service.clone().oneshot(to(WATCH)).await.unwrap();
        service.bounds.closing.cancel();
        let ended = watch.into_body().collect().await.unwrap();
        let said = Status::from_header_map(ended.trailers().unwrap()).unwrap();
        assert_eq!(Refusal::of(&said).reason, Reason::ShuttingDown);
        let refused = service.oneshot(to(CALL)).await.unwrap();
        assert_eq!(Refusal::of(&code(&refused).unwrap()).reason, Reason::ShuttingDown);
    }

    #[test]
    fn a_callers_deadline_counts_where_it_is_shorter() {
        let bounds = bounds(|_| {});
        let time = |text: &str| {
            bounds.time(&HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), text.parse().unwrap())]))
        };
        assert_eq!(time("50m"), Duration::from_millis(50));
        assert_eq!(time("2S"), Duration::from_secs(2));
        for text in ["99H", "", "S", "123456789S", "5x", "-1S"] {
            assert_eq!(time(text), Duration::from_secs(30), "{text}");
        }
    }
}

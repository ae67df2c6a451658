//! Every call that is answered has a span and is counted, whatever protocol brought it.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, Span, field};

use super::context::parent_from_headers;
use super::metrics::{self, Served};

/// What a call of an unknown method is counted under: a caller must not be able to make up names.
const OTHER: &str = "_OTHER";

/// The methods of the contract, by path: `/package.Service/Method`.
#[derive(Debug, Clone, Default)]
pub struct MethodNames(Arc<HashSet<String>>);

impl MethodNames {
    /// All methods of these services.
    #[must_use]
    pub fn of(pool: &prost_reflect::DescriptorPool) -> Self {
        let names = pool.services().flat_map(|service| {
            let of = |method: prost_reflect::MethodDescriptor| {
                format!("/{}/{}", method.parent_service().full_name(), method.name())
            };
            service.methods().map(of).collect::<Vec<_>>()
        });
        Self(Arc::new(names.collect()))
    }

    /// The name of a path without its slash, or `_OTHER`.
    fn name(&self, path: &str) -> String {
        match self.0.get(path) {
            Some(known) => known[1..].to_owned(),
            None => OTHER.to_owned(),
        }
    }
}

/// Puts a span around each gRPC call and counts it.
#[derive(Debug, Clone)]
pub struct CallLayer(pub MethodNames);

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, names: self.0.clone() }
    }
}

/// See [`CallLayer`].
#[derive(Debug, Clone)]
pub struct CallService<S> {
    inner: S,
    names: MethodNames,
}

impl<S, B, R> Service<Request<B>> for CallService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    R: Body,
{
    type Response = Response<Observed<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let method = self.names.name(request.uri().path());
        let span = tracing::info_span!(
            "call",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = field::Empty,
        );
        parent_from_headers(&span, request.headers());
        let mut observed = Observing { span: span.clone(), method, begun: Instant::now(), over: false };
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(
            async move {
                let response = answer.await;
                Ok(response?
                    .map_headers(|headers| observed.headers(headers))
                    .map(|body| Observed { inner: body, observing: observed }))
            }
            .instrument(span),
        )
    }
}

/// Looks at the headers of a response on its way.
trait MapHeaders {
    fn map_headers(self, look: impl FnOnce(&HeaderMap)) -> Self;
}

impl<R> MapHeaders for Response<R> {
    fn map_headers(self, look: impl FnOnce(&HeaderMap)) -> Self {
        look(self.headers());
        self
    }
}

/// A call until its status is known.
#[derive(Debug)]
struct Observing {
    span: Span,
    method: String,
    begun: Instant,
    over: bool,
}

impl Observing {
    /// A refusal without a body has its status in the headers.
    fn headers(&mut self, headers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.finish(status.code());
        }
    }

    fn finish(&mut self, code: Code) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let status = code_name(code);
        self.span.record("rpc.response.status_code", status);
        if faulty(code) {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics::served(Served { method: &self.method, status, took: self.begun.elapsed() });
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        // The caller went away before the end.
        self.finish(Code::Cancelled);
    }
}

/// Whether a server's span counts as failed: the caller's own mistakes do not (semantic conventions).
fn faulty(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// The name of a code as it is on the wire's documents: `NOT_FOUND`.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// A body that tells when its status has come.
#[derive(Debug)]
pub struct Observed<R> {
    inner: R,
    observing: Observing,
}

impl<R: Body + Unpin> Body for Observed<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let status = Status::from_header_map(trailers);
                    self.observing.finish(status.map_or(Code::Unknown, |status| status.code()));
                }
            }
            Some(Err(_)) => self.observing.finish(Code::Unknown),
            None => self.observing.finish(Code::Ok),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tonic::body::Body as GrpcBody;
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::telemetry::prometheus_text;

    fn names() -> MethodNames {
        MethodNames(Arc::new(HashSet::from(["/t.Observed/Get".to_owned()])))
    }

    async fn call(path: &str, status: Status) {
        let inner = service_fn(move |_: Request<()>| {
            let status = status.clone();
            async move { Ok::<_, std::convert::Infallible>(status.into_http::<GrpcBody>()) }
        });
        let request = Request::builder().uri(path).body(()).unwrap();
        let response = CallLayer(names()).layer(inner).oneshot(request).await.unwrap();
        let _ = response.into_body().collect().await;
    }

    #[tokio::test]
    async fn a_call_is_counted_with_its_status_and_an_unknown_path_cannot_make_up_a_name() {
        call("/t.Observed/Get", Status::not_found("")).await;
        call("/anything/at-all-1234", Status::unimplemented("")).await;
        let text = prometheus_text();
        let counted = text.lines().any(|line| line.contains("t.Observed/Get") && line.contains("NOT_FOUND"));
        assert!(counted, "{text}");
        assert!(text.contains("_OTHER") && !text.contains("at-all-1234"));
    }
}

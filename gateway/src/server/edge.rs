//! One port speaks three languages: gRPC and gRPC-Web go to the services, everything else is REST.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use tonic::Status;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::{Limits, require_loopback};
use crate::reasons::{Reason, status};
use crate::rest::{Inside, problem};

/// Whatever is neither gRPC nor gRPC-Web.
pub(super) type Plain = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// A port, ready to be called by connections.
pub(super) type Edge = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Most bytes of a path with its query.
const PATH_MAX: usize = 8 * 1024;

/// How large what comes before a body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    headers: usize,
}

impl Sizes {
    pub(super) fn of(limits: &Limits) -> Self {
        Self { headers: limits.max_header_bytes as usize }
    }

    /// Refuses what is too large.
    fn check(self, request: &Request<Body>) -> Result<(), Status> {
        let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        if path > PATH_MAX {
            let detail = format!(
                "the path and query may have at most {PATH_MAX} bytes; send what is long in the body"
            );
            return Err(status(Reason::PathTooLong, detail));
        }
        let headers: usize =
            request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers > self.headers {
            let detail = format!("the headers may have at most {} bytes together", self.headers);
            return Err(status(Reason::HeadersTooLarge, detail));
        }
        Ok(())
    }
}

/// An edge of these gRPC services and this REST. Origins: who may call from a browser; none for nobody.
pub(super) fn edge(inside: Inside, plain: Plain, origins: &[String], sizes: Sizes) -> Edge {
    let split = Split { web: GrpcWebLayer::new().layer(inside.clone()), inside, plain, sizes };
    if origins.is_empty() { Edge::new(split) } else { Edge::new(cors(origins).layer(split)) }
}

/// Splits by the type of the content.
#[derive(Clone)]
struct Split {
    inside: Inside,
    web: GrpcWebService<Inside>,
    plain: Plain,
    sizes: Sizes,
}

impl Service<Request<Body>> for Split {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let language = language(&request);
        if let Err(refusal) = host(&request).and_then(|()| self.sizes.check(&request)) {
            let refused = match language {
                Language::Grpc | Language::GrpcWeb => refusal.into_http(),
                _ => problem::response(&refusal),
            };
            return Box::pin(async move { Ok(refused) });
        }
        match language {
            Language::Grpc => {
                let answer = self.inside.clone().oneshot(request.map(tonic::body::Body::new));
                Box::pin(async move { Ok(answer.await?.map(Body::new)) })
            }
            Language::GrpcWeb => {
                let answer = self.web.clone().oneshot(request.map(tonic::body::Body::new));
                Box::pin(async move { Ok(answer.await?.map(Body::new)) })
            }
            Language::GrpcOverHttp1 => Box::pin(async {
                let detail = "gRPC needs HTTP/2; over HTTP/1.1 speak gRPC-Web or REST";
                Ok(problem::response(&status(Reason::UnsupportedMediaType, detail)))
            }),
            Language::Plain => Box::pin(self.plain.clone().oneshot(request)),
        }
    }
}

/// What a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Grpc,
    GrpcWeb,
    GrpcOverHttp1,
    Plain,
}

fn language(request: &Request<Body>) -> Language {
    let content = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let Some(rest) = content.strip_prefix(b"application/grpc") else { return Language::Plain };
    if request.method() != Method::POST {
        return Language::Plain;
    }
    if rest.starts_with(b"-web") {
        Language::GrpcWeb
    } else if request.version() == Version::HTTP_2 {
        Language::Grpc
    } else {
        Language::GrpcOverHttp1
    }
}

/// Lets pass requests for this machine: a page of a foreign site that makes its name resolve to loopback is not one.
fn host(request: &Request<Body>) -> Result<(), Status> {
    let said = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str).or(said);
    let Some(authority) = authority else { return Ok(()) };
    let host = authority.parse::<http::uri::Authority>();
    let local = host.is_ok_and(|authority| require_loopback("Host", authority.host()).is_ok());
    if local {
        return Ok(());
    }
    Err(status(Reason::ForeignHost, "call this gateway by 127.0.0.1, [::1] or localhost"))
}

/// Who may call from a browser, with what, and what they may read.
fn cors(origins: &[String]) -> CorsLayer {
    let any = origins.iter().any(|origin| origin == "*");
    let loopback = origins.iter().any(|origin| origin == "loopback");
    let named: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let allowed =
        AllowOrigin::predicate(move |origin, _| any || named.contains(origin) || (loopback && local(origin)));
    let headers =
        ["grpc-timeout", "x-grpc-web", "x-user-agent", "last-event-id", "traceparent", "tracestate"];
    let mut sent: Vec<HeaderName> = headers.map(HeaderName::from_static).to_vec();
    sent.extend([header::CONTENT_TYPE, header::AUTHORIZATION, header::ACCEPT, header::ACCEPT_LANGUAGE]);
    let read = ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(sent)
        .expose_headers(read.into_iter().chain([header::RETRY_AFTER]).collect::<Vec<_>>())
        .max_age(std::time::Duration::from_secs(3600))
}

/// Whether an origin is a page of this machine.
fn local(origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let Ok(uri) = origin.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| require_loopback("origin", host).is_ok())
}

/// Headers of an answer that nobody should guess the type of.
pub(super) fn unguessed(mut response: Response<Body>) -> Response<Body> {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tower::service_fn;

    use super::*;

    fn port(origins: &[&str]) -> Edge {
        let inside = service_fn(|_: Request<tonic::body::Body>| async {
            Ok::<_, Infallible>(Status::unimplemented("inside").into_http())
        });
        let plain =
            service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("plain"))) });
        let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        edge(Inside::new(inside), Plain::new(plain), &origins, Sizes { headers: 1_000 })
    }

    fn request(content: &str, version: Version) -> Request<Body> {
        let request = Request::post("/some/path").version(version).header(header::HOST, "localhost:8080");
        let request =
            if content.is_empty() { request } else { request.header(header::CONTENT_TYPE, content) };
        request.body(Body::empty()).unwrap()
    }

    async fn text(response: Response<Body>) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_type_of_the_content_decides_who_answers() {
        let grpc = port(&[]).oneshot(request("application/grpc", Version::HTTP_2)).await.unwrap();
        assert_eq!(Status::from_header_map(grpc.headers()).unwrap().code(), tonic::Code::Unimplemented);
        let web = port(&[]).oneshot(request("application/grpc-web+proto", Version::HTTP_11)).await.unwrap();
        assert_eq!(web.headers()[header::CONTENT_TYPE], "application/grpc-web+proto");
        let old = port(&[]).oneshot(request("application/grpc", Version::HTTP_11)).await.unwrap();
        assert_eq!(old.status(), 415);
        for content in ["", "application/json", "text/plain"] {
            let plain = port(&[]).oneshot(request(content, Version::HTTP_11)).await.unwrap();
            assert_eq!(text(plain).await, "plain", "{content}");
        }
    }

    #[tokio::test]
    async fn a_request_for_another_host_is_refused_in_its_own_language() {
        let mut foreign = request("application/json", Version::HTTP_11);
        foreign.headers_mut().insert(header::HOST, "evil.example:8080".parse().unwrap());
        assert_eq!(port(&[]).oneshot(foreign).await.unwrap().status(), 421);
        let mut foreign = request("application/grpc", Version::HTTP_2);
        *foreign.uri_mut() = "http://evil.example/some/path".parse().unwrap();
        let refused = port(&[]).oneshot(foreign).await.unwrap();
        assert_eq!(Status::from_header_map(refused.headers()).unwrap().code(), tonic::Code::PermissionDenied);
    }

    #[tokio::test]
    async fn what_comes_before_the_body_has_limits_that_are_told_in_its_own_language() {
        let mut large = request("application/json", Version::HTTP_11);
        large.headers_mut().insert("x-large", "x".repeat(1_000).parse().unwrap());
        let refused = port(&[]).oneshot(large).await.unwrap();
        assert_eq!(refused.status(), 431);
        assert!(text(refused).await.contains("at most 1000 bytes"));
        let mut large = request("application/grpc", Version::HTTP_2);
        large.headers_mut().insert("x-large", "x".repeat(1_000).parse().unwrap());
        let refused = port(&[]).oneshot(large).await.unwrap();
        assert_eq!(Status::from_header_map(refused.headers()).unwrap().code(), tonic::Code::OutOfRange);
        let mut long = request("", Version::HTTP_11);
        *long.uri_mut() = format!("/{}", "x".repeat(PATH_MAX)).parse().unwrap();
        assert_eq!(port(&[]).oneshot(long).await.unwrap().status(), 414);
    }

    #[tokio::test]
    async fn a_browser_may_call_from_allowed_origins_and_read_the_status() {
        let ask = |origins: &'static [&'static str], origin: &'static str| async move {
            let mut request = request("application/grpc-web+proto", Version::HTTP_11);
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
            let response = port(origins).oneshot(request).await.unwrap();
            let headers = response.headers().clone();
            (headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), headers)
        };
        let (allowed, headers) = ask(&["loopback"], "http://localhost:5173").await;
        assert!(allowed);
        let exposed = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
        for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(ask(&["https://portal.example"], "https://portal.example").await.0);
        assert!(ask(&["*"], "https://any.example").await.0);
        for (origins, origin) in [
            (&["loopback"] as &'static [&'static str], "https://evil.example"),
            (&["loopback"], "http://localhost.evil.example"),
            (&["https://portal.example"], "http://portal.example"),
            (&[], "http://localhost:5173"),
        ] {
            assert!(!ask(origins, origin).await.0, "{origin}");
        }
    }
}

//! REST: every `google.api.http` rule of the contract, transcoded at run time from its descriptors, calling the same
//! gRPC handlers in this process.

mod body;
mod call;
mod events;
mod json;
mod natural;
mod negotiate;
mod openapi;
mod places;
pub(crate) mod problem;
mod query;
mod read;
mod report;
mod routes;
mod scalar;
mod template;
mod write;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, Value};
use tokio::sync::Semaphore;
use tonic::Status;
use tracing::{Instrument, field};

pub(crate) use call::Inside;
pub(crate) use openapi::WhoMay;
pub use routes::RuleError;
pub use write::{NotOfContract, json_of};

use crate::config::Limits;
use crate::reasons::{Reason, Violation, status, violations};
use crate::server::Peer;
use crate::telemetry;
use json::Json;
use read::Reader;
use routes::{BodyRule, Found, Route, Routes};

/// Where a stream resumes.
const LAST_EVENT_ID: &str = "last-event-id";

/// REST for the services of one port.
#[derive(Clone)]
pub(crate) struct Rest {
    routes: Arc<Routes>,
    inside: Inside,
    openapi: Bytes,
    bounds: Bounds,
    /// Requests whose body is being read: memory is taken before anybody knows who calls.
    reading: Arc<Semaphore>,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    bytes: usize,
    depth: usize,
    idle: Duration,
    whole: Duration,
    keep_alive: Duration,
}

/// A request, taken apart.
struct Asked {
    headers: HeaderMap,
    query: String,
    body: Body,
    peer: Option<Peer>,
}

impl Rest {
    /// REST for these services, by full name, answered by these gRPC services. The bytes are the largest body.
    ///
    /// # Errors
    /// [`RuleError`] where the contract's own rules cannot be served.
    pub(crate) fn new(
        pool: &DescriptorPool,
        services: &[&str],
        inside: Inside,
        limits: &Limits,
        bytes: usize,
        who_may: WhoMay,
    ) -> Result<Self, RuleError> {
        let routes = Routes::of(pool, services)?;
        let openapi = openapi::document(pool, services, &routes, who_may);
        let bounds = Bounds {
            bytes,
            depth: limits.max_json_depth,
            idle: Duration::from_secs(limits.body_idle_seconds),
            whole: limits.call(),
            keep_alive: Duration::from_secs(limits.keep_alive_seconds),
        };
        let reading = Arc::new(Semaphore::new(limits.max_in_flight));
        Ok(Self { routes: Arc::new(routes), inside, openapi: openapi.to_string().into(), bounds, reading })
    }

    /// Answers any request that is not gRPC.
    pub(crate) async fn answer(self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let asked = Asked {
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            peer: parts.extensions.get::<Peer>().copied(),
        };
        let (verb, path) = (parts.method, parts.uri.path());
        if !template::well_encoded(path) {
            return problem::response(&status(
                Reason::InvalidRequest,
                "the path is not percent-encoded UTF-8",
            ));
        }
        let reading = matches!(verb, Method::GET | Method::HEAD);
        match path {
            "/openapi.json" if reading => return self.document(),
            "/openapi.json" => return problem::other_methods(&verb, vec![Method::GET]),
            _ => {}
        }
        if let (true, Some(slug)) = (reading, path.strip_prefix(crate::reasons::PROBLEMS)) {
            return problem::page(slug);
        }
        match self.routes.find(&verb, path) {
            Found::Route(route, values) => self.traced(route, values, asked).await,
            Found::OtherMethods(others) => problem::other_methods(&verb, others),
            Found::Nothing => problem::response(&status(Reason::NoSuchPath, self.nothing_at(path))),
        }
    }

    /// What to do where nothing is at a path.
    fn nothing_at(&self, path: &str) -> String {
        let of_method = self.routes.iter().find(|route| {
            let (service, method) = (route.method.parent_service().full_name(), route.method.name());
            path.strip_prefix('/') == Some(&format!("{service}/{method}"))
        });
        match of_method {
            None => "there is nothing at this path; `/openapi.json` lists what there is".to_owned(),
            Some(route) => format!(
                "this is a method of gRPC: call it as gRPC or gRPC-Web (`buf curl --protocol grpc \
                 --http2-prior-knowledge`), or as REST: {} {}",
                route.verb, route.path
            ),
        }
    }

    fn document(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.openapi.clone()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    async fn traced(&self, route: &Route, values: Vec<String>, asked: Asked) -> Response<Body> {
        let span = tracing::info_span!(
            "http",
            otel.name = format!("{} {}", route.verb, route.path),
            otel.kind = "server",
            otel.status_code = field::Empty,
            http.request.method = route.verb.as_str(),
            http.route = route.path,
            http.response.status_code = field::Empty,
        );
        telemetry::parent_from_headers(&span, &asked.headers);
        let answered = self.transcode(route, values, asked).instrument(span.clone()).await;
        let response = match answered {
            Ok(response) => response,
            Err(refusal) => span.in_scope(|| problem::response(&refusal)),
        };
        span.record("http.response.status_code", response.status().as_u16());
        if response.status().is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
        response
    }

    async fn transcode(
        &self,
        route: &Route,
        values: Vec<String>,
        asked: Asked,
    ) -> Result<Response<Body>, Status> {
        let streams = route.method.is_server_streaming();
        let media_type = if streams { events::MEDIA_TYPE } else { "application/json" };
        if !negotiate::accepts(&asked.headers, media_type) {
            let detail = format!("the answer is {media_type}; let the header Accept take it");
            return Err(status(Reason::NotAcceptable, detail));
        }
        let mut sent = Bytes::new();
        if !matches!(route.body, BodyRule::None) {
            sent = self.body(&asked.headers, asked.body).await?;
            if let Some(fault) = negotiate::body_fault(&asked.headers).filter(|_| !sent.is_empty()) {
                return Err(status(Reason::UnsupportedMediaType, fault));
            }
        }
        let mut message = self.request(route, values, &asked.query, &sent)?;
        resumed(&mut message, &asked.headers)?;
        let inward = call::Inward::new(self.inside.clone(), &route.method)?;
        let response = inward.call(message, &asked.headers, asked.peer).await;
        let response = response.map_err(|refused| match self.parse(&sent) {
            Ok(body) if !sent.is_empty() => places::as_sent(refused, &body),
            _ => refused,
        })?;
        if streams {
            return Ok(events::response(response, self.bounds.keep_alive));
        }
        let mut answers = response.into_inner();
        let answer =
            answers.message().await?.ok_or_else(|| status(Reason::Internal, "there was no answer"))?;
        // Read to the end: a call whose trailers nobody reads counts as cancelled.
        answers.message().await?;
        Ok(written(route, &answer))
    }

    /// The body, within all bounds.
    async fn body(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Status> {
        let Ok(_place) = self.reading.try_acquire() else {
            telemetry::refused(Reason::Overloaded);
            return Err(status(
                Reason::Overloaded,
                "as many requests come in as the gateway takes; nothing was stored",
            ));
        };
        let reading = body::read(headers, body, self.bounds.bytes, self.bounds.idle);
        tokio::time::timeout(self.bounds.whole, reading).await.unwrap_or_else(|_| {
            let detail =
                format!("the body did not come within {} s; send it faster", self.bounds.whole.as_secs());
            Err(status(Reason::BodyTooSlow, detail))
        })
    }

    /// The request's message, from path, query and body.
    fn request(
        &self,
        route: &Route,
        values: Vec<String>,
        query: &str,
        sent: &[u8],
    ) -> Result<DynamicMessage, Status> {
        let mut reader = Reader::default();
        let input = route.method.input();
        let mut message = match &route.body {
            BodyRule::None => DynamicMessage::new(input),
            BodyRule::Whole => reader.message(&input, &self.parse(sent)?, ""),
            BodyRule::Field(field) => {
                let mut message = DynamicMessage::new(input);
                if let Kind::Message(inner) = field.kind() {
                    let read = reader.message(&inner, &self.parse(sent)?, "");
                    message.set_field(field, Value::Message(read));
                }
                message
            }
        };
        let taken: Vec<Vec<String>> = route.template.variables.iter().map(|v| v.field.clone()).collect();
        if matches!(route.body, BodyRule::Whole) && !query.is_empty() {
            reader.fault("query", "must be empty: all of this request is in its body");
        } else {
            query::read(&mut reader, &mut message, query, &taken);
        }
        for (path, value) in taken.iter().zip(values) {
            from_path(&mut reader, &mut message, path, value);
        }
        let faults = reader.into_faults();
        if faults.is_empty() {
            return Ok(message);
        }
        let detail = match faults.as_slice() {
            [only] => format!("{} {}", only.field, only.description),
            all => format!("{} things are not as they must be; `errors` names them", all.len()),
        };
        Err(violations(Reason::InvalidRequest, detail, &faults))
    }

    /// The body as JSON; an empty one is an empty object.
    fn parse(&self, sent: &[u8]) -> Result<Json, Status> {
        if sent.is_empty() {
            return Ok(Json::Object(Vec::new()));
        }
        Json::parse(sent, self.bounds.depth).map_err(|fault| {
            status(Reason::MalformedBody, format!("the body is not JSON as read here: {fault}"))
        })
    }
}

/// Puts a value of the path into its field. A body that says something else contradicts the path.
fn from_path(reader: &mut Reader, message: &mut DynamicMessage, path: &[String], value: String) {
    use prost_reflect::ReflectMessage;
    let Some(field) = routes::field_at(&message.descriptor(), path) else { return };
    let place = path.join(".");
    match scalar::from_text(&field.kind(), &value) {
        Ok(value) => {
            if routes::get_at(message, path).is_some_and(|said| said != value) {
                reader.fault(&place, "differs from the path; leave it out or make them the same");
            }
            routes::set_at(message, path, value);
        }
        Err(expected) => reader.fault(&place, format!("must be {expected}")),
    }
}

/// Where a stream resumes, as a browser that comes back says it. (Languages go along as metadata: the services know
/// which of those wanted there are.)
fn resumed(message: &mut DynamicMessage, headers: &HeaderMap) -> Result<(), Status> {
    use prost_reflect::ReflectMessage;
    let after = message.descriptor().get_field_by_name("after").filter(|field| field.kind() == Kind::Int64);
    let (Some(after), Some(last)) = (after, headers.get(LAST_EVENT_ID)) else { return Ok(()) };
    let Some(last) = last.to_str().ok().and_then(|id| id.trim().parse::<i64>().ok()) else {
        let description =
            "must be the id of an event of this stream: a sequence number, such as 12; leave it out to begin";
        let violation = Violation::new(LAST_EVENT_ID, description);
        return Err(violations(
            Reason::InvalidRequest,
            format!("the header Last-Event-ID {description}"),
            &[violation],
        ));
    };
    message.set_field(&after, Value::I64(last));
    Ok(())
}

/// An answer as a response.
fn written(route: &Route, answer: &DynamicMessage) -> Response<Body> {
    let json = match &route.answer {
        Some(field) => write::field_value(field, &answer.get_field(field)),
        None => write::message(answer),
    };
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;

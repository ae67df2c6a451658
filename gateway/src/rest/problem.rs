//! Refusals as RFC 9457 problems.

use axum::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use tonic::Status;

use crate::reasons::{self, Reason, Refusal};
use crate::telemetry;

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal as a response.
pub(crate) fn response(status: &Status) -> Response<Body> {
    let refusal = Refusal::of(status);
    let code = StatusCode::from_u16(refusal.reason.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(body(&refusal).to_string()));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = refusal.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    if code == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"loket\""));
    }
    response
}

/// A refusal as the body of a problem.
pub(crate) fn body(refusal: &Refusal) -> Value {
    let mut problem = Map::new();
    problem.insert("type".to_owned(), refusal.reason.problem_type().into());
    problem.insert("title".to_owned(), refusal.reason.title().into());
    problem.insert("status".to_owned(), refusal.reason.http().into());
    problem.insert("detail".to_owned(), refusal.detail.clone().into());
    if let Some(trace) = telemetry::current_trace_id() {
        problem.insert("instance".to_owned(), format!("urn:loket:trace:{trace}").into());
    }
    problem.insert("reason".to_owned(), refusal.reason.name().into());
    if !refusal.metadata.is_empty() {
        let metadata =
            refusal.metadata.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        problem.insert("metadata".to_owned(), Value::Object(metadata.collect()));
    }
    let errors: Vec<Value> = refusal
        .fields
        .iter()
        .map(|violation| json!({"path": violation.field, "detail": violation.description}))
        .collect();
    if !errors.is_empty() {
        problem.insert("errors".to_owned(), errors.into());
    }
    Value::Object(problem)
}

/// The refusal of a path that has other methods.
pub(crate) fn other_methods(verb: &Method, mut allowed: Vec<Method>) -> Response<Body> {
    if allowed.contains(&Method::GET) {
        allowed.push(Method::HEAD);
    }
    allowed.push(Method::OPTIONS);
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let list = names.join(", ");
    let mut response = if *verb == Method::OPTIONS {
        let mut empty = Response::new(Body::empty());
        *empty.status_mut() = StatusCode::NO_CONTENT;
        empty
    } else {
        let detail = format!("this path has {list}");
        response(&reasons::status(Reason::MethodNotAllowed, detail))
    };
    if let Ok(value) = HeaderValue::try_from(list) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// What a problem type means, for people who open its address.
pub(crate) fn page(slug: &str) -> Response<Body> {
    let Some(reason) = Reason::by_slug(slug) else {
        return response(&reasons::status(
            Reason::NotFound,
            "there is no such problem type; `/openapi.json` lists them",
        ));
    };
    let text = format!(
        "{}\n\n{}\n\nreason: {}\nHTTP status: {}\ngRPC code: {:?}\n",
        reason.title(),
        reason.meaning(),
        reason.name(),
        reason.http(),
        reason.code()
    );
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

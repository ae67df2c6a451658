//! Server streams as server-sent events. The id of an event is the sequence number to resume from; a comment now and
//! then keeps the connection from being taken for dead.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response, StatusCode, header};
use prost_reflect::{DynamicMessage, Value};
use tonic::{Code, Status, Streaming};

use super::{problem, write};
use crate::portal::OVER;
use crate::reasons::Refusal;

/// The media type of a stream of events.
pub(super) const MEDIA_TYPE: &str = "text/event-stream";

/// How long a browser waits before it comes back, in milliseconds.
const COME_BACK: &str = "retry: 1000\n\n";

/// A stream of messages.
struct Events {
    messages: Streaming<DynamicMessage>,
    keep_alive: Duration,
    begun: bool,
    over: bool,
}

/// The stream as a response. Of one that is over before it begins there is no content: a browser comes back for as long
/// as there is some.
pub(super) fn response(
    messages: tonic::Response<Streaming<DynamicMessage>>,
    keep_alive: Duration,
) -> Response<Body> {
    if messages.metadata().contains_key(OVER) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return response;
    }
    let events = Events { messages: messages.into_inner(), keep_alive, begun: false, over: false };
    let text = stream::unfold(events, |mut events| async move {
        let chunk = events.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(chunk)), events))
    });
    let mut response = Response::new(Body::from_stream(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Events {
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        if !std::mem::replace(&mut self.begun, true) {
            return Some(COME_BACK.to_owned());
        }
        match tokio::time::timeout(self.keep_alive, self.messages.message()).await {
            Err(_) => Some(": still here\n\n".to_owned()),
            Ok(Ok(Some(message))) => Some(event(&message)),
            Ok(Ok(None)) => None,
            Ok(Err(status)) => {
                self.over = true;
                farewell(&status)
            }
        }
    }
}

/// A message as an event.
fn event(message: &DynamicMessage) -> String {
    let id = message.get_field_by_name("sequence").and_then(|value| match value.as_ref() {
        Value::I64(number) => Some(number.to_string()),
        _ => None,
    });
    let data = write::message(message);
    match id {
        Some(id) => format!("id: {id}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}

/// What is said at the end. A gateway that goes down says nothing: the browser comes back by itself.
fn farewell(status: &Status) -> Option<String> {
    if status.code() == Code::Unavailable {
        return None;
    }
    Some(format!("event: problem\ndata: {}\n\n", problem::body(&Refusal::of(status))))
}

//! What the codec refuses, in the table's words. The codec calls a message that it cannot read INTERNAL, as if the
//! gateway had failed; it is the caller's message that is not of the contract.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::reasons::{Reason, status};

/// Details that a status of the table always has, and one of the codec never.
const DETAILS: &str = "grpc-status-details-bin";

/// How the codec's refusals of a request begin.
const UNREADABLE: [&str; 5] = [
    "failed to decode Protobuf message",
    "protocol error: received message",
    "Unexpected EOF decoding stream",
    "Missing request message",
    "tonic-web: ",
];

/// Puts the codec's refusals into the table's words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording;

impl<S> Layer<S> for Wording {
    type Service = Worded<S>;

    fn layer(&self, inner: S) -> Worded<S> {
        Worded { inner }
    }
}

/// See [`Wording`].
#[derive(Debug, Clone)]
pub(super) struct Worded<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Worded<S>
where
    S: Service<Request<B>, Response = Response<tonic::body::Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            if response.headers().contains_key(DETAILS) {
                return Ok(response);
            }
            let said = Status::from_header_map(response.headers());
            Ok(said.and_then(|said| reworded(&said)).map_or(response, Status::into_http))
        })
    }
}

/// The status in the table's words; none where it is not the codec's.
fn reworded(said: &Status) -> Option<Status> {
    let message = said.message();
    match said.code() {
        Code::Internal if UNREADABLE.iter().any(|begins| message.starts_with(begins)) => {
            let what = message.strip_prefix("failed to decode Protobuf message: ").unwrap_or(message);
            Some(status(Reason::InvalidRequest, format!("the message is not of the contract: {what}")))
        }
        Code::OutOfRange => {
            let what = message.strip_prefix("Error, decoded message length too large: ")?;
            Some(status(Reason::BodyTooLarge, format!("the message is too large: {what}")))
        }
        Code::Unimplemented if message.starts_with("Content is compressed") => {
            let detail = "messages are taken as they are; send them without `grpc-encoding`";
            Some(status(Reason::Unimplemented, detail))
        }
        Code::Unimplemented if message.is_empty() => {
            Some(status(Reason::Unimplemented, "there is no such method on this port"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reasons::Refusal;

    fn reason(said: &Status) -> Option<Reason> {
        reworded(said).map(|status| Refusal::of(&status).reason)
    }

    #[test]
    fn what_the_codec_cannot_read_is_the_callers_fault() {
        let utf8 = Status::internal("failed to decode Protobuf message: Case.name: invalid string value");
        assert_eq!(reason(&utf8), Some(Reason::InvalidRequest));
        assert!(reworded(&utf8).unwrap().message().contains("Case.name"));
        let large = "Error, decoded message length too large: found 9 bytes, the limit is: 5 bytes";
        assert_eq!(reason(&Status::out_of_range(large)), Some(Reason::BodyTooLarge));
        assert_eq!(reason(&Status::unimplemented("")), Some(Reason::Unimplemented));
        let packed = Status::unimplemented("Content is compressed with `gzip` which isn't supported");
        assert!(reworded(&packed).unwrap().message().contains("without `grpc-encoding`"));
    }

    #[test]
    fn what_the_text_of_grpc_web_cannot_be_is_the_callers_fault() {
        assert_eq!(reason(&Status::internal("tonic-web: Invalid symbol 32")), Some(Reason::InvalidRequest));
    }

    #[test]
    fn what_others_say_stands() {
        assert_eq!(reason(&Status::internal("the gateway failed")), None);
        assert_eq!(reason(&Status::not_found("Missing request message")), None);
    }
}

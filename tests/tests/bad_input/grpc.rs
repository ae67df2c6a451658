//! What is wrong with calls in gRPC: bytes as they are, whatever they mean.

use http::uri::PathAndQuery;
use prost::Message;
use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::value::Kind;
use tests::counter::Counter;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{NOOR, SECRET};

const OPEN: &str = "/loket.portal.v1.CaseService/OpenCase";
const GET: &str = "/loket.portal.v1.CaseService/GetCase";
const LIST: &str = "/loket.portal.v1.CaseService/ListCases";
const WATCH: &str = "/loket.portal.v1.CaseService/WatchCase";

/// Bytes, as they are.
#[derive(Clone, Copy)]
struct Bare;

impl Codec for Bare {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
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
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl Decoder for Bare {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = bytes::Buf::remaining(buffer);
        Ok(Some(bytes::Buf::copy_to_bytes(buffer, length).to_vec()))
    }
}

/// Calls a method with these bytes.
async fn call(
    channel: &Channel,
    path: &'static str,
    token: Option<&str>,
    message: Vec<u8>,
) -> Result<(), Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let mut answers =
        grpc.server_streaming(request, PathAndQuery::from_static(path), Bare).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(())
}

fn report(value: portal::Value) -> portal::OpenCaseRequest {
    portal::OpenCaseRequest {
        request_id: "grpc".to_owned(),
        life_event: "lifeEvents/birth".to_owned(),
        report: Some(portal::Report {
            role: "mother".to_owned(),
            facts: [("mother.number".to_owned(), value)].into(),
            members: Vec::new(),
        }),
        language: String::new(),
        wait: None,
    }
}

fn nested(levels: usize) -> portal::Value {
    let inside = portal::Value { kind: Some(Kind::Text(SECRET.to_owned())) };
    (0..levels).fold(inside, |inside, _| portal::Value {
        kind: Some(Kind::List(portal::ValueList { values: vec![inside] })),
    })
}

fn text(value: &str) -> portal::Value {
    portal::Value { kind: Some(Kind::Text(value.to_owned())) }
}

/// A call that is refused.
struct Wrong {
    what: &'static str,
    path: &'static str,
    message: Vec<u8>,
    code: Code,
    reason: &'static str,
}

fn wrong(
    what: &'static str,
    path: &'static str,
    message: Vec<u8>,
    code: Code,
    reason: &'static str,
) -> Wrong {
    Wrong { what, path, message, code, reason }
}

/// Bytes that are no message, or too much of one.
fn bytes() -> Vec<Wrong> {
    use Code::{InvalidArgument, OutOfRange};
    let large = report(text(&"x".repeat(5 << 20))).encode_to_vec();
    let deep = report(nested(500)).encode_to_vec();
    vec![
        wrong("bytes", OPEN, b"\xff\xfe\xfd".to_vec(), InvalidArgument, "INVALID_REQUEST"),
        wrong("no UTF-8", OPEN, b"\x0a\x02\xff\xfe".to_vec(), InvalidArgument, "INVALID_REQUEST"),
        wrong("beyond the end", OPEN, b"\x0a\x7fab".to_vec(), InvalidArgument, "INVALID_REQUEST"),
        wrong("nothing at all", OPEN, Vec::new(), InvalidArgument, "INVALID_REQUEST"),
        wrong("deep nesting", OPEN, deep, InvalidArgument, "INVALID_REQUEST"),
        wrong("5 MB", OPEN, large, OutOfRange, "BODY_TOO_LARGE"),
    ]
}

/// Messages of the wrong content.
fn contents() -> Vec<Wrong> {
    use Code::{InvalidArgument, NotFound, Unimplemented};
    let open = |request: portal::OpenCaseRequest| request.encode_to_vec();
    let said = |value| report(value).encode_to_vec();
    let named = |id: &str| open(portal::OpenCaseRequest { request_id: id.into(), ..report(text(NOOR)) });
    let eclipse = open(portal::OpenCaseRequest { life_event: "eclipse".into(), ..report(text(NOOR)) });
    let odd = portal::Value { kind: Some(Kind::Lack(77)) };
    let page = portal::ListCasesRequest { page_size: -1, ..Default::default() }.encode_to_vec();
    let watch = portal::WatchCaseRequest { name: "cases/x".into(), after: -5, language: String::new() };
    let nothing = "/loket.portal.v1.CaseService/Nothing";
    vec![
        wrong("an unknown life event", OPEN, eclipse, NotFound, "LIFE_EVENT_NOT_FOUND"),
        wrong("missing facts", OPEN, said(text(NOOR)), InvalidArgument, "FACTS_MISSING"),
        wrong("some nesting", OPEN, said(nested(20)), InvalidArgument, "WRONG_FACT_TYPE"),
        wrong("no value", OPEN, said(portal::Value::default()), InvalidArgument, "WRONG_FACT_TYPE"),
        wrong("an unknown lack", OPEN, said(odd), InvalidArgument, "WRONG_FACT_TYPE"),
        wrong("no request id", OPEN, named(""), InvalidArgument, "INVALID_REQUEST"),
        wrong("a request id of lines", OPEN, named("a\nb"), InvalidArgument, "INVALID_REQUEST"),
        wrong("a negative page", LIST, page, InvalidArgument, "INVALID_REQUEST"),
        wrong("an unknown case", GET, Vec::new(), NotFound, "CASE_NOT_FOUND"),
        wrong("an unknown case's changes", WATCH, watch.encode_to_vec(), NotFound, "CASE_NOT_FOUND"),
        wrong("no such method", nothing, Vec::new(), Unimplemented, "NO_SUCH_PATH"),
        wrong("no such service", "/some.Service/Method", Vec::new(), Unimplemented, "UNIMPLEMENTED"),
    ]
}

/// Everything that is refused.
pub(super) async fn all(counter: &Counter, token: &str) -> Vec<String> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", counter.public)).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let nobody = |reason| wrong("nobody", GET, Vec::new(), Code::Unauthenticated, reason);
    let calls = bytes().into_iter().chain(contents()).map(|wrong| (Some(token), wrong));
    let strangers = [(None, nobody("UNAUTHENTICATED")), (Some("garbage"), nobody("INVALID_TOKEN"))];
    let mut faults = Vec::new();
    for (token, Wrong { what, path, message, code, reason }) in calls.chain(strangers) {
        let Err(refused) = call(&channel, path, token, message).await else {
            faults.push(format!("{what} by gRPC: not refused"));
            continue;
        };
        let details = refused.get_error_details();
        let told = details.error_info().map(|info| info.reason.as_str());
        let helps = refused.message().len() > 10 && !format!("{refused:?}").contains(SECRET);
        if (refused.code(), told) != (code, Some(reason)) || !helps {
            faults.push(format!("{what} by gRPC: {code:?} {reason} wanted, not {refused:?}"));
        }
    }
    faults
}

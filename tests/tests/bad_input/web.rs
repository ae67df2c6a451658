//! What is wrong with calls in gRPC-Web, binary and as text.

use data_encoding::BASE64;
use prost::Message;
use proto::loket::portal::v1 as portal;
use tests::counter::Counter;
use tests::wire::{Answer, ask, request};
use tonic::Code;

const BINARY: &str = "Content-Type: application/grpc-web+proto";
const TEXT: &str = "Content-Type: application/grpc-web-text+proto\r\nAccept: application/grpc-web-text+proto";

/// A frame: its flags, its length, its message.
fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[flags][..], &length, message].concat()
}

/// The status of an answer: in its headers, or in the trailers at the end of its body.
fn status(answer: &Answer) -> Code {
    let header = answer.header("grpc-status").to_owned();
    let body = match answer.header("content-type").contains("-text") {
        true => BASE64.decode(&answer.body).unwrap_or_default(),
        false => answer.body.clone(),
    };
    let text = String::from_utf8_lossy(&body).into_owned();
    let trailer = text.split("grpc-status:").nth(1).and_then(|rest| rest.split("\r\n").next());
    let said = if header.is_empty() { trailer.unwrap_or_default() } else { &header };
    Code::from_i32(said.trim().parse().unwrap_or(i32::MAX))
}

/// Everything that is refused, and a call that is right.
pub(super) async fn all(counter: &Counter, token: &str) -> Vec<String> {
    let bearer = format!("Authorization: Bearer {token}");
    let get = "CaseService/GetCase";
    let large = portal::GetCaseRequest { name: "x".repeat(5 << 20), language: String::new() }.encode_to_vec();
    let empty = frame(0, b"");
    let as_text = BASE64.encode(&empty).into_bytes();
    let (list, nothing) = ("LifeEventService/ListLifeEvents", "CaseService/Nothing");
    let mut faults = Vec::new();
    for (method, kind, what, body, code) in [
        (get, BINARY, "nothing", Vec::new(), Code::InvalidArgument),
        (get, BINARY, "half a head", b"\x00\x00".to_vec(), Code::InvalidArgument),
        (
            get,
            BINARY,
            "less than was announced",
            frame(0, b"\x0a\x03abc")[..7].to_vec(),
            Code::InvalidArgument,
        ),
        (get, BINARY, "strange flags", frame(0x55, b""), Code::InvalidArgument),
        (get, BINARY, "a compressed message of no encoding", frame(1, b"abc"), Code::InvalidArgument),
        (get, BINARY, "bytes", frame(0, b"\xff\xfe\xfd"), Code::InvalidArgument),
        (get, BINARY, "no UTF-8", frame(0, b"\x0a\x02\xff\xfe"), Code::InvalidArgument),
        (get, BINARY, "more than there is", b"\x00\xff\xff\xff\xff\x0a".to_vec(), Code::OutOfRange),
        (get, BINARY, "5 MB", frame(0, &large), Code::OutOfRange),
        (get, BINARY, "an unknown case", empty.clone(), Code::NotFound),
        (get, TEXT, "an unknown case, as text", as_text.clone(), Code::NotFound),
        (get, TEXT, "no text", b"no base64 at all!".to_vec(), Code::InvalidArgument),
        (nothing, BINARY, "no such method", empty.clone(), Code::Unimplemented),
        (list, TEXT, "nothing wrong, as text", as_text.clone(), Code::Ok),
        (list, BINARY, "nothing wrong", empty.clone(), Code::Ok),
    ] {
        let path = format!("/loket.portal.v1.{method}");
        let answer = ask(counter.public, &request("POST", &path, &[kind, &bearer], &body)).await;
        match answer.filter(|answer| answer.status < 500) {
            Some(answer) if status(&answer) == code => {}
            answer => faults.push(format!("{what} by gRPC-Web: {code:?} wanted, not {answer:?}")),
        }
    }
    faults
}

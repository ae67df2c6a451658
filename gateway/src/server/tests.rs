//! A real port, called over the wire.

use std::io::ErrorKind;
use std::time::Instant;

use http_body_util::{BodyExt, Empty, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::*;
use crate::issuer::Issuer;
use crate::reasons::Refusal;

/// Services that are told of and transcoded, and that nobody implements here.
const SERVICES: &[&str] = &["loket.portal.v1.LifeEventService", "loket.portal.v1.CaseService"];

struct Running {
    server: Server,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

async fn run(change: impl FnOnce(&mut Limits)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults(folder.path()).unwrap();
    change(&mut config.limits);
    let issuer = Issuer::open(folder.path()).unwrap();
    let callers = Callers::trust(issuer.trusted()).await.unwrap();
    let mut server = Server::new(&config, callers).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let port = Port {
        services: SERVICES,
        routes: RoutesBuilder::default(),
        max_body: config.limits.max_message_bytes,
        origins: Vec::new(),
        extras: Router::new(),
    };
    server.open(listener, port).await.unwrap();
    Running { server, address, _folder: folder }
}

async fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// Writes a request as it is and reads what comes until the connection ends.
async fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}

async fn get(address: SocketAddr, path: &str) -> (u16, http::HeaderMap, serde_json::Value) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let response = client.get(format!("http://{address}{path}").parse().unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn one_port_answers_grpc_rest_and_what_is_neither() {
    let running = run(|_| {}).await;
    let mut health = HealthClient::new(channel(running.address).await);
    let ask = HealthCheckRequest { service: "loket.portal.v1.CaseService".into() };
    let said = health.check(ask).await.unwrap().into_inner();
    assert_eq!(said.status, tonic_health::pb::health_check_response::ServingStatus::Serving as i32);

    // Known to the contract, implemented by nobody here: the answer comes from the services, through REST too.
    let (code, headers, problem) = get(running.address, "/v1/life-events").await;
    assert_eq!((code, problem["reason"].as_str()), (501, Some("UNIMPLEMENTED")));
    assert_eq!(headers[http::header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let (code, _, problem) = get(running.address, "/v1/cases").await;
    assert_eq!((code, problem["type"].as_str()), (401, Some("/problems/unauthenticated")));
    let (code, _, problem) = get(running.address, "/nothing").await;
    assert_eq!((code, problem["reason"].as_str()), (404, Some("NO_SUCH_PATH")));

    let mut grpc = tonic::client::Grpc::new(channel(running.address).await);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/some.Service/Method");
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let refused =
        grpc.unary(tonic::Request::new(HealthCheckRequest::default()), path, codec).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    running.server.close().await;
}

async fn reflect(address: SocketAddr, question: MessageRequest) -> Result<ServerReflectionResponse, Status> {
    let mut client = ServerReflectionClient::new(channel(address).await);
    let ask = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut answers = client.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    answers.message().await.map(|answer| answer.unwrap())
}

#[tokio::test]
async fn reflection_tells_of_this_ports_services_alone_in_both_versions() {
    let running = run(|_| {}).await;
    let answer = reflect(running.address, MessageRequest::ListServices(String::new())).await.unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list")
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.retain(|name| !name.starts_with("grpc.reflection."));
    names.sort();
    assert_eq!(
        names,
        ["grpc.health.v1.Health", "loket.portal.v1.CaseService", "loket.portal.v1.LifeEventService"]
    );
    let private = MessageRequest::FileContainingSymbol("loket.operations.v1.RegistryService".to_owned());
    assert_eq!(reflect(running.address, private).await.unwrap_err().code(), Code::NotFound);

    use tonic_reflection::pb::v1alpha;
    let mut old =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel(running.address).await);
    let ask = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut answers = old.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    running.server.close().await;
}

#[tokio::test]
async fn who_sends_headers_too_slowly_or_too_large_is_sent_away() {
    let running = run(|limits| limits.header_seconds = 1).await;
    let begun = Instant::now();
    let silence = raw(running.address, b"GET /v1/cases HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{silence}");
    let undecided = raw(running.address, b"PRI * HTTP").await;
    assert_eq!(undecided, "");
    assert!(begun.elapsed() < Duration::from_secs(8));
    let large =
        format!("GET /v1/cases HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(20_000));
    let answer = raw(running.address, large.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("HEADERS_TOO_LARGE"), "{answer}");
    let nothing = raw(running.address, b"GET /v1/c\xffses HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(nothing.starts_with("HTTP/1.1 400") && nothing.contains("percent-encoded"), "{nothing}");
    running.server.close().await;
}

#[tokio::test]
async fn a_body_too_large_is_refused_in_words_even_to_who_sends_it_all_at_once() {
    let running = run(|_| {}).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let request = Request::post(format!("http://{}/v1/cases", running.address))
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(vec![b' '; 5 << 20])))
        .unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.status(), 413);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["reason"], "BODY_TOO_LARGE");
    running.server.close().await;
}

#[tokio::test]
async fn who_calls_too_often_without_a_token_is_told_when_to_come_back() {
    let running = run(|limits| (limits.anonymous_burst, limits.anonymous_per_second) = (2, 1)).await;
    for _ in 0..2 {
        assert_eq!(get(running.address, "/v1/life-events").await.0, 501);
    }
    let (code, headers, problem) = get(running.address, "/v1/life-events").await;
    assert_eq!((code, problem["reason"].as_str()), (429, Some("TOO_MANY_REQUESTS")));
    assert!(headers.contains_key(http::header::RETRY_AFTER));
    running.server.close().await;
}

#[tokio::test]
async fn closing_says_so_ends_streams_and_takes_nothing_new() {
    let running = run(|_| {}).await;
    let mut health = HealthClient::new(channel(running.address).await);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    let begun = Instant::now();
    running.server.close().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "closing waited for a stream");
    let end = loop {
        match watch.message().await {
            Ok(said) => assert!(said.is_some(), "it ended without a word"),
            Err(end) => break end,
        }
    };
    assert_eq!(Refusal::of(&end).reason, Reason::ShuttingDown);
    assert!(TcpStream::connect(running.address).await.is_err());
}

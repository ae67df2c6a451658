//! The edges of a whole gateway, over the wire: gRPC and REST give the same answer, and everything that is wrong is
//! refused with the right status and a helpful problem.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod country;

use std::time::Duration;

use country::{Answer, Gateway, lamps};
use http::Method;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::life_event_service_client::LifeEventServiceClient;
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic_types::StatusExt;

async fn channel(gateway: &Gateway) -> Channel {
    Channel::from_shared(format!("http://{}", gateway.public)).unwrap().connect().await.unwrap()
}

fn with_token<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Proves that an answer is a problem with this status and reason, and that it says something to people.
fn problem(answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status, answer.body["reason"].as_str()), (status, Some(reason)), "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.body["status"], status);
    for member in ["type", "title", "detail"] {
        assert!(answer.body[member].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
    }
}

#[tokio::test]
async fn the_same_call_has_the_same_answer_by_grpc_and_by_rest() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let mut life_events = LifeEventServiceClient::new(channel(&gateway).await);
    let ask = portal::GetLifeEventRequest { name: "lifeEvents/lamp".into(), language: "nl".into() };
    let by_grpc = life_events.get_life_event(ask).await.unwrap().into_inner();
    let by_rest = gateway.get("/v1/lifeEvents/lamp?language=nl", None).await;
    assert_eq!(by_rest.status, 200);
    assert_eq!(by_rest.body["title"], by_grpc.title.as_str());
    assert_eq!(by_rest.body["title"], "Een lamp aansteken");
    assert_eq!(by_rest.body["questions"].as_array().unwrap().len(), by_grpc.questions.len());
    let listed = gateway.get("/v1/life-events", None).await;
    let names: Vec<&str> =
        listed.body["lifeEvents"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"lifeEvents/lamp"), "{names:?}");

    // A report by REST, repeated by gRPC: one request, one case.
    let token = gateway.citizen("999990019").await;
    let opened = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let name = opened.body["case"]["name"].as_str().unwrap();
    let mut cases = CaseServiceClient::new(channel(&gateway).await);
    let got = cases
        .get_case(with_token(portal::GetCaseRequest { name: name.into(), ..Default::default() }, &token));
    let by_grpc = got.await.unwrap().into_inner();
    let by_rest = gateway.get(&format!("/v1/{name}"), Some(&token)).await;
    assert_eq!(by_rest.body["reference"], by_grpc.reference.as_str());
    assert_eq!(by_rest.body["state"], "OPEN");
    assert_eq!(by_rest.body["steps"].as_array().unwrap().len(), by_grpc.steps.len());
    let again = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    assert_eq!((&again.body["replayed"], &again.body["case"]["name"]), (&json!(true), &json!(name)));
    gateway.stop().await;
}

#[tokio::test]
async fn facts_come_back_as_they_went_in() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let facts = json!({"lighting": {"since": "2026-11-01"}, "lamp": [{"serial": "L-1"}, {"serial": null}]});
    let draft = json!({"lifeEvent": "lamp", "facts": facts});
    let saved = gateway.post("/v1/drafts", Some(&token), draft).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    assert_eq!(saved.body["report"]["facts"], facts);
    let path = format!("/v1/{}", saved.body["name"].as_str().unwrap());

    let mut changed = saved.body.clone();
    changed["report"]["facts"]["lamp"] = json!([{"serial": "L-9"}]);
    let kept = gateway.call(Method::PATCH, gateway.public, &path, Some(&token), Some(changed)).await;
    assert_eq!(kept.status, 200, "{kept:?}");
    assert_eq!(kept.body["report"]["facts"]["lamp"], json!([{"serial": "L-9"}]));

    let submitted = gateway.post(&format!("{path}:submit"), Some(&token), json!({})).await;
    assert_eq!(submitted.status, 200, "{submitted:?}");
    let case = format!("/v1/{}", submitted.body["case"]["name"].as_str().unwrap());
    let case = gateway.get(&case, Some(&token)).await;
    let serials: Vec<&Value> = case.body["facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|fact| fact["fact"] == "lamp.serial")
        .map(|fact| &fact["value"])
        .collect();
    assert_eq!(serials, [&json!("L-9")]);
    gateway.stop().await;
}

#[tokio::test]
async fn every_kind_of_bad_input_is_a_problem_of_the_right_status_and_never_a_fault_of_the_gateway() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let foreign = format!("{}x", &token[..token.len() - 1]);
    let agency = gateway.token(json!({"role": "agency", "id": "lamp-register"})).await;
    let token = Some(token.as_str());

    let unknown = json!({"request_id": "r", "life_event": "eclipse", "facts": {}});
    problem(&gateway.post("/v1/cases", token, unknown).await, 404, "LIFE_EVENT_NOT_FOUND");
    problem(&gateway.get("/v1/life-events/eclipse", None).await, 404, "LIFE_EVENT_NOT_FOUND");
    let lacking =
        gateway.post("/v1/cases", token, json!({"request_id": "r", "life_event": "lamp", "facts": {}})).await;
    problem(&lacking, 400, "FACTS_MISSING");
    assert!(lacking.body.to_string().contains("lighting.since"), "{lacking:?}");
    let wrong = json!({"request_id": "r", "life_event": "lamp", "facts": {"lighting": {"since": true}, "lamp": [{"serial": "L"}]}});
    let wrong = gateway.post("/v1/cases", token, wrong).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert!(wrong.body.to_string().contains("lighting.since"), "{wrong:?}");
    let mistyped = gateway.post("/v1/cases", token, json!({"request_id": 7, "life_evnt": "lamp"})).await;
    problem(&mistyped, 400, "INVALID_REQUEST");
    assert_eq!(mistyped.body["errors"].as_array().unwrap().len(), 2);
    problem(&gateway.post("/v1/cases", token, json!({"life_event": "lamp"})).await, 400, "INVALID_REQUEST");

    let send =
        |body: &'static [u8]| gateway.send(Method::POST, gateway.public, "/v1/cases", token, Some(body));
    problem(&send(b"{\"request_id\": ").await, 400, "MALFORMED_BODY");
    problem(&send(b"{\"request_id\": \"\xff\xfe\"}").await, 400, "MALFORMED_BODY");
    let deep = format!("{{\"facts\": {}{}}}", "[".repeat(3000), "]".repeat(3000));
    let deep = gateway.send(Method::POST, gateway.public, "/v1/cases", token, Some(deep.as_bytes())).await;
    problem(&deep, 400, "MALFORMED_BODY");
    let large = vec![b' '; 5 << 20];
    let large = gateway.send(Method::POST, gateway.public, "/v1/cases", token, Some(&large)).await;
    problem(&large, 413, "BODY_TOO_LARGE");

    problem(
        &gateway.call(Method::DELETE, gateway.public, "/v1/cases", token, None).await,
        405,
        "METHOD_NOT_ALLOWED",
    );
    problem(&gateway.get("/v1/casse", token).await, 404, "NO_SUCH_PATH");
    problem(&gateway.get("/v1/cases", None).await, 401, "UNAUTHENTICATED");
    problem(&gateway.get("/v1/cases", Some(&foreign)).await, 401, "INVALID_TOKEN");
    problem(&gateway.get("/v1/cases", Some("nonsense")).await, 401, "INVALID_TOKEN");
    problem(&gateway.get("/v1/cases", Some(&agency)).await, 403, "PERMISSION_DENIED");
    problem(&gateway.get("/v1/cases/unknown", token).await, 404, "CASE_NOT_FOUND");
    gateway.stop().await;
}

#[tokio::test]
async fn a_request_id_with_other_content_names_the_first_case() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let first = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    let mut other = lamps("r-1");
    other["facts"]["lighting"]["since"] = json!("2026-10-01");
    let conflict = gateway.post("/v1/cases", Some(&token), other).await;
    problem(&conflict, 409, "REQUEST_CONFLICT");
    let name = first.body["case"]["name"].as_str().unwrap();
    assert!(conflict.body.to_string().contains(name), "{conflict:?}");
    gateway.stop().await;
}

/// Events of a stream as they come: `(id, data)`.
struct Events {
    body: hyper::body::Incoming,
    text: String,
}

impl Events {
    async fn of(gateway: &Gateway, path: &str, token: &str, last: Option<&str>) -> Self {
        let mut request = http::Request::get(format!("http://{}{path}", gateway.public))
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let client =
            Client::builder(TokioExecutor::new()).build_http::<http_body_util::Empty<bytes::Bytes>>();
        let response = client.request(request.body(Default::default()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event = self.text.drain(..end + 2).collect::<String>();
                let line =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
                if let (Some(id), Some(data)) = (line("id: "), line("data: ")) {
                    return Some((id, serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(frame.unwrap().data_ref()?).unwrap());
        }
    }
}

#[tokio::test]
async fn a_case_is_watched_as_events_resumed_where_it_broke_off_and_ended_when_the_gateway_goes_down() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let opened = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    let case = format!("/v1/{}", opened.body["case"]["name"].as_str().unwrap());
    let watch = format!("{case}:watch");

    let mut events = Events::of(&gateway, &watch, &token, None).await;
    let (first, said) = events.next().await.unwrap();
    assert_eq!(said["sequence"], first.as_str());
    assert_eq!(said["case"]["state"], "OPEN");

    let withdrawn =
        gateway.post(&format!("{case}:withdraw"), Some(&token), json!({"reason": "a mistake"})).await;
    assert_eq!(withdrawn.status, 200, "{withdrawn:?}");
    let mut resumed = Events::of(&gateway, &watch, &token, Some(&first)).await;
    for stream in [&mut events, &mut resumed] {
        let (id, said) = stream.next().await.unwrap();
        assert!(id.parse::<i64>().unwrap() > first.parse::<i64>().unwrap());
        assert!(!said["changes"].as_array().unwrap().is_empty(), "{said}");
    }

    gateway.shut_down();
    while events.next().await.is_some() {}
    gateway.stop().await;
}

#[tokio::test]
async fn a_refusal_by_grpc_carries_the_same_reason_and_fields_as_the_problem() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let mut cases = CaseServiceClient::new(channel(&gateway).await);
    let request =
        portal::OpenCaseRequest { request_id: "r".into(), life_event: "lamp".into(), ..Default::default() };
    let refused = cases.open_case(with_token(request, &token)).await.unwrap_err();
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "FACTS_MISSING");
    assert_eq!(details.error_info().unwrap().domain, "loket");
    assert!(!details.bad_request().unwrap().field_violations.is_empty());

    let large = portal::OpenCaseRequest { request_id: "x".repeat(300_000), ..Default::default() };
    let refused = cases.open_case(with_token(large, &token)).await.unwrap_err();
    assert_eq!(refused.get_error_details().error_info().unwrap().reason, "BODY_TOO_LARGE");

    // A string that is no UTF-8, as bytes on the wire: the caller's fault, not the gateway's.
    let mut wire = tonic::client::Grpc::new(channel(&gateway).await);
    wire.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/loket.portal.v1.CaseService/OpenCase");
    let codec = tonic_prost::ProstCodec::<Vec<u8>, portal::OpenCaseResponse>::default();
    let refused = wire.unary(with_token(b"\xff\xfe".to_vec(), &token), path, codec).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    assert_eq!(refused.get_error_details().error_info().unwrap().reason, "INVALID_REQUEST");
    gateway.stop().await;
}

#[tokio::test]
async fn a_browser_calls_by_grpc_web_over_http_1_and_reads_data_and_status() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let call = |body: &'static [u8]| {
        let request = http::Request::post(format!(
            "http://{}/loket.portal.v1.LifeEventService/GetLifeEvent",
            gateway.public
        ))
        .header("content-type", "application/grpc-web+proto")
        .header("origin", "http://localhost:5173")
        .body(http_body_util::Full::new(bytes::Bytes::from_static(body)))
        .unwrap();
        Client::builder(TokioExecutor::new()).build_http().request(request)
    };
    // One message: no flags, its length, field 1 = "lifeEvents/lamp".
    let answer = call(b"\x00\x00\x00\x00\x11\x0a\x0flifeEvents/lamp").await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
    assert_eq!(answer.headers()["access-control-allow-origin"], "http://localhost:5173");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
    let event = <portal::LifeEvent as prost::Message>::decode(&body[5..5 + length]).unwrap();
    assert_eq!(event.title, "Lighting a lamp");
    let trailers = String::from_utf8_lossy(&body[5 + length..]);
    assert!(trailers.starts_with('\u{80}') || body[5 + length] == 0x80, "{trailers}");
    assert!(trailers.contains("grpc-status:0"), "{trailers}");

    let refused = call(b"\x00\x00\x00\x00\x05\x0a\x03cat").await.unwrap();
    let exposed = refused.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("grpc-status-details-bin"), "{exposed}");
    assert_eq!(refused.headers()["grpc-status"], "5");
    gateway.stop().await;
}

#[tokio::test]
async fn a_silent_stream_of_events_is_kept_alive() {
    let gateway = Gateway::start_with(|limits| limits.keep_alive_seconds = 1).await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;
    let opened = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    let watch = format!("/v1/{}:watch", opened.body["case"]["name"].as_str().unwrap());
    let mut events = Events::of(&gateway, &watch, &token, None).await;
    while !events.text.contains(": still here") {
        let frame = tokio::time::timeout(Duration::from_secs(10), events.body.frame()).await.unwrap();
        events.text.push_str(std::str::from_utf8(frame.unwrap().unwrap().data_ref().unwrap()).unwrap());
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_operations_port_tells_how_the_gateway_is_and_which_keys_it_signs_with() {
    let gateway = Gateway::start().await;
    gateway.light().await;
    let at = |path: &'static str| gateway.call(Method::GET, gateway.operations, path, None, None);
    assert_eq!(at("/livez").await.status, 200);
    assert_eq!(at("/readyz").await.status, 200);
    assert_eq!(at("/metrics").await.status, 200);
    assert!(at("/.well-known/jwks.json").await.body["keys"].as_array().is_some_and(|keys| !keys.is_empty()));
    assert!(at("/openapi.json").await.body["paths"].get("/v1/operations/cases").is_some());
    let public = gateway.get("/openapi.json", None).await;
    assert!(public.body["paths"].get("/v1/cases").is_some());
    assert!(public.body["paths"].get("/v1/operations/cases").is_none());
    problem(&gateway.get("/metrics", None).await, 404, "NO_SUCH_PATH");
    problem(&at("/v1/operations/cases").await, 401, "UNAUTHENTICATED");
    let desk = gateway.call(Method::GET, gateway.desk, "/v1/cases", None, None).await;
    problem(&desk, 404, "NO_SUCH_PATH");
    gateway.stop().await;
}

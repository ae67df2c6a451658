//! Traces leave by OTLP with the caller's context and nothing personal. One process has one telemetry, so this file
//! has one test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "edges/country.rs"]
#[expect(dead_code, reason = "the tests of the edges use the rest")]
mod country;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use country::{Gateway, lamps};
use gateway::config::Config;
use http::Method;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use tokio::net::TcpListener;

/// A collector of this process.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<String>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let resources = request.into_inner().resource_spans;
        let spans = resources.into_iter().flat_map(|one| one.scope_spans).flat_map(|one| one.spans);
        self.spans.lock().unwrap().extend(spans);
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        self.metrics.lock().unwrap().push_str(&format!("{:?}", request.into_inner()));
        Ok(tonic::Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Collector {
    /// The span of this name in this trace, once it has come.
    async fn span(&self, name: &str, trace: &str) -> Span {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let spans = self.spans.lock().unwrap().clone();
            let found = spans.into_iter().find(|span| span.name == name && hex(&span.trace_id) == trace);
            if let Some(found) = found {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "no span {name}: {:?}",
            self.spans.lock().unwrap().iter().map(|span| &span.name).collect::<Vec<_>>()
        );
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// A report of one lamp.
fn report(since: &str, serial: &str) -> portal::Report {
    let text = |text: &str| portal::Value { kind: Some(portal::value::Kind::Text(text.into())) };
    portal::Report {
        role: String::new(),
        facts: [("lighting.since".to_owned(), text(since))].into(),
        members: vec![portal::Member {
            role: "lamp".into(),
            facts: [("lamp.serial".to_owned(), text(serial))].into(),
        }],
    }
}

/// A gateway whose collector is here.
async fn observed() -> (Gateway, Collector) {
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()));
    tokio::spawn(server.serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)));
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults(folder.path()).unwrap();
    config.store = "memory:".to_owned();
    config.otlp = Some(format!("http://{address}"));
    config.telemetry.metrics_every = Duration::from_millis(500);
    (Gateway::start_as(config, folder).await, collector)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_from_the_portal_through_rest_to_the_case_and_another_for_each_agency() {
    let (gateway, collector) = observed().await;
    gateway.light().await;
    let token = gateway.citizen("999990019").await;

    // By gRPC: the call's span is a child of the portal's.
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", gateway.public)).unwrap();
    let mut cases = CaseServiceClient::new(channel.connect().await.unwrap());
    let mut request = tonic::Request::new(portal::ListCasesRequest::default());
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request.metadata_mut().insert("traceparent", format!("00-{trace}-b7ad6b7169203331-01").parse().unwrap());
    cases.list_cases(request).await.unwrap();
    let served = collector.span("loket.portal.v1.CaseService/ListCases", trace).await;
    assert_eq!(hex(&served.parent_span_id), "b7ad6b7169203331");

    // By REST: the HTTP span is the parent of the call's. A problem names the trace.
    let opened = gateway.post("/v1/cases", Some(&token), lamps("r-1")).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    let problem = gateway.call(Method::GET, gateway.public, "/v1/cases/none", Some(&token), None).await;
    let trace =
        problem.body["instance"].as_str().unwrap().strip_prefix("urn:loket:trace:").unwrap().to_owned();
    let http = collector.span("GET /v1/{name=cases/*}", &trace).await;
    let call = collector.span("loket.portal.v1.CaseService/GetCase", &trace).await;
    assert_eq!(call.parent_span_id, http.span_id);

    // The case's own work, its store and its agency: a trace of its own for the agency, linked.
    let trace = "1af7651916cd43dd8448eb211c80319d";
    let mut request = tonic::Request::new(portal::OpenCaseRequest {
        request_id: "r-2".into(),
        life_event: "lamp".into(),
        report: Some(report("2026-10-01", "L-7")),
        ..Default::default()
    });
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request.metadata_mut().insert("traceparent", format!("00-{trace}-b7ad6b7169203331-01").parse().unwrap());
    cases.open_case(request).await.unwrap();
    collector.span("claim", trace).await;
    let run = collector.span("case.run", trace).await;
    assert_eq!(run.links.len(), 1, "{run:?}");
    let agency = collector.span("test.lamp.v1.LampRegister/Register", &hex(&run.links[0].trace_id)).await;
    assert!(agency.parent_span_id.is_empty());
    assert_ne!(hex(&agency.trace_id), trace);

    gateway.stop().await;
    let everything = format!("{:?}{}", collector.spans.lock().unwrap(), collector.metrics.lock().unwrap());
    for counted in [
        "rpc.server.call.duration",
        "rpc.client.call.duration",
        "db.client.operation.duration",
        "loket.case.opened",
        "loket.step.attempted",
        "CaseService/OpenCase",
        "lamp-register/registration",
    ] {
        assert!(everything.contains(counted), "{counted} is not counted");
    }
    for personal in ["999990019", "L-1", "L-2", "L-7", "2026-11-01", "2026-10-01", token.as_str()] {
        assert!(!everything.contains(personal), "{personal} left the gateway");
    }
}

//! A gateway on the memory store with all its ports, and a country in which lighting a lamp is a life event. Everything
//! is set up over the wire, as an operator would.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use gateway::config::{Config, Limits};
use gateway::{Listeners, RunError, run};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const DICTIONARY: &str = r#"
concepts:
  - name: lamp.serial
    definition: What is engraved in it.
    type: text
    owner: lamp-register
    source: law
    ask: {question: {en: {label: "Serial number"}, nl: {label: "Serienummer"}}}
  - {name: lamp.registered_as, definition: Its registration., type: document, owner: lamp-register, source: law}
  - name: lighting.since
    definition: Since when it burns.
    type: date
    owner: lamp-register
    source: law
    ask: {question: {en: {label: "Since when?"}, nl: {label: "Sinds wanneer?"}}}
"#;

const LAMP: &str = r#"
id: lamp
titles: {en: "Lighting a lamp", nl: "Een lamp aansteken"}
summary: {en: "Report your lamp once.", nl: "Meld uw lamp één keer."}
owner: Ministry of Light
roles:
  - {id: keeper, kind: person, titles: {en: Keeper, nl: Houder}, may_report: true}
  - {id: lamp, kind: lamp, titles: {en: Lamp, nl: Lamp}, about: keeper, group: {same_when: [serial], closed_by: report, max: 5}}
  - {id: lighting, kind: lighting, titles: {en: Lighting, nl: Verlichting}, about: keeper}
identity:
  date: lighting.since
  blocking: [[keeper.number]]
  sure: [keeper.number, lighting.since]
outcomes:
  - {id: registered, titles: {en: "The lamp is registered"}, per: lamp, reached: has(lamp.registered_as), target: P1D}
"#;

/// What a call over plain HTTP was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) public: SocketAddr,
    pub(crate) operations: SocketAddr,
    pub(crate) desk: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), RunError>>,
    _folder: tempfile::TempDir,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Limits)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::defaults(folder.path()).unwrap();
        config.store = "memory:".to_owned();
        change(&mut config.limits);
        Self::start_as(config, folder).await
    }

    pub(crate) async fn start_as(config: Config, folder: tempfile::TempDir) -> Self {
        let port = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let listeners = Listeners { public: port().await, operations: port().await, desk: port().await };
        let [public, operations, desk] = listeners.addresses().unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(run(config, listeners, shutdown.clone()));
        Self { public, operations, desk, shutdown, running, _folder: folder }
    }

    /// Ends it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Begins to end it.
    pub(crate) fn shut_down(&self) {
        self.shutdown.cancel();
    }

    pub(crate) async fn token(&self, asked: Value) -> String {
        let answer = self.call(Method::POST, self.operations, "/token", None, Some(asked)).await;
        answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    pub(crate) async fn citizen(&self, number: &str) -> String {
        self.token(json!({"role": "citizen", "id": number})).await
    }

    /// A call over plain HTTP.
    pub(crate) async fn call(
        &self,
        method: Method,
        port: SocketAddr,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let body = body.map(|body| body.to_string());
        self.send(method, port, path, token, body.as_deref().map(str::as_bytes)).await
    }

    /// The same with any bytes.
    pub(crate) async fn send(
        &self,
        method: Method,
        port: SocketAddr,
        path: &str,
        token: Option<&str>,
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{port}{path}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(bytes::Bytes::from(body.unwrap_or_default().to_vec()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let read = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&read).unwrap_or_default();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.call(Method::GET, self.public, path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.call(Method::POST, self.public, path, token, Some(body)).await
    }

    /// Publishes the life event and registers its agency, and waits until it can be reported.
    pub(crate) async fn light(&self) {
        let operator = json!({"role": "operator", "id": "ops", "roles": "viewer registrar"});
        let operator = self.token(operator).await;
        let files = json!({"files": [
            {"path": "dictionary/lamp.yaml", "content": DICTIONARY},
            {"path": "life-events/lamp.yaml", "content": LAMP}
        ]});
        let operations = |path: &'static str, body: Value| {
            self.call(Method::POST, self.operations, path, Some(&operator), Some(body))
        };
        let published = operations("/v1/operations/files:publish", files).await;
        assert_eq!(published.status, 200, "{published:?}");
        let registration = json!({
            "agency": "lamp-register",
            "titles": [{"language": "en", "value": "Lamp register"}],
            "endpoints": ["http://127.0.0.1:9"],
            "lease": "3600s",
            "descriptorSet": BASE64.encode(&descriptors())
        });
        let registered = operations("/v1/operations/agencies", registration).await;
        assert_eq!(registered.status, 200, "{registered:?}");
        for _ in 0..200 {
            if self.get("/v1/life-events/lamp", None).await.body["plan"]
                .as_str()
                .is_some_and(|plan| !plan.is_empty())
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no plan was published: {registered:?}");
    }
}

/// A report of two lamps, in natural JSON.
pub(crate) fn lamps(request: &str) -> Value {
    json!({
        "request_id": request,
        "life_event": "lamp",
        "facts": {"lighting": {"since": "2026-11-01"}, "lamp": [{"serial": "L-1"}, {"serial": "L-2"}]}
    })
}

fn descriptors() -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = protox::Compiler::new([here.join("tests/edges"), here.join("../proto")]).unwrap();
    compiler.include_imports(true).open_file("lamp.proto").unwrap();
    compiler.encode_file_descriptor_set()
}

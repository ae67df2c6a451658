//! A ministry in this process: any proto, any answer, with or without server reflection. Real HTTP/2, real gRPC.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use casestore::{CaseStore, Options};
use gateway::registry::{Registry, RegistryOptions, Snapshot};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::loket::desk::v1 as desk;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tower::ServiceExt;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

/// What the ministry does with a call.
pub(crate) enum Reply {
    /// It answers OK with this message.
    Ok(Vec<u8>),
    /// It answers with this status.
    Refused(Status),
    /// It never answers.
    Silence,
}

/// Which server reflection it offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reflection {
    V1,
    /// It lists this service alone, whatever its files describe.
    V1Of(&'static str),
    V1Alpha,
    Neither,
}

/// The whole library's descriptors, with all they import.
pub(crate) fn library_set() -> Vec<u8> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ministry");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    set_of(&[&tests, &root.join("proto")], "library.proto")
}

/// The descriptors of a file, with all it imports.
pub(crate) fn set_of(folders: &[&Path], file: &str) -> Vec<u8> {
    let mut compiler = protox::Compiler::new(folders).unwrap();
    compiler.include_imports(true).include_source_info(true).open_file(file).unwrap();
    compiler.encode_file_descriptor_set()
}

/// A ministry that runs until it is dropped; its connections break then.
pub(crate) struct Ministry {
    pub(crate) uri: String,
    pub(crate) set: Vec<u8>,
    pool: DescriptorPool,
    calls: Arc<Mutex<Vec<Call>>>,
    unwell: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl Ministry {
    /// The library, which answers each call so.
    pub(crate) async fn library(
        reflection: Reflection,
        answer: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(library_set(), reflection, answer).await
    }

    /// A ministry with these descriptors.
    pub(crate) async fn start(
        set: Vec<u8>,
        reflection: Reflection,
        answer: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, set, reflection, answer)
    }

    /// A ministry on this listener.
    pub(crate) fn on(
        listener: TcpListener,
        set: Vec<u8>,
        reflection: Reflection,
        answer: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let unwell = Arc::new(AtomicBool::new(false));
        let desk = Desk { calls: calls.clone(), answer: Arc::new(answer), unwell: unwell.clone() };
        let router = router(&set, reflection, desk);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, router));
        Self { uri, pool: DescriptorPool::decode(set.as_slice()).unwrap(), set, calls, unwell, _tasks: tasks }
    }

    /// From now on it says to whoever asks after its health that it is not serving.
    pub(crate) fn falls_ill(&self) {
        self.unwell.store(true, Ordering::Relaxed);
    }

    /// The calls that arrived, without those for health.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// A message of one of its types, from its JSON.
    pub(crate) fn message(&self, name: &str, json: &str) -> Vec<u8> {
        message(&self.pool, name, json)
    }

    /// What arrived, as JSON.
    pub(crate) fn read(&self, name: &str, body: &[u8]) -> serde_json::Value {
        let message = self.pool.get_message_by_name(name).unwrap();
        serde_json::to_value(DynamicMessage::decode(message, body).unwrap()).unwrap()
    }

    /// Its registration: what it sends beside its endpoint.
    pub(crate) fn registration(&self) -> desk::RegisterAgencyRequest {
        registration("library", &[&self.uri])
    }
}

/// A message of the library, from its JSON.
pub(crate) fn library(name: &str, json: &str) -> Vec<u8> {
    message(&DescriptorPool::decode(library_set().as_slice()).unwrap(), name, json)
}

fn message(pool: &DescriptorPool, name: &str, json: &str) -> Vec<u8> {
    let message = pool.get_message_by_name(name).unwrap();
    let mut json = serde_json::Deserializer::from_str(json);
    DynamicMessage::deserialize(message, &mut json).unwrap().encode_to_vec()
}

/// A registration with nothing but a name and endpoints.
pub(crate) fn registration(agency: &str, endpoints: &[&str]) -> desk::RegisterAgencyRequest {
    desk::RegisterAgencyRequest {
        agency: agency.to_owned(),
        titles: vec![proto::loket::v1::Text { language: "en".to_owned(), value: "An agency".to_owned() }],
        endpoints: endpoints.iter().map(|uri| (*uri).to_owned()).collect(),
        ..desk::RegisterAgencyRequest::default()
    }
}

async fn serve(listener: TcpListener, router: axum::Router) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let router = router.clone();
        connections.spawn(async move {
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                router.clone().oneshot(request.map(axum::body::Body::new))
            });
            let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // A connection that breaks is what some tests are about.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn router(set: &[u8], reflection: Reflection, desk: Desk) -> axum::Router {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(Box::leak(set.to_vec().into_boxed_slice()))
            .include_reflection_service(false)
    };
    let router = match reflection {
        Reflection::V1 => Routes::new(builder().build_v1().unwrap()).into_axum_router(),
        Reflection::V1Of(service) => {
            Routes::new(builder().with_service_name(service).build_v1().unwrap()).into_axum_router()
        }
        Reflection::V1Alpha => Routes::new(builder().build_v1alpha().unwrap()).into_axum_router(),
        Reflection::Neither => axum::Router::new(),
    };
    router.fallback(move |request: axum::extract::Request| {
        let desk = desk.clone();
        async move { desk.take(request).await }
    })
}

#[derive(Clone)]
struct Desk {
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<dyn Fn(&Call) -> Reply + Send + Sync>,
    unwell: Arc<AtomicBool>,
}

impl Desk {
    async fn take(self, request: axum::extract::Request) -> http::Response<tonic::body::Body> {
        let path = request.uri().path().to_owned();
        let asks_health = path.starts_with("/grpc.health.");
        if path.starts_with("/grpc.") && !(asks_health && self.unwell.load(Ordering::Relaxed)) {
            return Status::unimplemented("").into_http();
        }
        let metadata = request.headers().iter();
        let metadata =
            metadata.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let taken = tower::service_fn(move |request: Request<Bytes>| {
            let (desk, path) = (self.clone(), path.clone());
            let metadata: BTreeMap<String, String> = BTreeMap::clone(&metadata);
            async move {
                if asks_health {
                    // NOT_SERVING.
                    return Ok(Response::new(Bytes::from_static(b"\x08\x02")));
                }
                let call = Call { path, metadata, body: request.into_inner() };
                let reply = (desk.answer)(&call);
                desk.calls.lock().unwrap().push(call);
                match reply {
                    Reply::Ok(body) => Ok(Response::new(Bytes::from(body))),
                    Reply::Refused(status) => Err(status),
                    Reply::Silence => std::future::pending().await,
                }
            }
        });
        let request = request.map(|body| body.map_err(|error| Status::unknown(error.to_string())));
        tonic::server::Grpc::new(Bare).unary(Unary(taken), request).await
    }
}

struct Unary<S>(S);

impl<S> tonic::server::UnaryService<Bytes> for Unary<S>
where
    S: tower::Service<Request<Bytes>, Response = Response<Bytes>, Error = Status>,
{
    type Response = Bytes;
    type Future = S::Future;

    fn call(&mut self, request: Request<Bytes>) -> S::Future {
        self.0.call(request)
    }
}

#[derive(Clone, Copy)]
struct Bare;

impl Codec for Bare {
    type Encode = Bytes;
    type Decode = Bytes;
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
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Bare {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let len = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(len)))
    }
}

/// A store in memory.
pub(crate) async fn store() -> Arc<dyn CaseStore> {
    casestore::open("memory:", Options::default()).await.unwrap()
}

/// A registry without the files of the tree, that looks often and publishes at once.
pub(crate) fn quick() -> RegistryOptions {
    RegistryOptions {
        seeds: false,
        poll: Duration::from_millis(20),
        settle: Duration::ZERO,
        ..RegistryOptions::default()
    }
}

/// A registry that knows the library's dictionary and life event.
pub(crate) async fn registry(store: Arc<dyn CaseStore>, options: RegistryOptions) -> Registry {
    let registry = Registry::open(store, options).await.unwrap();
    registry.publish_files(library_files(), "a registrar").await.unwrap();
    registry
}

/// The files that the library needs.
pub(crate) fn library_files() -> Vec<(String, String)> {
    vec![
        ("dictionary/library.yaml".to_owned(), include_str!("dictionary.yaml").to_owned()),
        ("life-events/joining.yaml".to_owned(), include_str!("joining.yaml").to_owned()),
    ]
}

/// Waits until the registry's snapshot is as wanted.
pub(crate) async fn until(registry: &Registry, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut changes = registry.changes();
    let waiting = async {
        loop {
            changes.borrow_and_update();
            let snapshot = registry.snapshot();
            if wanted(&snapshot) {
                return snapshot;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the registry never became what the test waits for")
}

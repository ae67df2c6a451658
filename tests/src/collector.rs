//! A real OTLP collector that keeps every byte it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

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
use prost::Message;
use tonic::{Request, Response, Status};

/// A collector of this process.
#[derive(Clone, Default)]
pub struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    /// Starts one; where it listens.
    ///
    /// # Panics
    /// Where no port is free.
    #[expect(clippy::expect_used, reason = "a test without its collector cannot go on")]
    pub async fn start() -> (Self, SocketAddr) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()).max_decoding_message_size(64 << 20))
            .add_service(MetricsServiceServer::new(collector.clone()).max_decoding_message_size(64 << 20));
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(server.serve_with_incoming(incoming));
        (collector, address)
    }

    /// Everything it was sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, message: &impl Message) {
        let encoded = message.encode_to_vec();
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&encoded);
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.keep(request.get_ref());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.keep(request.get_ref());
        Ok(Response::new(Default::default()))
    }
}

//! The benchmark's ministries, all in one process: each answers at once with some 300 bytes.

use std::net::SocketAddr;

use proto::google::longrunning::Operation;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::child::orphaned;
use super::wire::bench::{benefit, council, health, office, post, registry, tax};

/// What each answers with, some 300 bytes: as much as a citizen declares.
pub(super) const SOME_BYTES: usize = 300;

#[derive(Clone)]
struct Instant(String);

/// What is said, in lines that differ as real ones do.
pub(crate) fn some_text(first: &str) -> String {
    let mut text = first.to_owned();
    while text.len() < SOME_BYTES {
        text.push_str(&format!(" {:05}", text.len() * 7919 % 100_000));
    }
    text.truncate(SOME_BYTES);
    text
}

macro_rules! answers_at_once {
    ($($ministry:ident $server:ident $service:ident :: $method:ident, $request:ident -> $response:ident $gift:ident;)+) => {$(
        #[tonic::async_trait]
        impl $ministry::$server::$service for Instant {
            async fn $method(
                &self,
                _: Request<$ministry::$request>,
            ) -> Result<Response<$ministry::$response>, Status> {
                Ok(Response::new($ministry::$response { $gift: Some(self.0.clone()) }))
            }
        }
    )+};
}

answers_at_once! {
    registry registry_server Registry::register, RegisterRequest -> RegisterResponse record;
    tax tax_server Tax::assign, AssignRequest -> AssignResponse tax_id;
    health health_server Health::insure, InsureRequest -> InsureResponse policy;
    council council_server Council::settle, SettleRequest -> SettleResponse residence;
    benefit benefit_server Benefit::grant, GrantRequest -> GrantResponse benefit;
    post post_server Post::notify, NotifyRequest -> NotifyResponse letter;
}

#[tonic::async_trait]
impl office::office_server::Office for Instant {
    async fn examine(&self, _: Request<office::ExamineRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(Operation { name: "operations/some-day".to_owned(), ..Operation::default() }))
    }
}

/// Serves until whoever started it is gone.
pub(crate) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let ministry = Instant(some_text("REF-2026"));
    Server::builder()
        .tcp_nodelay(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .add_service(registry::registry_server::RegistryServer::new(ministry.clone()))
        .add_service(tax::tax_server::TaxServer::new(ministry.clone()))
        .add_service(health::health_server::HealthServer::new(ministry.clone()))
        .add_service(council::council_server::CouncilServer::new(ministry.clone()))
        .add_service(benefit::benefit_server::BenefitServer::new(ministry.clone()))
        .add_service(post::post_server::PostServer::new(ministry.clone()))
        .add_service(office::office_server::OfficeServer::new(ministry))
        .serve_with_shutdown(listen, orphaned())
        .await?;
    Ok(())
}

//! The opponent: the same six calls by a gateway that somebody wrote by hand with tonic and generated clients. It keeps
//! nothing, verifies nothing, logs nothing and traces nothing. It has a connection to each ministry, as Loket has, and
//! as many threads.

use std::net::SocketAddr;
use std::path::Path;

use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

use super::child::{Part, free_address, orphaned};
use super::driver::{Done, Reports, Undone};
use super::ministries::some_text;
use super::wire::bench::bare::arrivals_client::ArrivalsClient;
use super::wire::bench::bare::arrivals_server::{Arrivals, ArrivalsServer};
use super::wire::bench::bare::report_response::Step;
use super::wire::bench::bare::{ReportRequest, ReportResponse};
use super::wire::bench::benefit::{GrantRequest, benefit_client::BenefitClient};
use super::wire::bench::council::{SettleRequest, council_client::CouncilClient};
use super::wire::bench::health::{InsureRequest, health_client::HealthClient};
use super::wire::bench::post::{NotifyRequest, post_client::PostClient};
use super::wire::bench::registry::{RegisterRequest, registry_client::RegistryClient};
use super::wire::bench::tax::{AssignRequest, tax_client::TaxClient};

/// Connections of the driver, for this contender as for the others.
pub(super) const CONNECTIONS: usize = 4;

struct Bare {
    registry: RegistryClient<Channel>,
    tax: TaxClient<Channel>,
    health: HealthClient<Channel>,
    council: CouncilClient<Channel>,
    benefit: BenefitClient<Channel>,
    post: PostClient<Channel>,
}

#[tonic::async_trait]
impl Arrivals for Bare {
    async fn report(&self, request: Request<ReportRequest>) -> Result<Response<ReportResponse>, Status> {
        let ReportRequest { notice, statement } = request.into_inner();
        let (mut tax, mut health) = (self.tax.clone(), self.health.clone());
        let mut council = self.council.clone();
        let registered = self.registry.clone().register(RegisterRequest { notice, statement }).await?;
        let record = registered.into_inner().record.unwrap_or_default();
        let (assigned, insured, settled) = tokio::try_join!(
            tax.assign(AssignRequest { record: record.clone() }),
            health.insure(InsureRequest { record: record.clone() }),
            council.settle(SettleRequest { record }),
        )?;
        let tax_id = assigned.into_inner().tax_id.unwrap_or_default();
        let granted = self.benefit.clone().grant(GrantRequest { tax_id }).await?.into_inner();
        let benefit = granted.benefit.unwrap_or_default();
        let notified =
            self.post.clone().notify(NotifyRequest { benefit: benefit.clone() }).await?.into_inner();
        let done = [
            ("registry", true),
            ("tax", true),
            ("health", insured.into_inner().policy.is_some()),
            ("council", settled.into_inner().residence.is_some()),
            ("benefit", !benefit.is_empty()),
            ("post", notified.letter.is_some()),
        ];
        let steps = done.map(|(service, done)| Step { service: service.to_owned(), done });
        Ok(Response::new(ReportResponse { steps: steps.to_vec() }))
    }
}

/// Serves until whoever started it is gone.
pub(crate) async fn serve(listen: SocketAddr, ministries: SocketAddr) -> anyhow::Result<()> {
    let bare = Bare {
        registry: RegistryClient::new(channel(ministries).await?),
        tax: TaxClient::new(channel(ministries).await?),
        health: HealthClient::new(channel(ministries).await?),
        council: CouncilClient::new(channel(ministries).await?),
        benefit: BenefitClient::new(channel(ministries).await?),
        post: PostClient::new(channel(ministries).await?),
    };
    Server::builder()
        .tcp_nodelay(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .add_service(ArrivalsServer::new(bare))
        .serve_with_shutdown(listen, orphaned())
        .await?;
    Ok(())
}

/// A connection.
pub(super) async fn channel(to: SocketAddr) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{to}"))?
        .tcp_nodelay(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20);
    Ok(endpoint.connect().await?)
}

/// The opponent as the benchmark runs it.
pub(super) struct Opponent {
    pub(super) part: Part,
    clients: Vec<ArrivalsClient<Channel>>,
}

impl Opponent {
    pub(super) async fn start(ministries: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let listen = free_address()?;
        let arguments = ["bare".to_owned(), listen.to_string(), ministries.to_string()];
        let mut part = Part::own("bare", &arguments, folder)?;
        part.listens(listen).await?;
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(ArrivalsClient::new(channel(listen).await?));
        }
        Ok(Self { part, clients })
    }
}

impl Reports for Opponent {
    async fn report(&self, number: u64) -> Result<Done, Undone> {
        let request =
            ReportRequest { notice: format!("BN-{number:012}"), statement: some_text("It is declared that") };
        let mut client = self.clients[number as usize % CONNECTIONS].clone();
        let response = client.report(request).await.map_err(|status| Undone(status.to_string()))?;
        match response.into_inner().steps.iter().all(|step| step.done) {
            true => Ok(Done),
            false => Err(Undone("a step is not done".to_owned())),
        }
    }
}

//! The desk of Loket, from the ministry's side: registering, and staying registered.

use std::path::PathBuf;
use std::time::Duration;

use proto::loket::desk::v1 as desk;
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::v1::Text;
use serde::Deserialize;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::outage::Outage;

/// The first wait after a desk that does not answer; doubled up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_millis(200);
/// The longest wait between attempts to reach the desk.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The consent that a fact this ministry gives goes to a service of another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The concept.
    pub concept: String,
    /// The service that may have it.
    pub to: String,
    /// For what purpose: that service's own.
    pub purpose: String,
    /// The law that allows it.
    pub legal_basis: String,
}

/// How a ministry registers at the desk.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The desk: `http://127.0.0.1:8082`.
    pub desk: String,
    /// A file with the agency's bearer token, read anew for every call; none where the desk asks for none.
    pub token_file: Option<PathBuf>,
    /// The agency.
    pub agency: String,
    /// Its names: (language, name).
    pub titles: Vec<(&'static str, String)>,
    /// How long it counts as live without a heartbeat.
    pub lease: Duration,
    /// What it is competent for: (service or `kind/*`, code).
    pub competences: Vec<(String, String)>,
    /// Its consents.
    pub consents: Vec<Consent>,
}

impl Registration {
    /// Registers `endpoint` and renews its lease until the process ends; a desk that is away, or has forgotten, is
    /// tried again.
    pub(crate) async fn keep(self, endpoint: String) {
        let (mut wait, mut outage, mut registered) = (WAIT_FIRST, Outage::default(), false);
        loop {
            let ended = self.register_and_renew(&endpoint, &mut registered, &mut outage).await;
            if !outage.lasts() {
                wait = WAIT_FIRST;
            }
            match ended {
                Ok(()) => {}
                Err(status) => {
                    if outage.failed(status.message()) {
                        tracing::warn!(agency.id = %self.agency, code = ?status.code(), reason = status.message(), "not registered; it is tried again and again");
                    }
                    wait = (wait * 2).min(WAIT_MAX);
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Ok: the desk has forgotten the endpoint; register again. A desk that was away for a moment, such as a gateway
    /// that was killed, mostly still knows it: then a beat is enough, where a hundred ministries at once would each
    /// have their contracts learnt anew.
    async fn register_and_renew(
        &self,
        endpoint: &str,
        registered: &mut bool,
        outage: &mut Outage,
    ) -> Result<(), Status> {
        let mut client = self.client().await?;
        if !*registered {
            self.register(&mut client, endpoint).await?;
            *registered = true;
            outage.over();
            tokio::time::sleep(self.lease / 3).await;
        }
        loop {
            let beat = desk::HeartbeatRequest { agency: self.agency.clone(), endpoint: endpoint.to_owned() };
            match client.heartbeat(self.authorised(beat)?).await {
                Ok(_) if outage.over() => {
                    tracing::info!(agency.id = %self.agency, "the desk is there again");
                }
                Ok(_) => {}
                Err(status) if status.code() == Code::NotFound => {
                    *registered = false;
                    return Ok(());
                }
                Err(status) => return Err(status),
            }
            tokio::time::sleep(self.lease / 3).await;
        }
    }

    async fn register(&self, client: &mut DeskServiceClient<Channel>, endpoint: &str) -> Result<(), Status> {
        let answer = client.register_agency(self.authorised(self.request(endpoint))?).await?.into_inner();
        for plan in &answer.plans {
            for finding in &plan.findings {
                tracing::warn!(agency.id = %self.agency, life_event = %plan.life_event, "{finding}");
            }
        }
        tracing::info!(agency.id = %self.agency, services = answer.services.len(), "registered");
        Ok(())
    }

    pub(crate) async fn client(&self) -> Result<DeskServiceClient<Channel>, Status> {
        let endpoint = Endpoint::from_shared(self.desk.clone())
            .map_err(|_| Status::invalid_argument(format!("`{}` is no address of a desk", self.desk)))?
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        let channel = endpoint
            .connect()
            .await
            .map_err(|_| Status::unavailable(format!("the desk at {} cannot be reached", self.desk)))?;
        Ok(DeskServiceClient::new(channel))
    }

    pub(crate) fn authorised<T>(&self, message: T) -> Result<Request<T>, Status> {
        let mut request = Request::new(message);
        if let Some(path) = &self.token_file {
            let token = std::fs::read_to_string(path).map_err(|error| {
                Status::unauthenticated(format!("the token file {} cannot be read: {error}", path.display()))
            })?;
            let header = format!("Bearer {}", token.trim())
                .parse()
                .map_err(|_| Status::unauthenticated(format!("{} holds no token", path.display())))?;
            request.metadata_mut().insert("authorization", header);
        }
        Ok(request)
    }

    fn request(&self, endpoint: &str) -> desk::RegisterAgencyRequest {
        desk::RegisterAgencyRequest {
            agency: self.agency.clone(),
            titles: self
                .titles
                .iter()
                .map(|(language, value)| Text { language: (*language).to_owned(), value: value.clone() })
                .collect(),
            endpoints: vec![endpoint.to_owned()],
            lease: prost_types::Duration::try_from(self.lease).ok(),
            descriptor_set: Vec::new(),
            rules: Vec::new(),
            competences: self
                .competences
                .iter()
                .map(|(service, code)| desk::CompetentFor {
                    service: service.clone(),
                    code: code.clone(),
                    from: String::new(),
                    until: String::new(),
                })
                .collect(),
            grants: self.consents.iter().map(Consent::grant).collect(),
        }
    }
}

impl Consent {
    fn grant(&self) -> desk::Grant {
        desk::Grant {
            concept: self.concept.clone(),
            to: self.to.clone(),
            purpose: self.purpose.clone(),
            legal_basis: self.legal_basis.clone(),
        }
    }
}

//! Speaking to the counter: channels, and tokens of the built-in issuer where none is given.

use std::time::Duration;

use gateway::issuer::{Issuer, KEY_FILE, TokenRequest, TokenRole};
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::operations::v1::case_operations_service_client::CaseOperationsServiceClient;
use proto::loket::operations::v1::registry_service_client::RegistryServiceClient;
use proto::loket::operations::v1::sandbox_service_client::SandboxServiceClient;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::life_event_service_client::LifeEventServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::command::Place;
use crate::failure::Failure;

/// A channel whose calls carry a token.
pub(crate) type Authorised = InterceptedService<Channel, Bearer>;

/// Adds the token to each call.
#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<Ascii>>);

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl Place {
    /// Life events: nobody needs a token for them.
    pub(crate) async fn life_events(&self) -> Result<LifeEventServiceClient<Channel>, Failure> {
        Ok(LifeEventServiceClient::new(channel(&self.public_url).await?))
    }

    /// Cases, as the citizen of this number.
    pub(crate) async fn cases(&self, citizen: &str) -> Result<CaseServiceClient<Authorised>, Failure> {
        let number = citizen_number(citizen)?;
        let bearer = self.bearer(|| TokenRole::citizen(number))?;
        Ok(CaseServiceClient::with_interceptor(channel(&self.public_url).await?, bearer))
    }

    /// Cases, as an operator.
    pub(crate) async fn case_operations(&self) -> Result<CaseOperationsServiceClient<Authorised>, Failure> {
        let bearer = self.bearer(|| operator("operator"))?;
        Ok(CaseOperationsServiceClient::with_interceptor(channel(&self.operations_url).await?, bearer))
    }

    /// The registry, as this operator.
    pub(crate) async fn registry(&self, subject: &str) -> Result<RegistryServiceClient<Authorised>, Failure> {
        let bearer = self.bearer(|| operator(subject))?;
        Ok(RegistryServiceClient::with_interceptor(channel(&self.operations_url).await?, bearer))
    }

    /// The desk, as this agency.
    pub(crate) async fn desk(
        &self,
        url: &str,
        agency: &str,
    ) -> Result<DeskServiceClient<Authorised>, Failure> {
        let bearer = self.bearer(|| TokenRole::Agency { agency: agency.to_owned() })?;
        Ok(DeskServiceClient::with_interceptor(channel(url).await?, bearer))
    }

    /// The sandbox, as an operator.
    pub(crate) async fn sandbox(&self) -> Result<SandboxServiceClient<Authorised>, Failure> {
        let bearer = self.bearer(|| operator("operator"))?;
        Ok(SandboxServiceClient::with_interceptor(channel(&self.operations_url).await?, bearer))
    }

    fn bearer(&self, role: impl FnOnce() -> TokenRole) -> Result<Bearer, Failure> {
        let token = match &self.token {
            Some(token) => token.trim().to_owned(),
            None => self.issue(role(), None)?,
        };
        let header =
            format!("Bearer {token}").parse().map_err(|_| Failure::usage("the token is no token"))?;
        Ok(Bearer(Some(header)))
    }

    /// Whether a token can be had: one is given, or the data folder has the key of a built-in issuer.
    ///
    /// # Errors
    /// What to do, where not.
    pub(crate) fn can_speak(&self) -> Result<(), Failure> {
        if self.token.is_some() || self.data.join(KEY_FILE).exists() {
            return Ok(());
        }
        Err(Failure::other(format!(
            "there is no built-in issuer in {}: start the counter there, name its folder with --data, or give a token \
             with --token",
            self.data.display()
        )))
    }

    /// A token of the built-in issuer whose key is in the data folder.
    pub(crate) fn issue(&self, role: TokenRole, lifetime: Option<Duration>) -> Result<String, Failure> {
        Self { token: None, ..self.clone() }.can_speak()?;
        let issuer = Issuer::open(&self.data).map_err(|error| Failure::other(error.to_string()))?;
        issuer
            .token(&TokenRequest { role, lifetime: lifetime.map(|lifetime| lifetime.as_secs()) })
            .map_err(|error| Failure::other(error.to_string()))
    }
}

/// The number of a citizen: nine digits.
pub(crate) fn citizen_number(text: &str) -> Result<&str, Failure> {
    if text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    Err(Failure::usage(format!(
        "`{text}` is no citizen's number: nine digits, such as 999000001; `loket citizens` lists invented citizens"
    )))
}

/// An operator who may do everything.
pub(crate) fn operator(subject: &str) -> TokenRole {
    TokenRole::Operator { subject: subject.to_owned(), roles: Vec::new() }
}

/// Connects to the counter within two seconds.
pub(crate) async fn channel(url: &str) -> Result<Channel, Failure> {
    connect(url, "is the counter running? `loket` starts it").await
}

/// Connects to a ministry within two seconds.
pub(crate) async fn ministry(url: &str) -> Result<Channel, Failure> {
    connect(url, "does the ministry run there? Start it, or name the address where it listens").await
}

async fn connect(url: &str, otherwise: &str) -> Result<Channel, Failure> {
    let no_address = || Failure::usage(format!("`{url}` is no address; write http://127.0.0.1:8080"));
    // A name alone would pass as an address at which nobody answers.
    let whole = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if whole.is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', ':'])) {
        return Err(no_address());
    }
    Endpoint::from_shared(url.to_owned())
        .map_err(|_| no_address())?
        .connect_timeout(Duration::from_secs(2))
        .tcp_nodelay(true)
        .connect()
        .await
        .map_err(|_| Failure::unavailable(format!("nobody answers at {url}; {otherwise}")))
}

//! Loket as an operator runs it: the program `loket gateway` in its default configuration, on one of the stores, with
//! ministries that registered at its desk and life events that were published from files.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gateway::issuer::{Issuer, KEY_FILE, TokenRequest, TokenRole};
use proto::loket::desk::v1::desk_service_client::DeskServiceClient;
use proto::loket::operations::v1 as operations;
use proto::loket::operations::v1::registry_service_client::RegistryServiceClient;
use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use super::bare::{CONNECTIONS, channel};
use super::child::{Part, free_address};
use super::country;
use super::driver::{Done, Reports, Undone};
use super::ministries::some_text;
use super::redis::{Server, Sync};

/// Citizens who report: so many that what one may do in a second (50 calls) is not what is measured.
const CITIZENS: u64 = 128;
/// How long their tokens are used; they live for ten minutes.
const TOKENS_USED: Duration = Duration::from_secs(300);
/// How long a report's answer may be held back.
const WAIT: prost_types::Duration = prost_types::Duration { seconds: 20, nanos: 0 };
/// How long the first plans may take to publish themselves.
const PLANS: Duration = Duration::from_secs(20);

/// The stores, in the words of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Store {
    /// In the gateway's own folder; a write is answered when the disk has it.
    Embedded,
    /// Redis that writes through every second.
    RedisEverysec,
    /// Redis that writes through before it answers.
    RedisAlways,
}

impl Store {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::RedisEverysec => "redis_everysec",
            Self::RedisAlways => "redis_always",
        }
    }
}

/// What is reported: an arrival is done at once, a stay waits for its ministry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    Arrival,
    Stay,
}

/// A gateway on a store.
pub(super) struct Loket {
    pub(super) part: Part,
    pub(super) redis: Option<Server>,
    /// What its citizens report.
    pub(super) happening: Cell<Happening>,
    clients: Vec<CaseServiceClient<Channel>>,
    metrics: SocketAddr,
    issuer: Issuer,
    tokens: RefCell<(Instant, Vec<MetadataValue<Ascii>>)>,
    _folder: tempfile::TempDir,
}

impl Loket {
    pub(super) async fn start(program: &Path, store: Store, ministries: SocketAddr) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let redis = match store {
            Store::Embedded => None,
            Store::RedisEverysec => Some(Server::start(Sync::EverySecond, folder.path()).await?),
            Store::RedisAlways => Some(Server::start(Sync::Always, folder.path()).await?),
        };
        let [public, operations, desk] = [free_address()?, free_address()?, free_address()?];
        let data = folder.path().join("data");
        let mut command = Command::new(program);
        command.args(["--supervised", "--data"]).arg(&data).arg("gateway");
        if let Some(redis) = &redis {
            command.args(["--store", &redis.address]);
        }
        for (option, address) in [("PUBLIC", public), ("OPERATIONS", operations), ("DESK", desk)] {
            command.env(format!("LOKET_{option}"), address.to_string());
        }
        let mut part = Part::start("loket", &mut command, folder.path())?;
        for port in [public, operations, desk] {
            part.listens(port).await?;
        }
        publish(operations, &data).await?;
        register(desk, &data, ministries).await?;
        let issuer = Issuer::open(&data)?;
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(CaseServiceClient::new(channel(public).await?));
        }
        let tokens = RefCell::new((Instant::now(), Vec::new()));
        let happening = Cell::new(Happening::Arrival);
        let loket =
            Self { part, redis, happening, clients, metrics: operations, issuer, tokens, _folder: folder };
        loket.give_tokens().await?;
        loket.opens().await?;
        Ok(loket)
    }

    /// Waits until both life events can be reported.
    async fn opens(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut number = 0;
        for happening in [Happening::Stay, Happening::Arrival] {
            self.happening.set(happening);
            while let Err(Undone(why)) = self.report(number).await {
                if begun.elapsed() > PLANS {
                    bail!("the life event cannot be reported: {why}");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                number += 1;
            }
            number += 1;
        }
        Ok(())
    }

    /// Gives every citizen a fresh token where the last are old. Not while anything is measured.
    pub(super) async fn refresh_tokens(&self) -> anyhow::Result<()> {
        let age = self.tokens.borrow().0.elapsed();
        if age > TOKENS_USED { self.give_tokens().await } else { Ok(()) }
    }

    /// Gives every citizen a token, and shows it once: a citizen's first call, for which its signature is verified, is not
    /// what is measured.
    async fn give_tokens(&self) -> anyhow::Result<()> {
        let tokens = citizens_tokens(&self.issuer)?;
        for token in &tokens {
            let mut request = Request::new(portal::ListCasesRequest { page_size: 1, ..Default::default() });
            request.metadata_mut().insert("authorization", token.clone());
            self.clients[0].clone().list_cases(request).await.context("a citizen's token is not taken")?;
        }
        *self.tokens.borrow_mut() = (Instant::now(), tokens);
        Ok(())
    }

    /// How often the gateway has asked its store since its start, by call, as its own metrics tell.
    pub(super) async fn store_calls(&self) -> anyhow::Result<Vec<(String, u64)>> {
        let text = http_get(self.metrics, "/metrics").await?;
        let counted = |line: &str| {
            let labels = line.strip_prefix("db_client_operation_duration_seconds_count{")?;
            let (labels, count) = labels.split_once("} ")?;
            let name = labels.split_once("db_operation_name=\"")?.1.split('"').next()?;
            Some((name.to_owned(), count.trim().parse::<f64>().ok()? as u64))
        };
        let calls: Vec<_> = text.lines().filter_map(counted).collect();
        if calls.is_empty() {
            bail!("the gateway's metrics tell nothing of its store");
        }
        Ok(calls)
    }

    fn token(&self, number: u64) -> MetadataValue<Ascii> {
        self.tokens.borrow().1[(number % CITIZENS) as usize].clone()
    }
}

impl Reports for Loket {
    async fn report(&self, number: u64) -> Result<Done, Undone> {
        let happening = self.happening.get();
        let mut request = Request::new(portal::OpenCaseRequest {
            request_id: format!("{number:012}"),
            life_event: match happening {
                Happening::Arrival => "lifeEvents/arrival".to_owned(),
                Happening::Stay => "lifeEvents/stay".to_owned(),
            },
            report: Some(said(number)),
            language: "en".to_owned(),
            wait: Some(WAIT),
        });
        request.metadata_mut().insert("authorization", self.token(number));
        let mut client = self.clients[number as usize % CONNECTIONS].clone();
        let opened = client.open_case(request).await.map_err(|status| Undone(status.to_string()))?;
        let case = opened.into_inner().case.unwrap_or_default();
        match (happening, case.state()) {
            (Happening::Arrival, portal::case::State::Completed) => Ok(Done),
            (Happening::Stay, portal::case::State::Open) => Ok(Done),
            (_, state) => Err(Undone(format!("it is {}: {}", state.as_str_name(), case.summary))),
        }
    }
}

fn said(number: u64) -> portal::Report {
    let text = |text: String| portal::Value { kind: Some(portal::value::Kind::Text(text)) };
    let facts = [
        ("arrival.notice", text(format!("BN-{number:012}"))),
        ("arrival.date", text("2026-11-20".to_owned())),
        ("arrival.statement", text(some_text("It is declared that"))),
    ];
    portal::Report {
        role: "parent".to_owned(),
        facts: facts.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
        members: Vec::new(),
    }
}

fn citizens_tokens(issuer: &Issuer) -> anyhow::Result<Vec<MetadataValue<Ascii>>> {
    (0..CITIZENS).map(|citizen| token(issuer, TokenRole::citizen(&format!("9{citizen:08}")))).collect()
}

fn token(issuer: &Issuer, role: TokenRole) -> anyhow::Result<MetadataValue<Ascii>> {
    let token = issuer.token(&TokenRequest { role, lifetime: None })?;
    Ok(format!("Bearer {token}").parse()?)
}

/// Publishes the benchmark's files, as an operator does.
async fn publish(at: SocketAddr, data: &Path) -> anyhow::Result<()> {
    let files = country::FILES.map(|(path, content)| operations::publish_files_request::File {
        path: path.to_owned(),
        content: content.to_owned(),
    });
    let mut request = Request::new(operations::PublishFilesRequest { files: files.to_vec() });
    let mut client = RegistryServiceClient::new(channel(at).await?);
    // The first call is answered when everything is open; then the key is there.
    let key = wait_for_key(data).await?;
    let operator = TokenRole::Operator { subject: "bench".to_owned(), roles: Vec::new() };
    request.metadata_mut().insert("authorization", token(&key, operator)?);
    client.publish_files(request).await.context("the life events are not published")?;
    Ok(())
}

async fn wait_for_key(data: &Path) -> anyhow::Result<Issuer> {
    let begun = Instant::now();
    while !data.join(KEY_FILE).exists() {
        if begun.elapsed() > PLANS {
            bail!("the gateway does not open");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Issuer::open(data)?)
}

/// Registers the ministries, each by itself, with its descriptors and its consents.
async fn register(at: SocketAddr, data: &Path, ministries: SocketAddr) -> anyhow::Result<()> {
    let issuer = Issuer::open(data)?;
    let mut client = DeskServiceClient::new(channel(at).await?);
    for registration in country::registrations(&format!("http://{ministries}")) {
        let agency = registration.agency.clone();
        let mut request = Request::new(registration);
        request.metadata_mut().insert("authorization", token(&issuer, TokenRole::Agency { agency })?);
        client.register_agency(request).await.context("a ministry is not registered")?;
    }
    Ok(())
}

/// What a plain HTTP port answers.
async fn http_get(at: SocketAddr, path: &str) -> anyhow::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(at).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The program `loket`, built as this program was.
pub(super) fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program is in no folder")?;
    let cargo = std::env::var_os("CARGO");
    if let Some(cargo) = cargo {
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "loket", "--bin", "loket"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        if !build.status()?.success() {
            bail!("`loket` cannot be built");
        }
    }
    let program = folder.join("loket");
    match program.is_file() {
        true => Ok(program),
        false => {
            bail!("there is no `loket` beside this program; build it with `cargo build --release -p loket`")
        }
    }
}

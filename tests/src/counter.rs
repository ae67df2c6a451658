//! A whole counter, as processes: the gateway and every reference ministry, started by `loket` itself.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gateway::issuer::{Issuer, TokenRequest, TokenRole};
use proto::loket::operations::v1::case_operations_service_client::CaseOperationsServiceClient;
use proto::loket::operations::v1::registry_service_client::RegistryServiceClient;
use proto::loket::portal::v1::case_service_client::CaseServiceClient;
use proto::loket::portal::v1::life_event_service_client::LifeEventServiceClient;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

/// How long a counter may take to open, and a case to get where a test wants it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running counter. It ends with this value.
pub struct Counter {
    /// Its data.
    pub data: tempfile::TempDir,
    /// Its public port.
    pub public: u16,
    /// Its operations port.
    pub operations: u16,
    /// Its desk.
    pub desk: u16,
    process: Child,
}

/// A channel with a token.
pub type Authorised = InterceptedService<Channel, Token>;

/// A token that is sent along.
#[derive(Clone)]
pub struct Token(MetadataValue<Ascii>);

impl Token {
    /// As the header `authorization` has it.
    #[must_use]
    pub fn header(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, tonic::Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The `loket` program that was built beside these tests.
///
/// # Panics
/// Where it was not built: `cargo build -p loket` does.
#[must_use]
#[expect(clippy::panic, reason = "a test without the program cannot go on")]
pub fn program() -> PathBuf {
    let mut folder = std::env::current_exe().unwrap_or_default();
    while folder.pop() {
        let program = folder.join("loket");
        if program.is_file() {
            return program;
        }
    }
    panic!("there is no `loket` beside the tests; run `cargo build -p loket` first")
}

impl Counter {
    /// Starts a counter with further arguments, on free ports, in a folder of its own, and waits until every life event
    /// can be reported.
    ///
    /// # Panics
    /// Where it does not open within [`PATIENCE`]; with what it said.
    pub async fn open(arguments: &[&str]) -> Self {
        Self::open_with(arguments, &[]).await
    }

    /// The same with further options of the gateway, by their names in the environment.
    ///
    /// # Panics
    /// Where it does not open within [`PATIENCE`]; with what it said.
    pub async fn open_with(arguments: &[&str], options: &[(&str, &str)]) -> Self {
        let counter = Self::start(arguments, options);
        let opened = Instant::now();
        loop {
            if counter.said().contains("Loket is open") {
                return counter;
            }
            let late = opened.elapsed() > PATIENCE;
            assert!(!late, "the counter did not open:\n{}\n{}", counter.said(), counter.complained());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[expect(clippy::expect_used, reason = "a test without a counter cannot go on")]
    fn start(arguments: &[&str], options: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a folder for the data");
        let [public, operations, desk] = free_ports();
        let file = |name: &str| File::create(data.path().join(name)).expect("a file for what it says");
        let process = Command::new(program())
            .args(["--supervised", "--data"])
            .arg(data.path())
            .args(arguments)
            .envs(options.iter().copied())
            .env("LOKET_PUBLIC", format!("127.0.0.1:{public}"))
            .env("LOKET_OPERATIONS", format!("127.0.0.1:{operations}"))
            .env("LOKET_DESK", format!("127.0.0.1:{desk}"))
            .stdin(Stdio::piped())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("`loket` starts");
        Self { data, public, operations, desk, process }
    }

    /// What it wrote to standard output so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.data.path().join("stdout")).unwrap_or_default()
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn complained(&self) -> String {
        std::fs::read_to_string(self.data.path().join("stderr")).unwrap_or_default()
    }

    /// The process id of one of its parts, as it printed it.
    #[must_use]
    pub fn pid(&self, part: &str) -> Option<u32> {
        self.said().lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(part)).then(|| words.next()?.parse().ok())?
        })
    }

    /// Runs `loket` against this counter and waits for its end.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without the program cannot go on")]
    pub fn loket(&self, arguments: &[&str]) -> Output {
        Command::new(program())
            .args(arguments)
            .env("LOKET_DATA_DIR", self.data.path())
            .env("LOKET_PUBLIC_URL", format!("http://127.0.0.1:{}", self.public))
            .env("LOKET_OPERATIONS_URL", format!("http://127.0.0.1:{}", self.operations))
            .env("LOKET_DESK_URL", format!("http://127.0.0.1:{}", self.desk))
            .stdin(Stdio::null())
            .output()
            .expect("`loket` runs")
    }

    /// Cases, as the citizen of this number.
    pub async fn cases(&self, citizen: &str) -> CaseServiceClient<Authorised> {
        CaseServiceClient::with_interceptor(
            channel(self.public).await,
            self.token(TokenRole::citizen(citizen)),
        )
    }

    /// Cases, as the citizen of this number, once the public port answers again.
    ///
    /// # Panics
    /// Where it does not within [`PATIENCE`].
    pub async fn cases_when_back(&self, citizen: &str) -> CaseServiceClient<Authorised> {
        let began = Instant::now();
        while !self.said().contains("gateway runs again")
            || tokio::net::TcpStream::connect(("127.0.0.1", self.public)).await.is_err()
        {
            assert!(began.elapsed() < PATIENCE, "the gateway did not come back:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.cases(citizen).await
    }

    /// Life events, without a login.
    pub async fn life_events(&self) -> LifeEventServiceClient<Channel> {
        LifeEventServiceClient::new(channel(self.public).await)
    }

    /// Cases, as an operator.
    pub async fn case_operations(&self) -> CaseOperationsServiceClient<Authorised> {
        CaseOperationsServiceClient::with_interceptor(channel(self.operations).await, self.token(operator()))
    }

    /// The registry, as an operator.
    pub async fn registry(&self) -> RegistryServiceClient<Authorised> {
        RegistryServiceClient::with_interceptor(channel(self.operations).await, self.token(operator()))
    }

    /// A token of its built-in issuer.
    ///
    /// # Panics
    /// Where its issuer has no key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a token cannot go on")]
    pub fn token(&self, role: TokenRole) -> Token {
        Token(format!("Bearer {}", self.bare_token(role)).parse().expect("a header"))
    }

    /// A token of its built-in issuer, as text.
    ///
    /// # Panics
    /// Where its issuer has no key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without a token cannot go on")]
    pub fn bare_token(&self, role: TokenRole) -> String {
        let issuer = Issuer::open(self.data.path()).expect("the counter's issuer");
        issuer.token(&TokenRequest { role, lifetime: None }).expect("a token")
    }

    /// Ends it in order; what it leaves can be looked at in its folder.
    pub fn end(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.data.path()
    }
}

impl Drop for Counter {
    /// Ends as `loket` ends when whoever started it is gone: by the end of its standard input.
    fn drop(&mut self) {
        self.end();
    }
}

fn operator() -> TokenRole {
    TokenRole::Operator { subject: "tester".to_owned(), roles: Vec::new() }
}

#[expect(clippy::expect_used, reason = "a test without a connection cannot go on")]
async fn channel(port: u16) -> Channel {
    Endpoint::from_shared(format!("http://127.0.0.1:{port}"))
        .expect("an address")
        .connect()
        .await
        .expect("the counter answers")
}

#[expect(clippy::expect_used, reason = "a test without ports cannot go on")]
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}

//! A whole counter, as processes: the gateway and every reference ministry, started by `loket` itself.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
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

use crate::process::{Supervised, end_at_once};

/// How long a counter may take to open, and a case to get where a test wants it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running counter. It ends with this value.
pub struct Counter {
    /// Before its data, so that it has ended when that is removed.
    process: Supervised,
    /// Its data.
    pub data: tempfile::TempDir,
    /// Its public port.
    pub public: u16,
    /// Its operations port.
    pub operations: u16,
    /// Its desk.
    pub desk: u16,
}

/// How a counter is started.
#[derive(Default)]
pub struct Setup<'a> {
    /// Arguments of `loket`.
    pub arguments: &'a [&'a str],
    /// Further variables of its environment, and so of its parts'.
    pub environment: &'a [(&'a str, &'a str)],
    /// What an earlier counter has left. None: nothing.
    pub data: Option<tempfile::TempDir>,
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
        Self::set_up(Setup { arguments, ..Setup::default() }).await
    }

    /// The same, with more to say of how.
    ///
    /// # Panics
    /// Where it does not open within [`PATIENCE`]; with what it said.
    pub async fn set_up(setup: Setup<'_>) -> Self {
        let counter = Self::start(setup);
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
    fn start(setup: Setup<'_>) -> Self {
        let data = setup.data.unwrap_or_else(|| tempfile::tempdir().expect("a folder for the data"));
        let [public, operations, desk] = free_ports();
        let file = |name: &str| File::create(data.path().join(name)).expect("a file for what it says");
        let process = Command::new(program())
            .args(["--supervised", "--data"])
            .arg(data.path())
            .args(setup.arguments)
            .envs(setup.environment.iter().copied())
            .env("LOKET_PUBLIC", format!("127.0.0.1:{public}"))
            .env("LOKET_OPERATIONS", format!("127.0.0.1:{operations}"))
            .env("LOKET_DESK", format!("127.0.0.1:{desk}"))
            .stdin(Stdio::piped())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("`loket` starts");
        Self { process: Supervised::new(process), data, public, operations, desk }
    }

    /// Ends it in order; what it leaves.
    #[must_use]
    pub fn close(self) -> tempfile::TempDir {
        let Self { process, data, .. } = self;
        drop(process);
        data
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

    /// The process id of one of its parts, as it last printed it.
    #[must_use]
    pub fn pid(&self, part: &str) -> Option<u32> {
        let said = self.said();
        let pid = |line: &str| {
            let rest = line.strip_prefix(part)?;
            rest.strip_prefix(" runs again as ").unwrap_or(rest).trim().parse().ok()
        };
        said.lines().rev().find_map(pid)
    }

    /// Kills one of its parts, as the kernel would. `loket` starts it again.
    ///
    /// # Panics
    /// Where it does not run.
    #[expect(clippy::expect_used, reason = "a test that cannot kill cannot go on")]
    pub fn kill(&self, part: &str) -> u32 {
        let pid = self.pid(part).expect("its process id is printed");
        end_at_once(pid);
        pid
    }

    /// Waits until a part runs again that ran as `pid`, and a gateway answers again.
    ///
    /// # Panics
    /// Where it does not within [`PATIENCE`].
    pub async fn runs_again(&self, part: &str, pid: u32) {
        let began = Instant::now();
        while self.pid(part) == Some(pid)
            || tokio::net::TcpStream::connect(("127.0.0.1", self.public)).await.is_err()
        {
            let late = began.elapsed() > PATIENCE;
            assert!(!late, "{part} did not come back:\n{}\n{}", self.said(), self.complained());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What a part logged so far.
    #[must_use]
    pub fn log(&self, part: &str) -> String {
        std::fs::read_to_string(self.data.path().join("logs").join(format!("{part}.log"))).unwrap_or_default()
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

    /// Cases, as the citizen of this number, by a connection that is there.
    #[must_use]
    pub fn cases_by(&self, channel: Channel, citizen: &str) -> CaseServiceClient<Authorised> {
        CaseServiceClient::with_interceptor(channel, self.token(TokenRole::citizen(citizen)))
    }

    /// Life events, without a login.
    pub async fn life_events(&self) -> LifeEventServiceClient<Channel> {
        LifeEventServiceClient::new(channel(self.public).await)
    }

    /// Cases, as an operator.
    pub async fn case_operations(&self) -> CaseOperationsServiceClient<Authorised> {
        self.case_operations_at(self.operations).await
    }

    /// Cases, as an operator of the gateway whose operations port this is.
    pub async fn case_operations_at(&self, port: u16) -> CaseOperationsServiceClient<Authorised> {
        CaseOperationsServiceClient::with_interceptor(channel(port).await, self.token(operator()))
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
        self.process.end();
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.data.path()
    }
}

fn operator() -> TokenRole {
    TokenRole::Operator { subject: "tester".to_owned(), roles: Vec::new() }
}

/// A connection to a port of this machine.
///
/// # Panics
/// Where nobody answers.
#[expect(clippy::expect_used, reason = "a test without a connection cannot go on")]
pub async fn channel(port: u16) -> Channel {
    Endpoint::from_shared(format!("http://127.0.0.1:{port}"))
        .expect("an address")
        .connect()
        .await
        .expect("the counter answers")
}

/// Three ports that nobody listens on, and that the system gives to nobody by itself: a port that was free a moment
/// ago is else soon some connection's.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn free_ports() -> [u16; 3] {
    [(); 3].map(|()| free_port())
}

/// Tests that run at the same time look in different places.
#[expect(clippy::expect_used, reason = "a test without ports cannot go on")]
fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const MANY: u16 = 22_000;
    let start = u16::try_from(std::process::id() * 37 % u32::from(MANY)).unwrap_or(0);
    let mut candidates = (0..MANY).map(|_| {
        let offset = u32::from(start) + u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        FIRST + u16::try_from(offset % u32::from(MANY)).unwrap_or(0)
    });
    candidates.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

//! Processes of a test's own: started by it, ended by their ids.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::counter::{Counter, PATIENCE, free_ports, program};

/// A process that ends when its standard input does; dropping this closes it and waits for the end.
pub struct Supervised(Child);

impl Supervised {
    /// Takes charge of a process whose standard input is a pipe.
    #[must_use]
    pub fn new(child: Child) -> Self {
        Self(child)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it in order: it is gone when this returns.
    pub fn end(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end();
    }
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|it| it.success()), "{name} cannot be sent to {pid}");
}

/// Kills a process of this test's own, as the kernel would.
///
/// # Panics
/// Where it does not run.
pub fn end_at_once(pid: u32) {
    signal("-KILL", pid);
}

/// A process of this test's own that stands still, until this is dropped.
pub struct Halted(u32);

impl Halted {
    /// Halts it.
    ///
    /// # Panics
    /// Where it does not run.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        signal("-STOP", pid);
        Self(pid)
    }
}

impl Drop for Halted {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-CONT", &self.0.to_string()]).status();
    }
}

/// One more gateway on the store and with the keys of a counter.
pub struct Gateway {
    process: Supervised,
    /// Its public port.
    pub public: u16,
    /// Its operations port.
    pub operations: u16,
    /// Its desk.
    pub desk: u16,
}

impl Gateway {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// Where it does not within [`PATIENCE`].
    #[expect(clippy::expect_used, reason = "a test without a gateway cannot go on")]
    pub async fn beside(counter: &Counter, store: &str) -> Self {
        let [public, operations, desk] = free_ports();
        let log = std::fs::File::create(counter.folder().join("beside.log")).expect("a file for its log");
        let child = gateway(counter.folder(), store, [public, operations, desk])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("`loket gateway` starts");
        let started = Self { process: Supervised::new(child), public, operations, desk };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", public)).await.is_err() {
            let log = std::fs::read_to_string(counter.folder().join("beside.log")).unwrap_or_default();
            assert!(began.elapsed() < PATIENCE, "the other gateway does not answer:\n{log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        started
    }

    /// Kills it, as the kernel would.
    pub fn kill(self) {
        end_at_once(self.process.id());
    }
}

/// How `loket gateway` is started alone.
#[must_use]
pub fn gateway(data: &Path, store: &str, [public, operations, desk]: [u16; 3]) -> Command {
    let mut command = Command::new(program());
    command
        .args(["gateway", "--supervised", "--store", store, "--data"])
        .arg(data)
        .env("LOKET_PUBLIC", format!("127.0.0.1:{public}"))
        .env("LOKET_OPERATIONS", format!("127.0.0.1:{operations}"))
        .env("LOKET_DESK", format!("127.0.0.1:{desk}"));
    command
}

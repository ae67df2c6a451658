//! Processes that end with the value that started them, and what they have used.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long a process may take until it listens.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end when it is asked to.
const END: Duration = Duration::from_secs(5);

/// A process of the benchmark.
pub(super) struct Part {
    process: Child,
    name: &'static str,
    /// How long it may take to end in order.
    patience: Duration,
}

impl Part {
    /// Starts a program that ends when its standard input does; what it complains about goes to a file in the folder.
    pub(super) fn start(name: &'static str, command: &mut Command, folder: &Path) -> anyhow::Result<Self> {
        Self::spawn(name, command, folder, END)
    }

    /// Starts a program that knows no such end: it is ended at once.
    pub(super) fn foreign(name: &'static str, command: &mut Command, folder: &Path) -> anyhow::Result<Self> {
        Self::spawn(name, command, folder, Duration::ZERO)
    }

    fn spawn(
        name: &'static str,
        command: &mut Command,
        folder: &Path,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let complaints = fs::File::create(folder.join(format!("{name}.err")))?;
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(complaints)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        Ok(Self { process, name, patience })
    }

    /// One of this program's own hidden commands.
    pub(super) fn own(name: &'static str, arguments: &[String], folder: &Path) -> anyhow::Result<Self> {
        Self::start(name, Command::new(std::env::current_exe()?).args(arguments), folder)
    }

    /// Waits until it listens here.
    pub(super) async fn listens(&mut self, at: SocketAddr) -> anyhow::Result<()> {
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(at).await.is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("{} ended with {status} before it listened", self.name);
            }
            if begun.elapsed() > START {
                bail!("{} does not listen on {at}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The time that processors have worked for it so far.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name in brackets may hold spaces: fields are counted after it.
        let after = stat.rsplit(')').next().unwrap_or_default();
        let field = |at: usize| after.split_whitespace().nth(at).and_then(|text| text.parse::<u64>().ok());
        let (user, system) = field(11).zip(field(12)).context("the times in /proc are not readable")?;
        // The kernel tells these times in hundredths of a second, whatever its own clock does.
        Ok(Duration::from_millis((user + system) * 10))
    }

    /// The memory that it holds, in bytes.
    pub(super) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kilobytes.context("the memory in /proc is not readable")? * 1024)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() >= self.patience {
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Ends when whoever started this process is gone.
pub(super) async fn orphaned() {
    let mut ignored = [0; 64];
    let mut input = tokio::io::stdin();
    while !matches!(tokio::io::AsyncReadExt::read(&mut input, &mut ignored).await, Ok(0) | Err(_)) {}
}

/// An address of this machine that nobody listens on.
pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

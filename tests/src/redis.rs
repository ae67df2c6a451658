//! A real Redis server of a test's own, that syncs every write, and can be killed and started again on what it kept.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::counter::{PATIENCE, free_ports};

/// A running server. It ends with this value.
pub struct Redis {
    process: Option<Child>,
    folder: tempfile::TempDir,
    port: u16,
}

impl Redis {
    /// Starts one. Its files are written as they are: compressed text would hide from a search.
    ///
    /// # Panics
    /// Where `redis-server` is not installed: `tests/run` does.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its store cannot go on")]
    pub fn start() -> Self {
        let [port, ..] = free_ports();
        let mut server = Self { process: None, folder: tempfile::tempdir().expect("a folder"), port };
        server.run();
        server
    }

    /// Starts it again on what it has kept, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not.
    #[expect(clippy::expect_used, reason = "a test without its store cannot go on")]
    pub fn run(&mut self) {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--daemonize", "no"])
            .args(["--save", "", "--rdbcompression", "no", "--maxmemory-policy", "noeviction"])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts; tests/run installs it");
        self.process = Some(process);
        let began = Instant::now();
        while self.ask("PING") != "+PONG" {
            assert!(began.elapsed() < PATIENCE, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it, as the kernel would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Its address as a case store.
    #[must_use]
    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Child::id)
    }

    /// Its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The first line of the answer to a command; empty: there is none (yet).
    #[must_use]
    pub fn ask(&self, command: &str) -> String {
        let mut line = String::new();
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.write_all(format!("{command}\r\n").as_bytes())?;
            BufReader::new(stream).read_line(&mut line)
        });
        if asked.is_ok() { line.trim_end().to_owned() } else { String::new() }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

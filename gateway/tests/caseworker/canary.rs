//! Nothing personal reaches a store in clear: what a birth says is looked for in every byte that was written.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use casestore::{CaseStore, Options};
use casework::entry::Actor;
use gateway::caseworker::Reading;

use crate::country::{Birth, Country, fact, party};
use crate::ministries::Ministries;
use crate::world::World;

/// Everything that the birth says of people, and what the ministries add.
const PERSONAL: [&str; 9] = [
    "900184270",
    "Xanthippe",
    "NL91-QUUX-0417",
    "2026-11-20",
    "record-",
    "99900m1",
    "269.97",
    "mother.account",
    "a slip of the pen",
];

/// A case with all that can be said of people in it; the master key that sealed it.
async fn live_a_case(store: Arc<dyn CaseStore>) -> Vec<u8> {
    let world = World::on(store, Country::new(), Ministries::new()).await;
    let gateway = world.gateway();
    let birth = Birth { children: 2, ..Birth::of("900184270") };
    let case = gateway.caseworker.open(birth.by_mother("r1")).await.unwrap().file.id;
    gateway.caseworker.idle().await;
    let near = Birth { date: "2026-11-19", ..birth };
    gateway.caseworker.open(near.by_mother("r2")).await.unwrap();
    let by = Actor::Party { party: Some(party("mother")), portal: "portal".to_owned() };
    let key = casework::name::FactKey { name: fact("mother.account"), member: None };
    let dispute = casework::input::Input::Dispute {
        by: by.clone(),
        key: key.clone(),
        proposed: None,
        reason: "a slip of the pen".to_owned(),
    };
    gateway.caseworker.give(case, dispute).await.unwrap();
    gateway.caseworker.idle().await;
    gateway.caseworker.deliveries().flush().await.unwrap();
    let reading =
        Reading { by, facts: vec![key], purpose: "insight".to_owned(), legal_basis: "l".to_owned() };
    gateway.caseworker.record_access(case, reading).await.unwrap();
    std::fs::read(world.keys().join("master.key")).unwrap()
}

/// Looks into every file below the directory. How many bytes that were.
fn look_through(dir: &Path, master: &[u8]) -> usize {
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            seen += look_through(&entry, master);
            continue;
        }
        let bytes = std::fs::read(&entry).unwrap();
        seen += bytes.len();
        for secret in PERSONAL.iter().map(|personal| personal.as_bytes()).chain([master]) {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "`{}` is in clear in {}", String::from_utf8_lossy(secret), entry.display());
        }
    }
    seen
}

#[tokio::test]
async fn nothing_personal_is_in_the_embedded_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.fsync = false;
    let address = format!("embedded:{}", dir.path().display());
    let master = live_a_case(casestore::open(&address, options).await.unwrap()).await;
    let seen = look_through(dir.path(), &master);
    assert!(seen > 5_000, "only {seen} bytes were written");
}

/// A redis-server with files of its own, ended with the test.
struct Server {
    process: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// Its files are written as they are: compressed text would hide from the search.
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--daemonize", "no"]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"]);
        command
            .args(["--rdbcompression", "no", "--maxmemory-policy", "noeviction"])
            .arg("--dir")
            .arg(dir.path());
        let process = command.stdout(Stdio::null()).spawn();
        let process =
            process.unwrap_or_else(|error| panic!("redis-server does not start ({error}); see tests/run"));
        let server = Self { process, dir, port };
        while server.ask("PING") != "+PONG" {
            std::thread::yield_now();
        }
        server
    }

    /// The first line of the answer; empty: there is none (yet).
    fn ask(&self, command: &str) -> String {
        let mut line = String::new();
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.write_all(format!("{command}\r\n").as_bytes())?;
            BufReader::new(stream).read_line(&mut line)
        });
        if asked.is_ok() { line.trim_end().to_owned() } else { String::new() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn nothing_personal_is_in_the_files_of_redis() {
    let server = Server::start();
    let address = format!("redis://127.0.0.1:{}", server.port);
    let master = live_a_case(casestore::open(&address, Options::default()).await.unwrap()).await;
    assert_eq!(server.ask("SAVE"), "+OK");
    let seen = look_through(server.dir.path(), &master);
    assert!(seen > 10_000, "only {seen} bytes were written");
}

//! Real Redis servers for tests: on free ports of loopback, each with a directory of its own, ended by their process
//! ids when the test ends.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Client, Connection};
use tempfile::TempDir;

/// How long a server may take to be ready.
const READY: Duration = Duration::from_secs(20);

/// A running server.
pub struct Server {
    child: Option<Child>,
    pub port: u16,
    directory: TempDir,
    settings: Vec<String>,
}

/// A server that keeps an append-only file; more settings as on its command line.
pub fn start(settings: &[&str]) -> Server {
    let all = ["--save", "", "--appendonly", "yes", "--appendfsync", "no"].iter().chain(settings);
    let settings = all.map(|setting| (*setting).to_owned()).collect();
    let mut server = Server { child: None, port: 0, directory: tempfile::tempdir().unwrap(), settings };
    for _ in 0..20 {
        server.port = free_port();
        if server.run().is_ok() {
            return server;
        }
    }
    panic!("no redis-server could be started on twenty free ports");
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Starts it, or starts it again on what it has kept.
    pub fn run(&mut self) -> Result<(), String> {
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port, "--dir"])
            .arg(self.directory.path())
            .args(&self.settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => panic!(
                "these tests run against real Redis servers, and there is no `redis-server` here: install it with \
                 `apt-get install redis-server` (version 7.0 or later)"
            ),
            _ => panic!("redis-server does not start: {error}"),
        });
        self.child = Some(child);
        let started = Instant::now();
        while started.elapsed() < READY {
            if let Some(ended) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                self.child = None;
                return Err(format!("it ended: {ended}"));
            }
            // Not yet listening, or still loading.
            if self.try_ask(redis::cmd("PING")).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("it is not ready".to_owned())
    }

    /// Ends it at once, as the kernel would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    fn connection(&self) -> redis::RedisResult<Connection> {
        Client::open(self.address())?.get_connection_with_timeout(Duration::from_secs(5))
    }

    /// Asks it something beside the store.
    pub fn try_ask(&self, cmd: redis::Cmd) -> redis::RedisResult<redis::Value> {
        cmd.query(&mut self.connection()?)
    }

    /// The same, for a test that counts on the answer.
    pub fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        cmd.query(&mut self.connection().unwrap()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A cluster of three masters.
pub struct Cluster {
    pub servers: Vec<Server>,
}

/// Starts a cluster of three masters and waits until each of them says that it is whole.
pub fn start_cluster() -> Cluster {
    let servers: Vec<_> = (0..3).map(|_| start_member()).collect();
    let ranges = [(0, 5460), (5461, 10922), (10923, 16383)];
    for (server, (from, to)) in servers.iter().zip(ranges) {
        let (from, to) = (from.to_string(), to.to_string());
        let () = server.ask(&["CLUSTER", "ADDSLOTSRANGE", &from, &to]);
    }
    for (number, server) in servers.iter().enumerate() {
        let () = server.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
    }
    let first = servers[0].port.to_string();
    let bus: Vec<String> = servers[0].ask(&["CONFIG", "GET", "cluster-port"]);
    for server in &servers[1..] {
        let () = server.ask(&["CLUSTER", "MEET", "127.0.0.1", &first, &bus[1]]);
    }
    let started = Instant::now();
    let whole = |server: &Server| {
        let info: String = server.ask(&["CLUSTER", "INFO"]);
        info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
    };
    while !servers.iter().all(whole) {
        assert!(started.elapsed() < READY, "the cluster does not become whole");
        std::thread::sleep(Duration::from_millis(20));
    }
    Cluster { servers }
}

fn start_member() -> Server {
    let bus = free_port().to_string();
    start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", &bus])
}

impl Cluster {
    /// The address by which a store is opened; one server tells of the others.
    pub fn address(&self) -> String {
        format!("redis-cluster://127.0.0.1:{},127.0.0.1:{}", self.servers[1].port, self.servers[0].port)
    }
}

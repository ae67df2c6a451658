//! What a server is and what it promises, asked at the start: an answer is never said to be more durable than was
//! seen here.

use std::collections::HashMap;

use redis::{Pipeline, Value};

use super::RedisError;
use super::node::{Failure, Node};
use crate::store::Durability;

/// The oldest version: scripts that declare what they are came with it.
const OLDEST: (u64, u64) = (7, 0);

/// What was found.
struct Found {
    server: String,
    info: HashMap<String, String>,
    config: Option<HashMap<String, String>>,
}

/// Asks one server; refuses what a case store cannot be kept in.
pub(super) async fn probe(node: &Node, cluster: bool) -> Result<Durability, RedisError> {
    let found = Found::ask(node).await?;
    found.version()?;
    if (found.info("cluster_enabled") == "1") != cluster {
        let (what, way_out) = if cluster {
            ("it is no cluster", "use `redis://` for a single server")
        } else {
            ("it is part of a cluster", "use `redis-cluster://` and name some of its servers")
        };
        return Err(found.unfit(what, way_out));
    }
    if found.info("role") != "master" {
        let way_out = "name the master: what is written to a replica is lost";
        return Err(found.unfit("it is a replica", way_out));
    }
    let policy = found.info("maxmemory_policy");
    if policy != "noeviction" {
        let what = format!(
            "its maxmemory-policy is `{policy}`, and it would throw cases away when its memory is full"
        );
        return Err(found.unfit(&what, "set `maxmemory-policy noeviction`"));
    }
    Ok(found.durability())
}

impl Found {
    async fn ask(node: &Node) -> Result<Self, RedisError> {
        let mut asks = Pipeline::new();
        asks.cmd("INFO");
        asks.cmd("CONFIG").arg("GET").arg("appendfsync");
        let server = node.address();
        let replies = node.send_all(&asks).await.map_err(|failure| match failure {
            Failure::NotSent(reason) | Failure::Lost(reason) => {
                RedisError::Unreached { server: server.clone(), reason: reason.clone() }
            }
        })?;
        let mut replies = replies.into_iter();
        let info = match replies.next() {
            Some(Value::BulkString(text)) => read_info(&String::from_utf8_lossy(&text)),
            Some(Value::VerbatimString { text, .. }) => read_info(&text),
            Some(Value::ServerError(error)) => {
                return Err(RedisError::Unreached { server, reason: error.to_string() });
            }
            _ => HashMap::new(),
        };
        Ok(Self { server, info, config: replies.next().and_then(read_config) })
    }

    fn info(&self, name: &str) -> &str {
        self.info.get(name).map_or("", String::as_str)
    }

    fn unfit(&self, what: &str, way_out: &str) -> RedisError {
        let (server, what, way_out) = (self.server.clone(), what.to_owned(), way_out.to_owned());
        RedisError::Unfit { server, what, way_out }
    }

    fn version(&self) -> Result<(), RedisError> {
        let version = self.info("redis_version");
        let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
        if (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= OLDEST {
            return Ok(());
        }
        let what = format!("it is version `{version}`");
        Err(self.unfit(&what, "use Redis 7.0 or later, or Valkey"))
    }

    fn durability(&self) -> Durability {
        let server = &self.server;
        if self.info("aof_enabled") != "1" {
            tracing::warn!(
                server,
                "Redis keeps no append-only file: answered writes are gone with its process; set `appendonly yes`"
            );
            return Durability::Memory;
        }
        let appendfsync =
            self.config.as_ref().and_then(|config| config.get("appendfsync")).map(String::as_str);
        match appendfsync {
            Some("always") => Durability::LocalFsync,
            Some("everysec") => {
                tracing::warn!(
                    server,
                    "Redis syncs every second: a crash of its host may lose two seconds of answered writes; set \
                     `appendfsync always`"
                );
                Durability::Process
            }
            told => {
                tracing::warn!(
                    server,
                    appendfsync = told.unwrap_or("not to be read"),
                    "Redis leaves syncing to its host: a crash of the host may lose answered writes"
                );
                Durability::Process
            }
        }
    }
}

fn read_info(text: &str) -> HashMap<String, String> {
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines().filter_map(pair).collect()
}

/// None: the server does not let us read it.
fn read_config(value: Value) -> Option<HashMap<String, String>> {
    let text = |value: Value| match value {
        Value::BulkString(text) => String::from_utf8(text).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    };
    match value {
        Value::Map(pairs) => {
            pairs.into_iter().map(|(name, value)| Some((text(name)?, text(value)?))).collect()
        }
        _ => None,
    }
}

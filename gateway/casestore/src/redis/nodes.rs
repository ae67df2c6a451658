//! The servers: one, or the masters of a cluster, and which of them has a partition. A call goes to the server that has
//! its slot; one that says MOVED, ASK or NOSCRIPT has written nothing, and the call goes on from there once. There is
//! no other repeating: whether to ask again is the caller's to say.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::future::join_all;
use redis::{Cmd, Pipeline, ServerError, Value};

use super::fault;
use super::keys::{Place, SLOTS};
use super::node::{Failure, Node};
use super::script::Call;
use crate::id::Partition;
use crate::store::{Answer, StoreError};

/// How often a call may be sent on by servers that have not got its slot.
const REDIRECTS_MAX: usize = 4;

/// The map of a cluster is not asked for more often than this.
const REFRESH_PAUSE: Duration = Duration::from_millis(100);

/// The servers.
pub(super) struct Nodes {
    /// Those that were named in the address.
    seeds: Vec<Arc<Node>>,
    cluster: bool,
    map: RwLock<Arc<Map>>,
    refreshed: tokio::sync::Mutex<Option<Instant>>,
    trips: Arc<AtomicU64>,
}

/// Which server has what.
struct Map {
    nodes: Vec<Arc<Node>>,
    by_slot: Vec<u16>,
}

impl Map {
    fn of(&self, place: Place) -> &Arc<Node> {
        &self.nodes[self.index(place)]
    }

    fn index(&self, place: Place) -> usize {
        self.by_slot.get(usize::from(place.slot())).map_or(0, |node| usize::from(*node))
    }
}

impl Nodes {
    /// One server, or a cluster of which these are some. The map of a cluster is yet to be asked for.
    pub(super) fn new(seeds: Vec<Arc<Node>>, cluster: bool, trips: Arc<AtomicU64>) -> Self {
        let map = Map { nodes: seeds.clone(), by_slot: Vec::new() };
        let map = RwLock::new(Arc::new(map));
        Self { seeds, cluster, map, refreshed: tokio::sync::Mutex::new(None), trips }
    }

    /// How many commands and pipelines were sent.
    pub(super) fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    fn map(&self) -> Arc<Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All servers that have something.
    pub(super) fn all(&self) -> Vec<Arc<Node>> {
        self.map().nodes.clone()
    }

    /// The server of a partition.
    pub(super) fn node(&self, place: Place) -> Arc<Node> {
        self.map().of(place).clone()
    }

    /// Asks the cluster who has what. Whoever asks while another does shares its answer.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        if !self.cluster {
            return Ok(());
        }
        let asked = Instant::now();
        let mut refreshed = self.refreshed.lock().await;
        if refreshed.is_some_and(|at| at > asked || at.elapsed() < REFRESH_PAUSE) {
            return Ok(());
        }
        let mut cmd = redis::cmd("CLUSTER");
        cmd.arg("SLOTS");
        let mut reason = "no server was named".to_owned();
        for node in self.all().iter().chain(&self.seeds) {
            match node.send(&cmd).await {
                Ok(Value::Array(ranges)) => match self.read_map(node, ranges) {
                    Ok(map) => {
                        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(map);
                        *refreshed = Some(Instant::now());
                        return Ok(());
                    }
                    Err(why) => reason = why,
                },
                Ok(Value::ServerError(error)) => reason = format!("{}: {error}", node.address()),
                Ok(_) => reason = format!("{}: an answer that is no map of slots", node.address()),
                Err(Failure::NotSent(why) | Failure::Lost(why)) => reason = why,
            }
        }
        Err(reason)
    }

    fn read_map(&self, asked: &Arc<Node>, ranges: Vec<Value>) -> Result<Map, String> {
        let known: Vec<_> = self.all().into_iter().chain(self.seeds.iter().cloned()).collect();
        let mut map = Map { nodes: Vec::new(), by_slot: vec![u16::MAX; usize::from(SLOTS)] };
        for range in ranges {
            let (from, to, host, port) = read_range(&range).ok_or("a range of slots that is none")?;
            // A server that does not know its own name means: the one that you asked.
            let node = if host.is_empty() { asked.clone() } else { asked.sibling(&host, port) };
            let node = known.iter().find(|known| known.address() == node.address()).cloned().unwrap_or(node);
            let at = map.nodes.iter().position(|there| Arc::ptr_eq(there, &node)).unwrap_or_else(|| {
                map.nodes.push(node);
                map.nodes.len() - 1
            });
            map.by_slot.get_mut(from..=to).ok_or("a range of slots beyond the last")?.fill(at as u16);
        }
        if map.by_slot.contains(&u16::MAX) {
            return Err(format!("{}: the cluster has slots that no server serves", asked.address()));
        }
        Ok(map)
    }

    /// Sends one call, and answers with what the server did.
    pub(super) async fn call(&self, call: &Call) -> Answer<Value> {
        let mut node = self.node(call.place);
        let mut asking = false;
        let mut text = None;
        let mut redirects = 0;
        loop {
            let sent = send(&node, text.as_ref().unwrap_or(&call.cmd), asking).await;
            let error = match sent {
                Ok(Value::ServerError(error)) => error,
                Ok(value) => return Ok(value),
                Err(Failure::Lost(reason)) if call.writes => return Err(StoreError::Unknown { reason }),
                Err(Failure::Lost(reason)) => return Err(StoreError::Unavailable { reason }),
                Err(Failure::NotSent(reason)) => {
                    // Perhaps another has its slots by now.
                    let before = node.address();
                    if redirects > 0
                        || self.refresh().await.is_err()
                        || self.node(call.place).address() == before
                    {
                        return Err(StoreError::Unavailable { reason });
                    }
                    redirects += 1;
                    node = self.node(call.place);
                    continue;
                }
            };
            redirects += 1;
            if redirects > REDIRECTS_MAX {
                return Err(fault::fault(call, &error));
            }
            match error.code() {
                "NOSCRIPT" if text.is_none() => text = call.with_text(),
                "MOVED" | "ASK" if self.cluster => {
                    asking = error.code() == "ASK";
                    node = self.redirected(&node, &error).await;
                }
                "READONLY" => {
                    node.leave();
                    return Err(fault::fault(call, &error));
                }
                _ if fault::is_wrong_type(&error) => return Err(self.wrong_type(&node, call, &error).await),
                _ => return Err(fault::fault(call, &error)),
            }
        }
    }

    /// The server that another one has named.
    async fn redirected(&self, node: &Arc<Node>, error: &ServerError) -> Arc<Node> {
        let named = error.details().and_then(|details| details.split(' ').next_back()).unwrap_or_default();
        let (host, port) = named.rsplit_once(':').unwrap_or_default();
        let sibling = match port.parse() {
            // An empty host means: the one that you asked.
            Ok(port) if !host.is_empty() => node.sibling(host, port),
            _ => node.clone(),
        };
        if error.code() == "MOVED" {
            // What cannot be asked for now is asked for by the next call that is sent on.
            let _ = self.refresh().await;
        }
        let known = self.all().into_iter().find(|known| known.address() == sibling.address());
        known.unwrap_or(sibling)
    }

    /// Names the key that is of a wrong type.
    async fn wrong_type(&self, node: &Node, call: &Call, error: &ServerError) -> StoreError {
        let keys = call.keys();
        let mut types = Pipeline::new();
        for (key, _) in &keys {
            types.cmd("TYPE").arg(key);
        }
        let found = if keys.is_empty() { Ok(Vec::new()) } else { node.send_all(&types).await };
        for ((key, kind), found) in keys.iter().zip(found.unwrap_or_default()) {
            if let Value::SimpleString(found) = found
                && found != "none"
                && found != kind.name()
            {
                let reason = format!("it is a {found} and should be a {}; nothing was written", kind.name());
                return StoreError::Corrupt { place: format!("key {key}"), reason };
            }
        }
        fault::fault(call, error)
    }

    /// Sends many calls, those of one server together, and answers in their order. A call that could not be answered
    /// in the first round is sent by itself.
    pub(super) async fn gather(&self, calls: &[Call]) -> Answer<Vec<Value>> {
        let map = self.map();
        let mut by_node = vec![Vec::new(); map.nodes.len()];
        for (at, call) in calls.iter().enumerate() {
            by_node[map.index(call.place)].push(at);
        }
        let rounds =
            map.nodes.iter().zip(by_node).filter(|(_, at)| !at.is_empty()).map(async |(node, at)| {
                let mut pipeline = Pipeline::with_capacity(at.len());
                for &at in &at {
                    pipeline.add_command(calls[at].cmd.clone());
                }
                (node.send_all(&pipeline).await, at)
            });
        let mut values = vec![None; calls.len()];
        for (sent, ats) in join_all(rounds).await {
            match sent {
                Ok(replies) => {
                    for (at, reply) in ats.into_iter().zip(replies) {
                        values[at] = (!matches!(reply, Value::ServerError(_))).then_some(reply);
                    }
                }
                Err(Failure::Lost(reason)) if ats.iter().any(|&at| calls[at].writes) => {
                    return Err(StoreError::Unknown { reason });
                }
                Err(Failure::Lost(reason)) => return Err(StoreError::Unavailable { reason }),
                Err(Failure::NotSent(_)) => {}
            }
        }
        let mut all = Vec::with_capacity(calls.len());
        for (call, value) in calls.iter().zip(values) {
            all.push(match value {
                Some(value) => value,
                None => self.call(call).await?,
            });
        }
        Ok(all)
    }

    /// Partitions by the server that has them.
    pub(super) fn by_node(&self, partitions: impl Iterator<Item = Partition>) -> Vec<Vec<Partition>> {
        let map = self.map();
        let mut by_node = vec![Vec::new(); map.nodes.len()];
        for partition in partitions {
            by_node[map.index(Place::Partition(partition))].push(partition);
        }
        by_node.retain(|partitions| !partitions.is_empty());
        by_node
    }
}

async fn send(node: &Node, cmd: &Cmd, asking: bool) -> Result<Value, Failure> {
    if !asking {
        return node.send(cmd).await;
    }
    let mut pipeline = Pipeline::new();
    pipeline.cmd("ASKING").add_command(cmd.clone());
    let replies = node.send_all(&pipeline).await?;
    Ok(replies.into_iter().next_back().unwrap_or(Value::Nil))
}

/// First and last slot, host and port of the master.
fn read_range(range: &Value) -> Option<(usize, usize, String, u16)> {
    let Value::Array(range) = range else { return None };
    let [Value::Int(from), Value::Int(to), Value::Array(master), ..] = &range[..] else { return None };
    let [host, Value::Int(port), ..] = &master[..] else { return None };
    let host = match host {
        Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
        Value::SimpleString(host) => host.clone(),
        _ => String::new(),
    };
    Some((usize::try_from(*from).ok()?, usize::try_from(*to).ok()?, host, u16::try_from(*port).ok()?))
}

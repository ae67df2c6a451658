//! The store in Redis, one server or a Cluster, by the same code: everything of a partition has one hash tag and so one
//! slot, and each write is one script in it. Gateways keep nothing, and any number of them may share the store.
//!
//! - Scripts are in the `.lua` files beside this module; what they keep to is said in `script`, what they
//!   write in `keys`.
//! - The clock is the server's. Its offset is kept in every partition, where scripts read it: all gateways agree
//!   because none is asked. Setting it writes all 1024 copies, which is good enough for sandboxes.
//! - A call is one command, sent once. It goes on to another server, or with the script's text, where a server said
//!   that it had done nothing. Broken or late after it was sent it is [`Unknown`](crate::StoreError::Unknown), and the
//!   caller asks again.
//! - At the start the servers are asked what they are: see [`RedisError`] for what is refused.

mod asking;
mod fault;
mod keys;
mod node;
mod nodes;
mod probe;
mod reply;
mod script;
mod store;
mod sweep;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use redis::IntoConnectionInfo;

use self::keys::Place;
use self::node::{DataSet, Node, Times};
use self::nodes::Nodes;
use self::reply::Reply;
use self::script::Call;
use self::watch::Listener;
use crate::id::PARTITIONS;
use crate::open::without_password;
use crate::store::{Durability, StoreError};
use crate::watchers::Watchers;

/// The version of what is written; a data set says in which it is.
const FORMAT: u64 = 1;

/// Why a Redis is no store.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The address cannot be read.
    #[error(
        "`{0}` is no address of a Redis: use `redis://[user:password@]host[:port][/db]` or \
         `redis-cluster://[user:password@]host:port[,host:port…]`"
    )]
    Address(String),
    /// The server does not answer.
    #[error("Redis at {server} cannot be reached: {reason}")]
    Unreached {
        /// Its address.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server is not what cases can be kept in.
    #[error("Redis at {server} cannot keep cases: {what}; {way_out}")]
    Unfit {
        /// Its address.
        server: String,
        /// What is wrong with it.
        what: String,
        /// What to do.
        way_out: String,
    },
    /// What is stored there is another version's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How to talk to Redis.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// How long an answer may take before it is [`Unknown`](crate::StoreError::Unknown).
    pub response_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self { response_timeout: Duration::from_secs(2), connect_timeout: Duration::from_secs(2) }
    }
}

/// A store in Redis.
pub struct Redis {
    nodes: Arc<Nodes>,
    listener: Listener,
    watchers: Arc<Watchers>,
    durability: Durability,
    address: String,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Redis {
    /// Opens the store in one server (`redis://…`) or a cluster (`redis-cluster://…`).
    ///
    /// # Errors
    /// [`RedisError`]: not an address, not reached, or not fit to keep cases.
    pub async fn open(address: &str, options: &RedisOptions) -> Result<Self, RedisError> {
        let times = Times { response: options.response_timeout, connect: options.connect_timeout };
        let (trips, data_set) = (Arc::new(AtomicU64::new(0)), DataSet::default());
        let (seeds, cluster) = read_address(address)
            .and_then(|(addresses, cluster)| {
                let infos = addresses.iter().map(|address| address.as_str().into_connection_info().ok());
                let node = |info| Some(Node::new(info?, times.clone(), trips.clone(), data_set.clone()));
                Some((infos.map(node).collect::<Option<Vec<_>>>()?, cluster))
            })
            .ok_or_else(|| RedisError::Address(without_password(address)))?;
        let address = without_password(address);
        let nodes = Arc::new(Nodes::new(seeds, cluster, trips));
        let unreached = |reason| RedisError::Unreached { server: address.clone(), reason };
        nodes.refresh().await.map_err(unreached)?;
        let mut durability = Durability::LocalFsync;
        for node in nodes.all() {
            durability = durability.min(probe::probe(&node, cluster).await?);
        }
        // Nobody else sets it.
        let _ = data_set.set(settle(&nodes).await?);
        let watchers = Arc::new(Watchers::default());
        let listener = Listener::start(nodes.clone(), &watchers);
        Ok(Self { nodes, listener, watchers, durability, address })
    }

    /// How many round trips were made: commands and pipelines sent. For tests of what a call costs.
    #[must_use]
    pub fn trips(&self) -> u64 {
        self.nodes.trips()
    }
}

/// One address for each server that is named, and whether they are a cluster's.
fn read_address(address: &str) -> Option<(Vec<String>, bool)> {
    if address.starts_with("redis://") {
        return Some((vec![address.to_owned()], false));
    }
    let rest = address.strip_prefix("redis-cluster://")?;
    let (user, hosts) = match rest.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), rest),
    };
    let with_port = |host: &str| host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let hosts: Vec<_> = hosts.split(',').collect();
    hosts.iter().all(|host| with_port(host)).then_some(())?;
    Some((hosts.iter().map(|host| format!("redis://{user}{host}")).collect(), true))
}

/// Writes what the data set is, or reads that it is ours: its name.
async fn settle(nodes: &Nodes) -> Result<Vec<u8>, RedisError> {
    let mut data_set = [0; 16];
    getrandom::fill(&mut data_set).map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
    let call = Call::script(&script::SETTLE, Place::Beside, &[keys::key(Place::Beside, "meta")])
        .arg(FORMAT)
        .arg(PARTITIONS)
        .arg(&data_set[..]);
    let (_, mut reply) = Reply::read(&call, nodes.call(&call).await?)?;
    let mut meta = reply.list()?;
    let (format, partitions) = (meta.count()?, meta.count()?);
    if (format, partitions) == (FORMAT, u64::from(PARTITIONS)) {
        return Ok(meta.bytes()?.into());
    }
    Err(RedisError::Store(StoreError::Corrupt {
        place: "key {loket}:meta".to_owned(),
        reason: format!(
            "the data set is of format {format} with {partitions} partitions, and this version reads format {FORMAT} \
             with {PARTITIONS}"
        ),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_some_of_its_servers() {
        let (addresses, cluster) = read_address("redis-cluster://me:p@ss@a:1,b:2").unwrap();
        assert!(cluster);
        assert_eq!(addresses, ["redis://me:p@ss@a:1", "redis://me:p@ss@b:2"]);
        for bad in ["redis-cluster://", "redis-cluster://a", "redis-cluster://a:1,b", "rediss://a"] {
            assert!(read_address(bad).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn no_error_shows_the_password() {
        for address in
            ["redis://me:s3cret@127.0.0.1:1", "redis-cluster://me:s3cret@127.0.0.1:1", "redis://s3cret@[x"]
        {
            let error = Redis::open(address, &RedisOptions::default()).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}

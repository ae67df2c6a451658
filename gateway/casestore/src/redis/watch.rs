//! Listening for appends: a connection of its own to each server that has a watched partition, subscribed to the
//! partitions' shard channels. A connection that breaks is made anew and subscribed again; what was told meanwhile is
//! missed, as the trait says.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::{mpsc, oneshot};

use super::keys::{self, Place};
use super::nodes::Nodes;
use crate::id::Partition;
use crate::store::{Answer, Moved, StoreError};
use crate::watchers::Watchers;

/// How long to wait before a broken connection is made anew.
const PAUSE: Duration = Duration::from_millis(200);

/// What the listener is told.
enum Told {
    /// Somebody wants to watch: answered when it is subscribed.
    Watch(Partition, oneshot::Sender<Result<(), String>>),
    /// A server has pushed something.
    Pushed(String, PushInfo),
    /// It is time to mend what broke.
    Mend,
}

/// The listener, as the store knows it.
pub(super) struct Listener {
    told: mpsc::UnboundedSender<Told>,
}

impl Listener {
    /// Starts listening; it ends when the store is dropped.
    pub(super) fn start(nodes: Arc<Nodes>, watchers: &Arc<Watchers>) -> Self {
        let (told, hears) = mpsc::unbounded_channel();
        let listening = Listening {
            nodes,
            watchers: Arc::downgrade(watchers),
            told: told.downgrade(),
            connections: HashMap::new(),
            mending: false,
            deaf: false,
        };
        tokio::spawn(listening.run(hears));
        Self { told }
    }

    /// Returns when appends to the partition are told.
    pub(super) async fn watch(&self, partition: Partition) -> Answer<()> {
        let (done, subscribed) = oneshot::channel();
        // A listener that is gone drops the sender, and that is told below.
        let _ = self.told.send(Told::Watch(partition, done));
        let subscribed = subscribed.await.unwrap_or_else(|_| Err("the listener has stopped".to_owned()));
        subscribed.map_err(|reason| StoreError::Unavailable { reason })
    }
}

struct Listening {
    nodes: Arc<Nodes>,
    watchers: Weak<Watchers>,
    told: mpsc::WeakUnboundedSender<Told>,
    connections: HashMap<String, Subscribed>,
    mending: bool,
    /// Whether it was said that nothing is heard.
    deaf: bool,
}

struct Subscribed {
    connection: MultiplexedConnection,
    partitions: HashSet<Partition>,
}

impl Listening {
    async fn run(mut self, mut hears: mpsc::UnboundedReceiver<Told>) {
        while let Some(told) = hears.recv().await {
            match told {
                Told::Watch(partition, done) => {
                    // Whoever asked may be gone by now.
                    let _ = done.send(self.subscribe(partition).await);
                    self.leave_unwatched().await;
                }
                Told::Pushed(server, push) => self.pushed(&server, &push),
                Told::Mend => self.mend().await,
            }
        }
    }

    fn pushed(&mut self, server: &str, push: &PushInfo) {
        match (&push.kind, &push.data[..]) {
            (PushKind::SMessage, [_, Value::BulkString(message)]) => {
                if let (Some(watchers), Some(moved)) = (self.watchers.upgrade(), read_moved(message)) {
                    watchers.tell(moved);
                }
            }
            (PushKind::Disconnection, _) => {
                self.connections.remove(server);
                self.mend_later();
            }
            // The server has given the slot away.
            (PushKind::SUnsubscribe, [Value::BulkString(channel), ..]) => {
                if let (Some(there), Some(partition)) =
                    (self.connections.get_mut(server), keys::channel_partition(channel))
                {
                    there.partitions.remove(&partition);
                    self.mend_later();
                }
            }
            _ => {}
        }
    }

    fn mend_later(&mut self) {
        if std::mem::replace(&mut self.mending, true) {
            return;
        }
        let told = self.told.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PAUSE).await;
            if let Some(told) = told.upgrade() {
                // A listener that is gone needs no mending.
                let _ = told.send(Told::Mend);
            }
        });
    }

    /// Subscribes again to what is watched and not subscribed.
    async fn mend(&mut self) {
        self.mending = false;
        let Some(watchers) = self.watchers.upgrade() else { return };
        // Without an answer the old map serves: the next attempt asks again.
        let _ = self.nodes.refresh().await;
        for partition in watchers.watched() {
            if let Err(reason) = self.subscribe(partition).await {
                if !std::mem::replace(&mut self.deaf, true) {
                    tracing::warn!(
                        reason,
                        "not listening for appends; the log is read in intervals meanwhile"
                    );
                }
                return self.mend_later();
            }
        }
        if std::mem::take(&mut self.deaf) {
            tracing::info!("listening for appends again");
        }
    }

    async fn subscribe(&mut self, partition: Partition) -> Result<(), String> {
        let place = Place::Partition(partition);
        let mut moved = false;
        loop {
            let node = self.nodes.node(place);
            let server = node.address();
            if !self.connections.contains_key(&server) {
                let (told, from) = (self.told.clone(), server.clone());
                let pushed = move |push| {
                    if let Some(told) = told.upgrade() {
                        // A listener that is gone need not hear it.
                        let _ = told.send(Told::Pushed(from.clone(), push));
                    }
                };
                let connection = node.listen(pushed).await?;
                let partitions = HashSet::new();
                self.connections.insert(server.clone(), Subscribed { connection, partitions });
            }
            let Some(there) = self.connections.get_mut(&server) else { return Ok(()) };
            if there.partitions.contains(&partition) {
                return Ok(());
            }
            let mut cmd = redis::cmd("SSUBSCRIBE");
            cmd.arg(keys::key(place, "moved"));
            match there.connection.send_packed_command(&cmd).await {
                Ok(Value::ServerError(error)) if error.code() == "MOVED" && !moved => {
                    moved = true;
                    self.nodes.refresh().await?;
                }
                Ok(Value::ServerError(error)) => return Err(format!("{server}: {error}")),
                Ok(_) => {
                    there.partitions.insert(partition);
                    return Ok(());
                }
                Err(error) => {
                    self.connections.remove(&server);
                    return Err(format!("{server}: {error}"));
                }
            }
        }
    }

    /// Leaves the channels that nobody watches any more.
    async fn leave_unwatched(&mut self) {
        let Some(watchers) = self.watchers.upgrade() else { return };
        let watched: HashSet<_> = watchers.watched().into_iter().collect();
        for there in self.connections.values_mut() {
            let left: Vec<_> = there.partitions.difference(&watched).copied().collect();
            for partition in left {
                there.partitions.remove(&partition);
                let mut cmd = redis::cmd("SUNSUBSCRIBE");
                cmd.arg(keys::key(Place::Partition(partition), "moved"));
                // A connection that broke is told by what it pushes.
                let _ = there.connection.send_packed_command(&cmd).await;
            }
        }
    }
}

/// `case:rows`.
fn read_moved(message: &[u8]) -> Option<Moved> {
    let (case, rows) = std::str::from_utf8(message).ok()?.split_once(':')?;
    Some(Moved { case: case.parse().ok()?, rows: rows.parse().ok()? })
}

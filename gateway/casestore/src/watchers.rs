//! Whoever watches a partition in this process.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

use crate::id::Partition;
use crate::store::Moved;

/// How far a watcher may fall behind before it misses something.
const BEHIND_MAX: usize = 256;

/// The watchers, by partition.
#[derive(Default)]
pub(crate) struct Watchers {
    by_partition: Mutex<HashMap<Partition, broadcast::Sender<Moved>>>,
}

impl Watchers {
    /// A stream of what is told from now on.
    pub(crate) fn watch(&self, partition: Partition) -> Pin<Box<dyn Stream<Item = Moved> + Send>> {
        let mut watched = self.by_partition.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, sender| sender.receiver_count() > 0);
        let sender = watched.entry(partition).or_insert_with(|| broadcast::channel(BEHIND_MAX).0);
        // A watcher that fell behind goes on with what is still there.
        Box::pin(BroadcastStream::new(sender.subscribe()).filter_map(Result::ok))
    }

    /// Tells whoever watches the case's partition.
    pub(crate) fn tell(&self, moved: Moved) {
        let watched = self.by_partition.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(&moved.case.partition()) {
            // Nobody listening any more is no fault.
            let _ = sender.send(moved);
        }
    }

    /// The partitions that somebody watches.
    pub(crate) fn watched(&self) -> Vec<Partition> {
        let watched = self.by_partition.lock().unwrap_or_else(PoisonError::into_inner);
        watched
            .iter()
            .filter(|(_, sender)| sender.receiver_count() > 0)
            .map(|(partition, _)| *partition)
            .collect()
    }
}

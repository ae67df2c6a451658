//! Watching cases: whoever watches is told that a case may have moved. One subscription per watched partition.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use casestore::{CaseId, CaseStore, Partition};
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt};

/// What the store tells may be lost; so often whoever watches looks by themselves.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The wait before a lost subscription is made again.
const SUBSCRIBE_AGAIN: Duration = Duration::from_millis(500);

/// The watched cases of one partition. It lives as long as somebody watches.
#[derive(Default)]
struct Watched {
    cases: Mutex<HashMap<CaseId, watch::Sender<u64>>>,
}

impl Watched {
    fn subscribe(&self, case: CaseId) -> watch::Receiver<u64> {
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        cases.retain(|_, sender| sender.receiver_count() > 0);
        cases.entry(case).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    fn tell(&self, case: CaseId) {
        let cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = cases.get(&case) {
            sender.send_modify(|times| *times += 1);
        }
    }
}

/// The watched partitions.
#[derive(Default)]
pub(super) struct Watching {
    partitions: Mutex<HashMap<Partition, Weak<Watched>>>,
}

impl Watching {
    /// Tells that the case may have moved; at least every two seconds.
    pub(super) fn watch(
        &self,
        store: &Arc<dyn CaseStore>,
        case: CaseId,
    ) -> impl Stream<Item = ()> + Send + 'static + use<> {
        let watched = self.watched(store, case.partition());
        let receiver = watched.subscribe(case);
        futures::stream::unfold((watched, receiver), |(watched, mut receiver)| async move {
            // The sender is in `watched`, so it is there.
            let _ = tokio::time::timeout(LOOK_AGAIN, receiver.changed()).await;
            Some(((), (watched, receiver)))
        })
    }

    fn watched(&self, store: &Arc<dyn CaseStore>, partition: Partition) -> Arc<Watched> {
        let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = partitions.get(&partition).and_then(Weak::upgrade) {
            return watched;
        }
        partitions.retain(|_, watched| watched.strong_count() > 0);
        let watched = Arc::new(Watched::default());
        partitions.insert(partition, Arc::downgrade(&watched));
        tokio::spawn(listen(store.clone(), partition, Arc::downgrade(&watched)));
        watched
    }
}

/// Listens to the partition while anybody watches.
async fn listen(store: Arc<dyn CaseStore>, partition: Partition, watched: Weak<Watched>) {
    while watched.strong_count() > 0 {
        match store.watch(partition).await {
            Ok(mut moved) => loop {
                let next = tokio::time::timeout(LOOK_AGAIN, moved.next()).await;
                let Some(watched) = watched.upgrade() else { return };
                match next {
                    Ok(Some(moved)) => watched.tell(moved.case),
                    Ok(None) => break,
                    Err(_) => {}
                }
            },
            Err(error) => tracing::debug!(partition = partition.number(), %error, "no subscription"),
        }
        tokio::time::sleep(SUBSCRIBE_AGAIN).await;
    }
}

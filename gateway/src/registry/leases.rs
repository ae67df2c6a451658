//! The leases of endpoints: which systems of agencies are there.
//!
//! Heartbeats are many and say nothing that matters tomorrow, so they are no rows of the log. All leases are one document
//! of the store. A renewal raises the endpoint's count of beats in it; every gateway reads the document several times a
//! second, and an endpoint is live for as long as its beats go on rising: measured by each gateway's own clock, so that
//! neither a store's clock that is moved (a sandbox) nor one that differs makes all agencies vanish at once. All
//! gateways agree within the time between two looks.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use casestore::{Answer, CaseStore, Document, DocumentKey, Partition, Written};
use casework::time::Instant;
use prost::Message;
use tokio::time::Instant as Local;

/// The lease of an endpoint that does not say its own, in milliseconds; the shortest and the longest.
pub(super) const LEASE_MS: i64 = 15_000;
pub(super) const LEASE_MS_MIN: i64 = 2_000;
pub(super) const LEASE_MS_MAX: i64 = 3_600_000;

/// Most endpoints of one agency; the oldest give way.
pub(super) const ENDPOINTS_MAX: usize = 16;

/// How long an endpoint whose lease has ended is remembered: for as long as its lease once more, and at least so long.
/// Its agency need not register again in that time. After it nobody sees it any more: systems that come back elsewhere
/// leave no trail of dead addresses.
const REMEMBERED_MIN: Duration = Duration::from_secs(30);

/// Attempts at writing the document when others write it at the same moment.
const ATTEMPTS_MAX: usize = 32;

/// An endpoint of an agency.
pub(super) type EndpointKey = (String, String);

/// What happens to leases.
#[derive(Debug, Clone)]
pub(super) enum LeaseAct {
    /// The agency registered these endpoints.
    Register {
        /// The agency.
        agency: String,
        /// Its endpoints.
        endpoints: Vec<String>,
        /// How long each lease is.
        lease_ms: i64,
    },
    /// The agency's endpoint is there.
    Beat(EndpointKey),
}

/// One endpoint, as this gateway sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) live: bool,
    pub(super) registered: u64,
    pub(super) registered_at: Instant,
    pub(super) expires: Instant,
}

/// What time it is, by the store's clock and by this gateway's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) store: Instant,
    pub(super) local: Local,
}

/// All leases, as this gateway sees them.
#[derive(Debug, Default)]
pub(super) struct Leases {
    document: wire::Leases,
    version: Option<u64>,
    seen: BTreeMap<EndpointKey, Seen>,
}

/// When this gateway saw an endpoint's beats rise.
#[derive(Debug, Clone, Copy)]
struct Seen {
    beats: u64,
    /// When its lease ends, by this gateway's clock.
    until: Local,
}

fn key() -> DocumentKey {
    DocumentKey { partition: Partition::of_hash(&[0; 32]), name: *b"loket registry: endpoint leases\0" }
}

impl Leases {
    /// Takes in the document as it is in the store.
    pub(super) fn take_in(&mut self, document: Option<Document>, at: Now) -> Result<(), String> {
        let version = document.as_ref().map(|document| document.version);
        if version == self.version && version.is_some() {
            return Ok(());
        }
        let content = document.map(|document| document.content).unwrap_or_default();
        self.document = wire::Leases::decode(content).map_err(|_| "the leases are damaged".to_owned())?;
        self.version = version;
        let mut seen = BTreeMap::new();
        for lease in &self.document.leases {
            let key = (lease.agency.clone(), lease.endpoint.clone());
            let known = self.seen.get(&key).filter(|known| known.beats == lease.beats);
            let fresh =
                Seen { beats: lease.beats, until: at.local + lease.first_left(&self.seen, &key, at.store) };
            seen.insert(key, known.copied().unwrap_or(fresh));
        }
        self.seen = seen;
        Ok(())
    }

    /// For so long this gateway could hear nobody, because the store was away: that counts against no lease.
    pub(super) fn deaf_for(&mut self, gap: Duration) {
        self.seen.values_mut().for_each(|seen| seen.until += gap);
    }

    /// The agency's endpoints.
    pub(super) fn of(&self, agency: &str, at: Now) -> BTreeMap<String, Lease> {
        let own = self.document.leases.iter().filter(|lease| lease.agency == agency);
        let seen = |lease: &wire::Lease| {
            let seen = self.seen.get(&(lease.agency.clone(), lease.endpoint.clone()))?;
            let left = seen.until.saturating_duration_since(at.local);
            let view = Lease {
                live: !left.is_zero(),
                registered: lease.registered,
                registered_at: Instant(lease.registered_at),
                expires: at.store.plus(i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
            };
            Some((lease.endpoint.clone(), view))
        };
        own.filter_map(seen).collect()
    }

    /// Which endpoints are live: what a snapshot depends on.
    pub(super) fn live(&self, local: Local) -> Vec<(EndpointKey, u64)> {
        let live = |lease: &&wire::Lease| {
            let key = (lease.agency.clone(), lease.endpoint.clone());
            self.seen.get(&key).is_some_and(|seen| seen.until > local)
        };
        let shown = |lease: &wire::Lease| ((lease.agency.clone(), lease.endpoint.clone()), lease.registered);
        self.document.leases.iter().filter(live).map(shown).collect()
    }

    /// How often the document was written; none: never.
    pub(super) fn version(&self) -> Option<u64> {
        self.version
    }

    /// Whether the endpoint is registered, live or not.
    pub(super) fn knows(&self, key: &EndpointKey) -> bool {
        self.seen.contains_key(key)
    }

    /// How long the endpoint's lease is.
    pub(super) fn length(&self, (agency, endpoint): &EndpointKey) -> i64 {
        let own = |lease: &&wire::Lease| lease.agency == *agency && lease.endpoint == *endpoint;
        self.document.leases.iter().find(own).map_or(LEASE_MS, |lease| lease.lease_ms)
    }

    /// Whether an endpoint ended so long ago that it is to be taken out.
    pub(super) fn any_forgotten(&self, local: Local) -> bool {
        self.document.leases.iter().any(|lease| self.is_forgotten(lease, local))
    }

    /// One whose beats rose since is not.
    fn is_forgotten(&self, lease: &wire::Lease, local: Local) -> bool {
        let key = (lease.agency.clone(), lease.endpoint.clone());
        let once_more = Duration::from_millis(u64::try_from(lease.lease_ms).unwrap_or(0));
        self.seen.get(&key).is_some_and(|seen| {
            seen.beats == lease.beats && local >= seen.until + once_more.max(REMEMBERED_MIN)
        })
    }

    /// Writes what happened, against the document as it is by then.
    pub(super) async fn write(&mut self, store: &dyn CaseStore, acts: &[LeaseAct], at: Now) -> Answer<()> {
        for _ in 0..ATTEMPTS_MAX {
            let mut next = self.document.clone();
            acts.iter().for_each(|act| next.apply(act, at.store));
            next.leases.retain(|lease| !self.is_forgotten(lease, at.local));
            if acts.is_empty() && next == self.document {
                return Ok(());
            }
            let content = Bytes::from(next.encode_to_vec());
            match store.write_document(key(), self.version, content.clone(), None).await? {
                Written::Done { version, .. } => {
                    let document = Document { version, content };
                    return self.take_in(Some(document), at).map_err(damaged);
                }
                Written::Stale(document) => self.take_in(document, at).map_err(damaged)?,
            }
        }
        Err(casestore::StoreError::Unavailable { reason: "others write the leases all the time".to_owned() })
    }
}

/// The document as it is in the store.
pub(super) async fn read(store: &dyn CaseStore) -> Answer<Option<Document>> {
    store.document(key()).await
}

fn damaged(reason: String) -> casestore::StoreError {
    casestore::StoreError::Corrupt { place: "the registry's leases".to_owned(), reason }
}

impl wire::Lease {
    /// How long a lease that this gateway has not seen rise yet still runs: for one it did not know at all, what is
    /// left by the store's clock.
    fn first_left(&self, seen: &BTreeMap<EndpointKey, Seen>, key: &EndpointKey, now: Instant) -> Duration {
        let left = if seen.contains_key(key) {
            self.lease_ms
        } else {
            (self.renewed_at.saturating_add(self.lease_ms)).saturating_sub(now.0).min(self.lease_ms)
        };
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }
}

impl wire::Leases {
    fn apply(&mut self, act: &LeaseAct, now: Instant) {
        match act {
            LeaseAct::Register { agency, endpoints, lease_ms } => {
                for endpoint in endpoints {
                    self.register(agency, endpoint, *lease_ms, now);
                }
                while self.leases.iter().filter(|lease| lease.agency == *agency).count() > ENDPOINTS_MAX {
                    let own = self.leases.iter().enumerate().filter(|(_, lease)| lease.agency == *agency);
                    let Some((oldest, _)) = own.min_by_key(|(_, lease)| lease.renewed_at) else { return };
                    self.leases.remove(oldest);
                }
            }
            LeaseAct::Beat((agency, endpoint)) => {
                let own = |lease: &&mut wire::Lease| lease.agency == *agency && lease.endpoint == *endpoint;
                if let Some(lease) = self.leases.iter_mut().find(own) {
                    lease.beats += 1;
                    lease.renewed_at = now.0;
                }
            }
        }
    }

    fn register(&mut self, agency: &str, endpoint: &str, lease_ms: i64, now: Instant) {
        let own = |lease: &&mut wire::Lease| lease.agency == agency && lease.endpoint == endpoint;
        match self.leases.iter_mut().find(own) {
            Some(lease) => {
                lease.beats += 1;
                lease.registered += 1;
                lease.registered_at = now.0;
                lease.lease_ms = lease_ms;
                lease.renewed_at = now.0;
            }
            None => self.leases.push(wire::Lease {
                agency: agency.to_owned(),
                endpoint: endpoint.to_owned(),
                lease_ms,
                beats: 1,
                registered: 1,
                renewed_at: now.0,
                registered_at: now.0,
            }),
        }
    }
}

mod wire {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Leases {
        #[prost(message, repeated, tag = "1")]
        pub(super) leases: Vec<Lease>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Lease {
        #[prost(string, tag = "1")]
        pub(super) agency: String,
        #[prost(string, tag = "2")]
        pub(super) endpoint: String,
        #[prost(int64, tag = "3")]
        pub(super) lease_ms: i64,
        /// How often it was renewed.
        #[prost(uint64, tag = "4")]
        pub(super) beats: u64,
        /// How often it was registered.
        #[prost(uint64, tag = "5")]
        pub(super) registered: u64,
        /// When it was last renewed, by the store's clock.
        #[prost(int64, tag = "6")]
        pub(super) renewed_at: i64,
        /// When it was last registered, by the store's clock.
        #[prost(int64, tag = "7")]
        pub(super) registered_at: i64,
    }
}

#[cfg(test)]
mod tests;

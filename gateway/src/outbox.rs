//! Carries what a case owes to other partitions: the lists of its parties. The row is stored with the append that owes
//! it, so that a crash between the two leaves something that is done later, once or twice alike.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use casestore::{CaseId, CaseStore, Listed, OutboxRow, Partition, StoreError};
use casework::case::Case;
use casework::entry::{Entry, Known, Recorded};
use casework::life_event::LifeEvent;
use casework::name::LifeEventId;
use casework::time::Instant;
use casework::value::Value;
use futures::StreamExt;
use prost::Message;
use proto::loket::log::v1 as log;
use proto::loket::log::v1::outgoing;
use tokio::sync::Notify;

use crate::seal::Keyring;

/// Who reads the outboxes here. There is no other subscriber yet: what it has done is dropped.
const SUBSCRIBER: &str = "lists";
const ROW_DOMAIN: &str = "outbox";
const LINE_DOMAIN: &str = "line";
const PARTY_DOMAIN: &str = "party";
/// The concept that says who a party is.
const NUMBER: &str = "person.number";

/// How long hints are gathered: a party's list is right within a second.
const GATHER: Duration = Duration::from_millis(200);
/// How often it is asked where anything was left behind, by this gateway or another.
const SWEEP: Duration = Duration::from_millis(900);
/// Rows read at a time.
const ROWS: usize = 256;
/// Partitions dealt with at a time.
const PARTITIONS: usize = 16;

/// Where a person's list is: the keyed hash of their number.
pub(crate) fn party(keyring: &Keyring, person: &str) -> (Partition, [u8; 32]) {
    let hash = keyring.hash(PARTY_DOMAIN, person.trim().as_bytes());
    (Partition::of_hash(&hash), hash)
}

/// The number that an entry says a party of the case has: who reports says their own (and finds the case by it, party
/// or not), and a fact says it of others. Who hears nothing of it has no line of it.
fn person<'a>(entry: &'a Entry, life_event: &LifeEvent) -> Option<&'a str> {
    match entry {
        Entry::PartyNamed { party, person } if !life_event.hears_nothing(&party.role) => person.as_deref(),
        Entry::PartClaimed { person, .. } => person.as_deref(),
        Entry::Learnt { key, known: Known::Value(Value::Person(number)), .. }
            if !life_event.hears_nothing(&key.name.role()) =>
        {
            let concept = life_event.concept_of(&key.name)?;
            (concept.as_str() == NUMBER).then_some(number)
        }
        _ => None,
    }
}

/// The rows that these entries owe: for each person they name, the case on that person's list.
pub(crate) fn owed(
    keyring: &Keyring,
    id: CaseId,
    case: &Case,
    life_event: &LifeEvent,
    entries: &[Recorded],
) -> Vec<Bytes> {
    let mut persons = BTreeSet::new();
    let mut rows = Vec::new();
    for recorded in entries {
        let Some(person) = person(&recorded.entry, life_event).filter(|person| persons.insert(*person))
        else {
            continue;
        };
        let line = log::Line {
            life_event: case.life_event.to_string(),
            reference: case.reference.clone(),
            features: String::new(),
        };
        let list = outgoing::List {
            case: Bytes::copy_from_slice(id.as_bytes()),
            party: Bytes::copy_from_slice(&party(keyring, person).1),
            at: recorded.at.0,
            line: Some(line),
        };
        let outgoing = log::Outgoing { kind: Some(outgoing::Kind::List(list)) };
        let context = [id.partition().number().to_be_bytes()].concat();
        rows.push(keyring.seal(ROW_DOMAIN, &context, &outgoing.encode_to_vec()).into());
    }
    rows
}

/// A line of a person's list.
pub(crate) fn read_line(
    keyring: &Keyring,
    party: &[u8; 32],
    listed: &Listed,
) -> Option<(LifeEventId, String)> {
    let plain = keyring.unseal(LINE_DOMAIN, &line_context(party, listed.case), &listed.line).ok()?;
    let line = log::Line::decode(plain.as_slice()).ok()?;
    Some((line.life_event.parse().ok()?, line.reference))
}

fn line_context(party: &[u8; 32], case: CaseId) -> Vec<u8> {
    [party.as_slice(), case.as_bytes()].concat()
}

/// Where appends say that they owe something.
#[derive(Default)]
pub(crate) struct Outgoing {
    hinted: Mutex<BTreeSet<Partition>>,
    news: Notify,
}

impl Outgoing {
    /// The partition's outbox has something.
    pub(crate) fn hint(&self, partition: Partition) {
        self.hinted.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
        self.news.notify_one();
    }

    fn take(&self) -> Vec<Partition> {
        std::mem::take(&mut *self.hinted.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

/// What an outbox's row turned out to be.
enum Read {
    List(Box<(Partition, [u8; 32], Listed)>),
    /// It will never be readable: it is passed by.
    Damaged,
    /// A newer gateway wrote it, and will deal with it.
    Newer,
}

/// Delivers what outboxes hold.
#[derive(Clone)]
pub struct Deliveries {
    store: Arc<dyn CaseStore>,
    keyring: Arc<Keyring>,
    outgoing: Arc<Outgoing>,
}

impl Deliveries {
    pub(crate) fn new(store: Arc<dyn CaseStore>, keyring: Arc<Keyring>, outgoing: Arc<Outgoing>) -> Self {
        Self { store, keyring, outgoing }
    }

    /// Delivers until the future is dropped.
    pub async fn run(&self) {
        let mut swept = tokio::time::Instant::now();
        loop {
            let _ = tokio::time::timeout(SWEEP, self.outgoing.news.notified()).await;
            tokio::time::sleep(GATHER).await;
            let mut partitions = self.outgoing.take();
            if swept.elapsed() >= SWEEP {
                swept = tokio::time::Instant::now();
                match self.store.outbox_pending(SUBSCRIBER).await {
                    Ok(pending) => partitions = pending,
                    Err(error) if error.is_outage() => {
                        tracing::debug!(%error, "outboxes could not be swept; it is tried again");
                    }
                    Err(error) => tracing::warn!(%error, "outboxes could not be swept; it is tried again"),
                }
            }
            self.deliver(partitions).await;
        }
    }

    /// Delivers everything that there is now.
    ///
    /// # Errors
    /// The store's: what was not delivered is delivered later.
    pub async fn flush(&self) -> Result<(), StoreError> {
        for partition in self.store.outbox_pending(SUBSCRIBER).await? {
            self.deliver_from(partition).await?;
        }
        Ok(())
    }

    async fn deliver(&self, partitions: Vec<Partition>) {
        futures::stream::iter(partitions)
            .for_each_concurrent(PARTITIONS, |partition| async move {
                let number = partition.number();
                match self.deliver_from(partition).await {
                    Ok(()) => {}
                    Err(error) if error.is_outage() => {
                        tracing::debug!(partition = number, %error, "an outbox waits; it is tried again");
                    }
                    Err(error) => {
                        tracing::warn!(partition = number, %error, "an outbox waits; it is tried again");
                    }
                }
            })
            .await;
    }

    async fn deliver_from(&self, partition: Partition) -> Result<(), StoreError> {
        loop {
            let rows = self.store.outbox(partition, SUBSCRIBER, ROWS).await?;
            let mut done = None;
            for row in &rows {
                match self.read(partition, row) {
                    Read::List(listing) => {
                        let (to, party, listed) = *listing;
                        self.store.list(to, party, listed).await?;
                    }
                    Read::Damaged => {
                        tracing::error!(
                            partition = partition.number(),
                            row = row.number,
                            "a row of the outbox is damaged"
                        );
                    }
                    Read::Newer => break,
                }
                done = Some(row.number);
            }
            let Some(number) = done else { return Ok(()) };
            // Nobody else reads outboxes: what is dropped needs no cursor.
            self.store.outbox_forget(partition, number).await?;
            if rows.len() < ROWS {
                return Ok(());
            }
        }
    }

    fn read(&self, partition: Partition, row: &OutboxRow) -> Read {
        let context = partition.number().to_be_bytes();
        let Ok(plain) = self.keyring.unseal(ROW_DOMAIN, &context, &row.row) else { return Read::Damaged };
        match log::Outgoing::decode(plain.as_slice()) {
            Ok(log::Outgoing { kind: Some(outgoing::Kind::List(list)) }) => {
                self.listing(&list).unwrap_or(Read::Damaged)
            }
            Ok(log::Outgoing { kind: None }) => Read::Newer,
            Err(_) => Read::Damaged,
        }
    }

    fn listing(&self, list: &outgoing::List) -> Option<Read> {
        let case = CaseId::from_bytes(list.case.as_ref().try_into().ok()?)?;
        let party: [u8; 32] = list.party.as_ref().try_into().ok()?;
        let line = list.line.as_ref()?.encode_to_vec();
        let line = self.keyring.seal(LINE_DOMAIN, &line_context(&party, case), &line);
        let listed = Listed { case, at: Instant(list.at).0, line: line.into() };
        Some(Read::List(Box::new((Partition::of_hash(&party), party, listed))))
    }
}

#[cfg(test)]
mod tests {
    use casework::entry::Source;
    use casework::name::{FactKey, PartyId};

    use super::*;

    #[test]
    fn who_hears_nothing_of_a_case_has_no_line_of_it() {
        let role = |id: &str| serde_json::json!({"id": id, "kind": "person", "titles": {"en": id}});
        let mut deceased = role("deceased");
        deceased["hears_nothing"] = true.into();
        let life_event: LifeEvent = serde_json::from_value(serde_json::json!({
            "id": "bereavement", "titles": {"en": "A death"}, "summary": {"en": "A death"}, "owner": "us",
            "roles": [deceased, role("informant")],
            "identity": {"date": "death.date", "blocking": [["deceased.number"]], "sure": ["deceased.number"]},
            "outcomes": [],
        }))
        .unwrap();
        let learnt = |role: &str| Entry::Learnt {
            key: FactKey { name: format!("{role}.number").parse().unwrap(), member: None },
            revision: 1,
            known: Known::Value(Value::Person("999000008".to_owned())),
            source: Source::Party { party: None },
        };
        let named = |role: &str| Entry::PartyNamed {
            party: PartyId { role: role.parse().unwrap(), member: None },
            person: Some("999000008".to_owned()),
        };
        for (role, listed) in [("deceased", None), ("informant", Some("999000008"))] {
            assert_eq!(person(&learnt(role), &life_event), listed);
            assert_eq!(person(&named(role), &life_event), listed);
        }
    }
}

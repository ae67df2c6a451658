//! The access log: who read which facts, stored before they leave. What comes while a batch is on its way goes with the
//! next one, so nobody waits longer than two round trips and nobody waits for company.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use casestore::{AccessAppended, CaseId, Head, ROWS_MAX, StoreError};
use casework::time::Instant;
use prost::Message;
use proto::loket::log::v1 as log;
use tokio::sync::oneshot;

use super::reading::quarantined;
use super::shelf::Shelf;
use super::writing::sent;
use super::{Access, CaseworkError, Inner, Reading, Verification};
use crate::cases::{LogFault, Reader};
use crate::record::{actor_from_log, actor_to_log, fact_from_log, fact_to_log};

const DOMAIN: &str = "access";
/// How often others may be faster to a case's access chain.
const ROUNDS_MAX: usize = 64;
/// Heads of access chains remembered, so that a batch costs one round trip.
const HEADS_MAX: usize = 4_096;
const HEADS_IDLE: Duration = Duration::from_secs(600);

/// A reading that waits to be stored, and who waits for that.
type Waiting = (Reading, oneshot::Sender<Result<(), Unstored>>);

/// Why a batch was not stored, for each that is in it.
#[derive(Debug, Clone)]
enum Unstored {
    NotFound,
    Contended,
    Unavailable(String),
    Unknown(String),
    Other(String),
}

/// What waits, by case; a case is there while a batch of it is on its way.
pub(super) struct Accessing {
    waiting: Mutex<HashMap<CaseId, Vec<Waiting>>>,
    heads: Shelf<Head>,
}

impl Accessing {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), heads: Shelf::new(HEADS_MAX, HEADS_IDLE) }
    }

    /// Lets a reading wait; true: nobody carries this case's, the caller must see to it.
    fn enter(&self, case: CaseId, waiting: Waiting) -> bool {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !all.contains_key(&case);
        all.entry(case).or_default().push(waiting);
        first
    }

    /// The next batch; none: nobody waits, and the case is carried no more.
    fn next(&self, case: CaseId) -> Option<Vec<Waiting>> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.get_mut(&case)?;
        if waiting.is_empty() {
            all.remove(&case);
            return None;
        }
        let take = waiting.len().min(ROWS_MAX);
        Some(waiting.drain(..take).collect())
    }
}

/// Lets go of a case should whoever carries it panic: the next reading begins anew.
struct Carrying<'a>(&'a Accessing, CaseId);

impl Drop for Carrying<'_> {
    fn drop(&mut self) {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Inner {
    pub(super) async fn record_access(
        this: &Arc<Self>,
        case: CaseId,
        reading: Reading,
    ) -> Result<(), CaseworkError> {
        let (tell, told) = oneshot::channel();
        if this.accessing.enter(case, (reading, tell)) {
            let this = this.clone();
            // A task of its own: whoever reads may go away, the others still wait.
            tokio::spawn(async move { this.carry(case).await });
        }
        match told.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(unstored)) => Err(unstored.into()),
            Err(_) => Err(CaseworkError::Store(StoreError::Unknown {
                reason: "the access log's task ended".to_owned(),
            })),
        }
    }

    async fn carry(&self, case: CaseId) {
        let carrying = Carrying(&self.accessing, case);
        while let Some(batch) = self.accessing.next(case) {
            let (readings, tell): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let stored = self.store_readings(case, &readings).await;
            // Whoever has gone away need not be told.
            tell.into_iter().for_each(|tell| drop(tell.send(stored.clone())));
        }
        // Nobody waits: what `drop` would remove is gone.
        std::mem::forget(carrying);
    }

    async fn store_readings(&self, case: CaseId, readings: &[Reading]) -> Result<(), Unstored> {
        let now = self.now().await?;
        let mut head = self.accessing.heads.get(case).unwrap_or(Head::EMPTY);
        for _ in 0..ROUNDS_MAX {
            let (mut rows, mut new) = (Vec::with_capacity(readings.len()), head);
            for reading in readings {
                let row = self.seal_reading(case, new, now, reading);
                new = new.after(&row);
                rows.push(row);
            }
            match sent(|| self.store.append_access(case, head, new, rows.clone())).await? {
                AccessAppended::Done { now } => {
                    self.clock.heard(now);
                    self.accessing.heads.put(case, new);
                    return Ok(());
                }
                AccessAppended::Stale { head: told } => head = told,
                AccessAppended::Gone => return Err(Unstored::NotFound),
            }
        }
        Err(Unstored::Contended)
    }

    /// The row that follows `head`: it opens nowhere else.
    fn seal_reading(&self, case: CaseId, head: Head, at: Instant, reading: &Reading) -> Bytes {
        let plain = log::Reading {
            at: at.0,
            by: Some(actor_to_log(&reading.by)),
            facts: reading.facts.iter().map(fact_to_log).collect(),
            purpose: reading.purpose.clone(),
            legal_basis: reading.legal_basis.clone(),
        };
        self.keyring.seal(DOMAIN, &context(case, head), &plain.encode_to_vec()).into()
    }

    fn read_reading(&self, case: CaseId, head: Head, number: u64, row: &[u8]) -> Result<Access, String> {
        let plain = self.keyring.unseal(DOMAIN, &context(case, head), row);
        let plain = plain.map_err(|error| error.to_string())?;
        let read = log::Reading::decode(plain.as_slice()).map_err(|_| "it is no reading".to_owned())?;
        let facts = read.facts.iter().map(|fact| fact_from_log(Some(fact))).collect::<Result<_, _>>();
        Ok(Access {
            number,
            at: Instant(read.at),
            reading: Reading {
                by: actor_from_log(read.by.as_ref()).map_err(|fault| fault.to_string())?,
                facts: facts.map_err(|fault| fault.to_string())?,
                purpose: read.purpose,
                legal_basis: read.legal_basis,
            },
        })
    }

    pub(super) async fn accesses(&self, case: CaseId) -> Result<Vec<Access>, CaseworkError> {
        let chain = self.store.access(case).await?.ok_or(CaseworkError::NotFound)?;
        let mut head = Head::EMPTY;
        let mut all = Vec::with_capacity(chain.rows.len());
        for (number, row) in (1..).zip(&chain.rows) {
            let access = self
                .read_reading(case, head, number, row)
                .map_err(|reason| quarantined(LogFault { place: format!("access row {number}"), reason }))?;
            all.push(access);
            head = head.after(row);
        }
        Ok(all)
    }

    pub(super) async fn verify(&self, case: CaseId) -> Result<Verification, CaseworkError> {
        let log = self.store.load(case).await?.ok_or(CaseworkError::NotFound)?;
        let chain = self.store.access(case).await?.ok_or(CaseworkError::NotFound)?;
        let mut faults = Vec::new();
        let mut reader = Reader::new(&self.keyring, case);
        let read = log.rows.iter().try_for_each(|row| reader.row(row));
        faults.extend(read.err().map(|fault| format!("case {fault}")));
        let leads_to = |rows: &[Bytes]| rows.iter().fold(Head::EMPTY, |head, row| head.after(row));
        if leads_to(&log.rows) != log.head {
            faults.push(format!("case row {}: {NOT_ITS_HEAD}", log.rows.len()));
        }
        let mut head = Head::EMPTY;
        for (number, row) in (1..).zip(&chain.rows) {
            let read = self.read_reading(case, head, number, row);
            faults.extend(read.err().map(|reason| format!("access row {number}: {reason}")));
            head = head.after(row);
        }
        if head != chain.head {
            faults.push(format!("access row {}: {NOT_ITS_HEAD}", chain.rows.len()));
        }
        Ok(Verification {
            case_rows: log.rows.len() as u64,
            case_head: log.head,
            access_rows: chain.rows.len() as u64,
            access_head: chain.head,
            faults,
        })
    }
}

const NOT_ITS_HEAD: &str =
    "the rows do not lead to the head: some were changed, are missing or were put there";

fn context(case: CaseId, head: Head) -> Vec<u8> {
    [case.as_bytes().as_slice(), head.as_bytes()].concat()
}

impl From<StoreError> for Unstored {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason } => Self::Unavailable(reason),
            StoreError::Unknown { reason } => Self::Unknown(reason),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<CaseworkError> for Unstored {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::Store(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<Unstored> for CaseworkError {
    fn from(unstored: Unstored) -> Self {
        match unstored {
            Unstored::NotFound => Self::NotFound,
            Unstored::Contended => Self::Contended,
            Unstored::Unavailable(reason) => StoreError::Unavailable { reason }.into(),
            Unstored::Unknown(reason) => StoreError::Unknown { reason }.into(),
            Unstored::Other(reason) => {
                StoreError::Corrupt { place: "the access log".to_owned(), reason }.into()
            }
        }
    }
}

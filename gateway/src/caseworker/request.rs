//! A request: what it is known by, what it said, and where its happening is to be found.

use std::time::Duration;

use bytes::Bytes;
use casestore::{CaseId, Partition, Reserved};
use casework::happening;
use casework::input::Rejected;
use casework::life_event::LifeEvent;
use casework::time::Instant;
use data_encoding::BASE32_DNSSEC;
use prost::Message;
use proto::loket::log::v1 as log;

use super::writing::sent;
use super::{CaseworkError, Inner, Opening};
use crate::record;
use crate::seal::Keyring;

/// How long a request id is remembered.
const KEEP: Duration = Duration::from_secs(400 * 86_400);
/// Longest request id.
const ID_MAX: usize = 64;

const NOTE: &str = "note";

/// A request of one sender.
pub(super) struct Request {
    /// What it is known by: the sender and their id of it, hashed.
    pub(super) key: [u8; 32],
    /// Where its happening is to be found.
    pub(super) at: Place,
    home: Partition,
    body: [u8; 32],
}

/// Where happenings that may be the same are kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) partition: Partition,
    pub(super) bucket: [u8; 32],
}

/// Whether a request is new.
pub(super) enum Bound {
    /// It is bound to what it says, now or before; the store's now.
    Now(Instant),
    /// It was bound before, and made or joined this case.
    Before(CaseId),
}

impl Request {
    pub(super) fn new(
        keyring: &Keyring,
        life_event: &LifeEvent,
        opening: &Opening,
    ) -> Result<Self, CaseworkError> {
        let id = opening.request_id.as_bytes();
        if id.is_empty() || id.len() > ID_MAX || !id.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            return Err(CaseworkError::RequestId);
        }
        let lacking = |lacking: happening::Lacking| {
            let alternatives = lacking
                .0
                .iter()
                .map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "));
            Rejected::Lacking(vec![alternatives.collect::<Vec<_>>().join(", or ")])
        };
        let blocking = happening::blocking_key(life_event, &opening.report).map_err(lacking)?;
        let bucket = keyring.hash("bucket", blocking.as_bytes());
        let subject = opening.reporter.subject.as_bytes();
        let key = [&(subject.len() as u64).to_be_bytes(), subject, id].concat();
        Ok(Self {
            key: keyring.hash("request", &key),
            at: Place { partition: Partition::of_hash(&bucket), bucket },
            home: Partition::of_hash(&keyring.hash("reporter", subject)),
            body: keyring.hash("body", &record::canonical(&opening.life_event, &opening.report)),
        })
    }

    /// The request as the log names it.
    pub(super) fn text(&self) -> String {
        BASE32_DNSSEC.encode(&self.key[..20])
    }
}

impl Inner {
    /// Binds the request to what it says. What identifies a happening may have changed since it was bound: then the
    /// same words are found under another bucket, and the request stays with the one that it was bound to.
    pub(super) async fn reserve(&self, request: &mut Request) -> Result<Bound, CaseworkError> {
        let Place { partition, bucket } = request.at;
        let bound = self.keyring.hash("bound", &[request.body, bucket].concat());
        let note = log::Note {
            partition: u32::from(partition.number()),
            bucket: Bytes::copy_from_slice(&bucket),
            body: Bytes::copy_from_slice(&request.body),
        };
        let note = Bytes::from(self.keyring.seal(NOTE, &request.key, &note.encode_to_vec()));
        let reserve = || self.store.reserve(request.home, request.key, bound, note.clone(), KEEP);
        let note = match sent(reserve).await? {
            Reserved::Bound { now } => return Ok(Bound::Now(self.clock.heard(now))),
            Reserved::Conflict { note } => note,
        };
        let (place, body) = self.noted(request, &note)?;
        let (_, first) = self.store.bucket(place.partition, place.bucket, request.key).await?;
        if body != request.body {
            return Err(CaseworkError::RequestConflict { first });
        }
        request.at = place;
        match first {
            Some(case) => Ok(Bound::Before(case)),
            None => Ok(Bound::Now(self.clock.heard(self.store.now().await?))),
        }
    }

    fn noted(&self, request: &Request, note: &[u8]) -> Result<(Place, [u8; 32]), CaseworkError> {
        let read = || {
            let note = self.keyring.unseal(NOTE, &request.key, note).ok()?;
            let note = log::Note::decode(note.as_slice()).ok()?;
            let partition = Partition::new(u16::try_from(note.partition).ok()?)?;
            let bucket = note.bucket.as_ref().try_into().ok()?;
            Some((Place { partition, bucket }, note.body.as_ref().try_into().ok()?))
        };
        read().ok_or_else(|| CaseworkError::Quarantined {
            place: "the note of the request".to_owned(),
            reason: "it was damaged".to_owned(),
        })
    }
}

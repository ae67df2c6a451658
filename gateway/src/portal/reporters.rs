//! Who reported without a national number: by the subject that the issuer knows them by, which cases are theirs. Others
//! are found by their number.

use std::sync::Arc;
use std::time::Duration;

use casestore::{CaseId, CaseStore, DocumentKey, Partition, StoreError, Written};
use casework::name::PartyId;

use crate::seal::Keyring;

/// What the lists are sealed, and their names hashed, as.
const DOMAIN: &str = "reporter";

/// How long it is remembered, from the last report on: as long as request ids.
const KEEP: Duration = Duration::from_secs(400 * 24 * 3600);

/// Most cases remembered of one person; older ones are forgotten.
const CASES_MAX: usize = 200;

/// How often a write is tried again that another one came before.
const TRIES: usize = 8;

/// A case, and the part that they play in it.
pub(super) type Reported = (CaseId, Option<PartyId>);

/// The reporters without a number. Cheap to clone.
#[derive(Clone)]
pub(super) struct Reporters {
    store: Arc<dyn CaseStore>,
    keyring: Arc<Keyring>,
}

impl Reporters {
    pub(super) fn new(store: Arc<dyn CaseStore>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring }
    }

    /// The cases that they reported, oldest first.
    pub(super) async fn of(&self, subject: &str) -> Result<Vec<Reported>, StoreError> {
        Ok(self.read(subject).await?.1)
    }

    /// Remembers that they reported this case in this part.
    pub(super) async fn remember(
        &self,
        subject: &str,
        case: CaseId,
        party: Option<PartyId>,
    ) -> Result<(), StoreError> {
        let key = self.key(subject);
        for _ in 0..TRIES {
            let (version, mut reported) = self.read(subject).await?;
            if reported.iter().any(|(known, _)| *known == case) {
                return Ok(());
            }
            reported.push((case, party.clone()));
            let excess = reported.len().saturating_sub(CASES_MAX);
            reported.drain(..excess);
            let sealed = self.keyring.seal(DOMAIN, &key.name, &write(&reported));
            let written = self.store.write_document(key, version, sealed.into(), Some(KEEP)).await?;
            if let Written::Done { .. } = written {
                return Ok(());
            }
        }
        Err(StoreError::Unavailable { reason: "a reporter's list is written by many at once".to_owned() })
    }

    async fn read(&self, subject: &str) -> Result<(Option<u64>, Vec<Reported>), StoreError> {
        let key = self.key(subject);
        let Some(document) = self.store.document(key).await? else { return Ok((None, Vec::new())) };
        let corrupt = |reason: String| StoreError::Corrupt { place: "a reporter's list".to_owned(), reason };
        let plain = self.keyring.unseal(DOMAIN, &key.name, &document.content);
        let plain = plain.map_err(|error| corrupt(error.to_string()))?;
        let reported = read(&plain).ok_or_else(|| corrupt("it is of another version".to_owned()))?;
        Ok((Some(document.version), reported))
    }

    fn key(&self, subject: &str) -> DocumentKey {
        let name = self.keyring.hash(DOMAIN, subject.as_bytes());
        DocumentKey { partition: Partition::of_hash(&name), name }
    }
}

fn write(reported: &[Reported]) -> Vec<u8> {
    let lines = reported.iter().map(|(case, party)| (case.to_string(), party));
    serde_json::to_vec(&(1, lines.collect::<Vec<_>>())).unwrap_or_default()
}

fn read(plain: &[u8]) -> Option<Vec<Reported>> {
    let (version, lines): (u8, Vec<(String, Option<PartyId>)>) = serde_json::from_slice(plain).ok()?;
    if version != 1 {
        return None;
    }
    lines.into_iter().map(|(case, party)| Some((case.parse().ok()?, party))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reporter_without_a_number_finds_their_cases_and_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let store = casestore::open("memory:", casestore::Options::default()).await.unwrap();
        let keyring = Arc::new(Keyring::open(dir.path(), Arc::clone(&store)).await.unwrap());
        let reporters = Reporters::new(store, keyring);
        let case = |n| CaseId::new(Partition::new(n).unwrap(), [5; 15]);
        let mother = PartyId { role: "mother".parse().unwrap(), member: None };
        reporters.remember("anna", case(1), Some(mother.clone())).await.unwrap();
        reporters.remember("anna", case(2), None).await.unwrap();
        reporters.remember("anna", case(1), None).await.unwrap();
        assert_eq!(reporters.of("anna").await.unwrap(), [(case(1), Some(mother)), (case(2), None)]);
        assert!(reporters.of("bert").await.unwrap().is_empty());
    }
}

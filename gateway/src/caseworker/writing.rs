//! From a decision to one conditional append, and from its answer to the case as it is then.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use casestore::{Answer, Append, Appended, CaseId, Head, Row, StoreError};
use casework::case::{Case, CaseState};
use casework::duties::due_at;
use casework::entry::Recorded;
use casework::name::PartyId;
use casework::rulebook::Rulebook;
use casework::time::Instant;

use super::{CaseworkError, Inner, live_row};
use crate::cases::{CaseFile, Held, Reader};
use crate::outbox;
use crate::record;
use crate::seal::CaseKeys;
use crate::telemetry;

/// What was decided: entries, and the case once they are stored.
pub(super) struct Decided {
    pub(super) entries: Vec<Recorded>,
    pub(super) after: Case,
}

/// A decision ready to be stored.
pub(super) struct Prepared {
    pub(super) append: Append,
    decided: Decided,
    keys: CaseKeys,
    parties: Vec<PartyId>,
}

/// How often a call whose answer was lost is sent again, and after which waits.
const RESENDS: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// Sends a call, and the very same again where its answer was lost: each write is idempotent by its arguments. Once an
/// answer was lost, that the store cannot be reached proves nothing any more: what was sent before may be stored.
pub(super) async fn sent<T, F>(call: impl Fn() -> F) -> Answer<T>
where
    F: Future<Output = Answer<T>>,
{
    let mut waits = RESENDS.iter();
    let mut lost = false;
    loop {
        let answer = match call().await {
            Err(StoreError::Unavailable { reason }) if lost => Err(StoreError::Unknown { reason }),
            answer => answer,
        };
        match (answer, waits.next()) {
            (Err(StoreError::Unknown { reason }), Some(wait)) => {
                tracing::debug!(reason, "the store's answer was lost: the same call is sent again");
                lost = true;
                tokio::time::sleep(*wait).await;
            }
            (answer, _) => return answer,
        }
    }
}

impl Inner {
    /// Makes an append of what was decided about the case (none: one that is being opened).
    pub(super) fn prepare(
        &self,
        rules: &Rulebook<'_>,
        id: CaseId,
        before: Option<&Held>,
        decided: Decided,
        now: Instant,
    ) -> Prepared {
        let no_keys = CaseKeys::default();
        let (keys, parties, prev, prev_rows) = match before {
            Some(held) => (&held.keys, held.parties.as_slice(), held.file.head, held.file.rows),
            None => (&no_keys, &[][..], Head::EMPTY, 0),
        };
        let (parts, parties) = record::write_row(&decided.entries, Some(&rules.plan.life_event), parties);
        let (row, keys) = keys.seal_row(&self.keyring, id, prev_rows, &parts);
        let due_at = due_at(rules, &decided.after, now);
        let append = Append {
            case: id,
            prev,
            prev_rows,
            new: prev.after(&row),
            row,
            due_in: due_at.map(|at| at.0.saturating_sub(now.0).max(0)),
            live: live_row::of(&decided.after).map(|live| live_row::seal(&self.keyring, id, &live)),
            outbox: outbox::owed(&self.keyring, id, &decided.after, &rules.plan.life_event, &decided.entries),
        };
        Prepared { append, decided, keys, parties }
    }

    /// The case once the append is stored.
    pub(super) fn stored(&self, before: Option<&Held>, prepared: Prepared, now: Instant) -> Arc<Held> {
        let Prepared { append, decided, keys, parties } = prepared;
        let Decided { entries, after } = decided;
        telemetry::recorded(&after, &entries);
        if !append.outbox.is_empty() {
            self.outgoing.hint(append.case.partition());
        }
        let file = CaseFile::and(before.map(|held| &held.file), append.case, after, entries, append.new, now);
        let held = Arc::new(Held { file, keys, parties });
        self.shelf.put(held.file.id, held.clone());
        held
    }

    /// Appends; tells the case as it is then, or (none) that it has moved on: `held` is what it is now.
    pub(super) async fn append(
        &self,
        held: &mut Arc<Held>,
        prepared: Prepared,
    ) -> Result<Option<Arc<Held>>, CaseworkError> {
        let answer = sent(|| self.store.append(prepared.append.clone())).await?;
        match answer {
            Appended::Done { now, .. } => {
                let now = self.clock.heard(now);
                Ok(Some(self.stored(Some(held), prepared, now)))
            }
            Appended::Landed { after, now, .. } => {
                let now = self.clock.heard(now);
                let stored = self.stored(Some(held), prepared, now);
                if after.is_empty() {
                    Ok(Some(stored))
                } else {
                    self.caught_up(stored, &after, now).await.map(Some)
                }
            }
            Appended::Stale { missed, now } => {
                let now = self.clock.heard(now);
                *held = self.caught_up(held.clone(), &missed, now).await?;
                Ok(None)
            }
            Appended::Gone => Err(CaseworkError::NotFound),
        }
    }

    /// The case after the rows that were missed. Where they do not go on from what is held, that was another log:
    /// all is read again.
    pub(super) async fn caught_up(
        &self,
        held: Arc<Held>,
        missed: &[Row],
        now: Instant,
    ) -> Result<Arc<Held>, CaseworkError> {
        let id = held.file.id;
        let mut reader = Reader::after(&self.keyring, &held);
        let read = missed.iter().try_for_each(|row| reader.row(row));
        let caught_up = read.and_then(|()| reader.finish(now));
        match caught_up {
            Ok(held) if !missed.is_empty() => {
                let held = Arc::new(held);
                self.know_plan(&held.file.case.plan).await;
                self.shelf.put(held.file.id, held.clone());
                Ok(held)
            }
            _ => {
                self.shelf.forget(id);
                self.load(id).await
            }
        }
    }
}

/// Whether a case in this state is live: something may still happen to it by itself.
pub(super) fn is_live(state: CaseState) -> bool {
    match state {
        CaseState::Open | CaseState::Withdrawing | CaseState::NeedsPerson => true,
        CaseState::Completed | CaseState::Withdrawn => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LOST: fn() -> Answer<u8> = || Err(StoreError::Unknown { reason: "cut".to_owned() });
    const AWAY: fn() -> Answer<u8> = || Err(StoreError::Unavailable { reason: "away".to_owned() });
    const DONE: fn() -> Answer<u8> = || Ok(7);

    /// What comes of a call whose attempts end so, one after the other, and then all as the last.
    async fn of(attempts: &[fn() -> Answer<u8>]) -> Answer<u8> {
        let made = AtomicUsize::new(0);
        sent(|| {
            let next = made.fetch_add(1, Ordering::Relaxed).min(attempts.len() - 1);
            async move { attempts[next]() }
        })
        .await
    }

    #[tokio::test]
    async fn that_an_answer_was_lost_is_not_forgotten_because_the_store_went_away_since() {
        assert_eq!(of(&[LOST, AWAY, DONE]).await.unwrap(), 7);
        assert!(matches!(of(&[LOST, AWAY]).await, Err(StoreError::Unknown { .. })));
        assert!(matches!(of(&[AWAY, DONE]).await, Err(StoreError::Unavailable { .. })));
    }
}

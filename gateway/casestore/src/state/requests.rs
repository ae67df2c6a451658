//! Deciding about requests: reservations, claims, buckets.

use bytes::Bytes;

use crate::id::{CaseId, Partition};
use crate::state::cases::append_effects;
use crate::state::{Effect, State, Step};
use crate::store::{Claim, ClaimAct, KeyedHash, Millis, RequestKey};

/// What a reservation finds.
pub(crate) enum Reserving<R> {
    Bound { now: Millis },
    Conflict { note: R },
}

/// What a claim finds.
pub(crate) enum Claiming<R> {
    Done { case: CaseId, rows: u64, now: Millis },
    Replayed { case: CaseId },
    Moved { version: u64, happenings: Vec<(CaseId, R)> },
    Stale { missed: Vec<R>, now: Millis },
    Gone,
}

/// A bucket as it is kept, its version first, and the case of the request.
pub(crate) type Found<R> = (u64, Vec<(CaseId, R)>, Option<CaseId>);

impl<R: Clone> State<R> {
    /// Binds a request to a body for `keep` milliseconds.
    pub(crate) fn reserve(
        &self,
        partition: Partition,
        request: RequestKey,
        body: [u8; 32],
        note: Bytes,
        keep: i64,
        now: Millis,
    ) -> Step<Reserving<R>> {
        let kept = self.share(partition).requests.get(&request).filter(|kept| kept.until > now);
        match kept {
            Some(kept) if kept.body != body => Step::read(Reserving::Conflict { note: kept.note.clone() }),
            Some(_) => Step::read(Reserving::Bound { now }),
            None => Step {
                answer: Reserving::Bound { now },
                effects: vec![Effect::Reserved { partition, request, body, note, until: now + keep }],
            },
        }
    }

    /// Makes or joins a case.
    pub(crate) fn claim(&self, claim: Claim, now: Millis) -> Step<Claiming<R>> {
        let Claim { partition, bucket, version, request, act } = claim;
        let share = self.share(partition);
        if let Some(&case) = share.receipts.get(&request) {
            return Step::read(Claiming::Replayed { case });
        }
        let (at, happenings) = self.happenings(partition, &bucket);
        if at != version {
            return Step::read(Claiming::Moved { version: at, happenings });
        }
        let (features, append) = match act {
            ClaimAct::Create { features, append } => (Some(features), append),
            ClaimAct::Attach { append } => (None, append),
        };
        let case = append.case;
        let rows = match (share.cases.get(&case), features.is_some()) {
            (None, true) => 0,
            (None, false) => return Step::read(Claiming::Gone),
            (Some(kept), false) if kept.log.head == append.prev => kept.log.rows.len(),
            (Some(kept), _) => {
                return Step::read(Claiming::Stale { missed: kept.log.after(append.prev_rows), now });
            }
        };
        let mut effects = append_effects(append, now);
        if let Some(features) = features {
            effects.push(Effect::Happening { partition, bucket, version: version + 1, case, features });
        }
        effects.push(Effect::Receipt { partition, request, case });
        Step { answer: Claiming::Done { case, rows: rows as u64 + 1, now }, effects }
    }

    fn happenings(&self, partition: Partition, bucket: &KeyedHash) -> (u64, Vec<(CaseId, R)>) {
        self.share(partition)
            .buckets
            .get(bucket)
            .map_or_else(|| (0, Vec::new()), |kept| (kept.version, kept.entries.clone()))
    }

    /// What is in a bucket, and what the request has made or joined.
    pub(crate) fn bucket(
        &self,
        partition: Partition,
        bucket: KeyedHash,
        request: RequestKey,
    ) -> Step<Found<R>> {
        let (version, happenings) = self.happenings(partition, &bucket);
        Step::read((version, happenings, self.share(partition).receipts.get(&request).copied()))
    }
}

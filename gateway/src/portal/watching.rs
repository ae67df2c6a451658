//! Watching a case: as it is, and again whenever it changes, until nothing more happens by itself.

use std::collections::BTreeSet;
use std::pin::Pin;

use casework::case::CaseState;
use casework::name::FactKey;
use futures::{Stream, StreamExt};
use proto::loket::portal::v1 as pb;
use tokio::time::Instant;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::names;
use super::standing::Standing;
use super::words::cases::{self, Detail};
use super::words::changes;
use crate::callers::Principal;
use std::sync::Arc;

/// The stream of a watch.
pub(super) type Watching = Pin<Box<dyn Stream<Item = Result<pb::WatchCaseResponse, Status>> + Send>>;

/// A watch under way.
struct Watch {
    counter: Counter,
    principal: Arc<Principal>,
    name: String,
    language: Language,
    /// The last sequence number that was told; none: nothing was.
    told: Option<i64>,
    /// The facts, with their revisions, that are recorded as seen: a look at the same again is no new one.
    seen: BTreeSet<(FactKey, u32)>,
    moves: Pin<Box<dyn Stream<Item = ()> + Send>>,
    ends_at: Instant,
    standing: Option<Standing>,
    /// The end of the case was told.
    over: bool,
}

/// What a watch of a case that has ended says beforehand where there is nothing left to tell: metadata of this name, so
/// that whoever comes back by themselves (a browser) can be told to stay away.
pub(crate) const OVER: &str = "loket-watch-over";

/// A watch, and whether it is over before it begins.
pub(super) struct Begun {
    pub(super) watching: Watching,
    pub(super) over: bool,
}

impl Counter {
    /// Watches the case from what came after `after`; 0: from the case as it is.
    pub(super) async fn watch(
        &self,
        principal: Arc<Principal>,
        request: pb::WatchCaseRequest,
        language: Language,
    ) -> Result<Begun, Status> {
        let id = names::case(&request.name)?;
        // What happens from here on is told: first listen, then read.
        let moves = Box::pin(self.caseworker.watch(id));
        let standing = self.standing(&principal, &request.name).await?;
        let now = sequence(&standing);
        if !(0..=now).contains(&request.after) {
            return Err(names::wrong(
                "after",
                &format!("0, or a sequence number of this case, which is at {now}"),
            ));
        }
        let told = (request.after > 0).then_some(request.after);
        let over = told == Some(now) && ended(&standing);
        let watch = Watch {
            counter: self.clone(),
            principal,
            name: request.name,
            language,
            told,
            seen: BTreeSet::new(),
            moves,
            ends_at: Instant::now() + self.watch_at_most,
            standing: Some(standing),
            over,
        };
        Ok(Begun { watching: Box::pin(futures::stream::unfold(Some(watch), next)), over })
    }
}

/// Whether nothing more happens in the case by itself. What reopens it, a correction or an objection, is watched anew.
fn ended(standing: &Standing) -> bool {
    matches!(standing.file.case.state, CaseState::Completed | CaseState::Withdrawn)
}

fn sequence(standing: &Standing) -> i64 {
    i64::try_from(standing.file.case.entries).unwrap_or(i64::MAX)
}

/// The next change, or the end: an error ends the watch, and so do the case's end, its time and the gateway's.
async fn next(watch: Option<Watch>) -> Option<(Result<pb::WatchCaseResponse, Status>, Option<Watch>)> {
    let mut watch = watch?;
    match watch.change().await {
        Ok(Some(change)) => Some((Ok(change), Some(watch))),
        Ok(None) => None,
        Err(status) => Some((Err(status), None)),
    }
}

impl Watch {
    /// Waits for the case to be further than what was told. None: the watch is over.
    async fn change(&mut self) -> Result<Option<pb::WatchCaseResponse>, Status> {
        if self.over {
            return Ok(None);
        }
        loop {
            let standing = match self.standing.take() {
                Some(standing) => standing,
                None => self.counter.standing(&self.principal, &self.name).await?,
            };
            if self.told.is_none_or(|told| sequence(&standing) > told) {
                self.over = ended(&standing);
                return self.tell(&standing).await.map(Some);
            }
            if ended(&standing) {
                return Ok(None);
            }
            if !self.moved().await {
                return Ok(None);
            }
        }
    }

    /// Waits until something may have moved. False: it is over.
    async fn moved(&mut self) -> bool {
        tokio::select! {
            () = self.counter.closing.cancelled() => false,
            () = tokio::time::sleep_until(self.ends_at) => false,
            moved = self.moves.next() => moved.is_some(),
        }
    }

    async fn tell(&mut self, standing: &Standing) -> Result<pb::WatchCaseResponse, Status> {
        let after = self.told.unwrap_or(0);
        let (told, seen) = standing.looking(&self.language, |viewer| {
            let (case, _) = cases::case(viewer, &standing.file, self.counter.durability, Detail::Full);
            let later = |number: u64| i64::try_from(number).is_ok_and(|number| number > after);
            let entries = standing.file.entries().iter().filter(|recorded| later(recorded.number));
            let changes = entries.filter_map(|recorded| changes::change(viewer, recorded)).collect();
            let told = pb::WatchCaseResponse { sequence: case.sequence, changes, case: Some(case) };
            let facts = cases::sight(viewer, &[]).facts;
            (told, facts.into_iter().map(|fact| (fact.key, fact.revision)).collect::<BTreeSet<_>>())
        })?;
        let fresh: Vec<FactKey> = seen.difference(&self.seen).map(|(key, _)| key.clone()).collect();
        if !fresh.is_empty() || self.told.is_none() {
            self.counter.record_look(standing, fresh).await?;
            self.seen.extend(seen);
        }
        self.told = Some(told.sequence);
        Ok(told)
    }
}

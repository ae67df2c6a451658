//! Reading cases and lists.

use std::sync::Arc;

use casestore::{CaseId, Partition};
use casework::time::Instant;
use futures::StreamExt;

use super::{CaseworkError, Inner, ListedCase, LiveCase, PageToken, live_row};
use crate::cases::{self, Held, LogFault};
use crate::outbox;

/// Partitions read at a time for a list of live cases.
const PARTITIONS_AT_ONCE: usize = 64;
/// Most lines of one page.
const PAGE_MAX: usize = 1_000;

impl Inner {
    /// The case as the store has it now.
    pub(super) async fn load(&self, case: CaseId) -> Result<Arc<Held>, CaseworkError> {
        let log = self.store.load(case).await?.ok_or(CaseworkError::NotFound)?;
        self.clock.heard(log.now);
        let known = self.shelf.get(case);
        let held = cases::read(&self.keyring, case, &log, known.as_deref()).map_err(|fault| {
            tracing::error!(%case, place = fault.place, reason = fault.reason, "a case is quarantined");
            quarantined(fault)
        })?;
        let held = Arc::new(held);
        self.know_plan(&held.file.case.plan).await;
        self.shelf.put(held.file.id, held.clone());
        Ok(held)
    }

    pub(super) async fn cases_of(
        &self,
        person: &str,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<(Vec<ListedCase>, Option<PageToken>), CaseworkError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let (partition, party) = outbox::party(&self.keyring, person);
        let before = page.map(|page| (page.at, page.case));
        let lines = self.store.listed(partition, party, before, limit).await?;
        let last = lines.last().filter(|_| lines.len() == limit);
        let next = last.map(|last| PageToken { at: last.at, case: last.case });
        let read = lines.iter().filter_map(|listed| {
            let line = outbox::read_line(&self.keyring, &party, listed);
            if line.is_none() {
                tracing::error!(case = %listed.case, "a line of a list of cases is damaged: it is left out");
            }
            let (life_event, reference) = line?;
            Some(ListedCase { case: listed.case, at: Instant(listed.at), reference, life_event })
        });
        Ok((read.collect(), next))
    }

    pub(super) async fn live(
        &self,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<(Vec<LiveCase>, Option<PageToken>), CaseworkError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let after = page.map(|page| page.case);
        let from = after.map_or(0, |case| case.partition().number());
        let partitions = Partition::all().skip(usize::from(from)).map(|partition| {
            let after = after.filter(|case| case.partition() == partition);
            self.store.live(partition, after, limit)
        });
        let mut answers = futures::stream::iter(partitions).buffered(PARTITIONS_AT_ONCE);
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some(answer) = answers.next().await
        {
            rows.extend(answer?);
        }
        drop(answers);
        rows.truncate(limit);
        let next =
            rows.last().filter(|_| rows.len() == limit).map(|(case, _)| PageToken { at: 0, case: *case });
        let read = rows.iter().filter_map(|(case, row)| {
            let live = live_row::read(&self.keyring, *case, row);
            live.inspect_err(|_| tracing::error!(%case, "the live row of a case is damaged: it is left out"))
                .ok()
                .flatten()
        });
        Ok((read.collect(), next))
    }
}

pub(super) fn quarantined(fault: LogFault) -> CaseworkError {
    CaseworkError::Quarantined { place: fault.place, reason: fault.reason }
}

//! Opening a case: from what a portal sends to a receipt.

use std::sync::Arc;
use std::time::Duration;

use casestore::StoreError;
use casework::entry::Actor;
use casework::happening;
use casework::life_event::LifeEvent;
use casework::name::{FactName, LifeEventId, PartyId};
use casework::plan::{Plan, PlanHash};
use proto::loket::portal::v1 as pb;
use tokio::sync::SemaphorePermit;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::standing::{self, Standing};
use super::words::cases::{self, Detail};
use super::words::reports::Reader;
use super::{names, refusals, reporter};
use crate::callers::Citizen;
use crate::caseworker::{CaseworkError, Opened, Opening, Reporter};
use crate::reasons::{self, Reason};
use crate::registry::Snapshot;

/// The longest that an answer is held back: well within the time that a call may take.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// The life event of this name, as registered.
///
/// # Errors
/// NOT_FOUND, with what there is.
pub(super) fn life_event<'s>(snapshot: &'s Snapshot, id: &LifeEventId) -> Result<&'s LifeEvent, Status> {
    snapshot.life_event(id).ok_or_else(|| no_life_event(snapshot))
}

/// The answer to the name of a life event that there is not, with what there is.
pub(super) fn no_life_event(snapshot: &Snapshot) -> Status {
    let known: Vec<String> = snapshot.life_events().map(|known| format!("`{}`", known.id)).collect();
    let known = if known.is_empty() { "none is registered".to_owned() } else { known.join(", ") };
    let detail = format!("there is no life event of this name; there are: {known}");
    reasons::status(Reason::LifeEventNotFound, detail)
}

/// The plan that is published for it, for happenings of this date.
///
/// # Errors
/// FAILED_PRECONDITION, named.
pub(super) fn published<'s>(
    snapshot: &'s Snapshot,
    life_event: &LifeEventId,
    on: Option<casework::time::PartialDate>,
) -> Result<(&'s PlanHash, &'s Plan), Status> {
    let no_plan = || refusals::of(&CaseworkError::NoPlan(life_event.clone()));
    snapshot.published(life_event, on).ok_or_else(no_plan)
}

impl Counter {
    /// Opens a case, or joins the one of the same happening.
    pub(super) async fn open(
        &self,
        citizen: &Citizen,
        request: pb::OpenCaseRequest,
        language: &Language,
    ) -> Result<pb::OpenCaseResponse, Status> {
        let snapshot = self.registry.snapshot();
        let wait = wait(&request)?;
        let opening = opening(&snapshot, citizen, request)?;
        let opened = match self.place_to_wait(wait) {
            Some((_place, wait)) => self.caseworker.open_and_rest(opening, wait).await,
            None => self.caseworker.open(opening).await,
        };
        let opened = opened.map_err(|error| refusals::of(&error))?;
        if citizen.person.is_none() {
            let party = reported_as(&opened);
            let remembered = self.reporters.remember(&citizen.subject, opened.file.id, party).await;
            // The case is there: sent again, it is found and remembered.
            let lost = |error: StoreError| StoreError::Unknown { reason: error.to_string() };
            remembered.map_err(|error| refusals::of_store(&lost(error)))?;
        }
        self.accepted(snapshot, citizen, opened, language)
    }

    /// A place among those who wait for their case to rest. None: nobody asked for one, or all are taken, and the answer
    /// comes at once: whoever waits must not keep others from being heard.
    fn place_to_wait(&self, wait: Duration) -> Option<(SemaphorePermit<'_>, Duration)> {
        if wait.is_zero() {
            return None;
        }
        Some((self.waiting.try_acquire().ok()?, wait))
    }

    /// The answer to an accepted report: the case without its facts, so that nothing is read that was not asked for.
    fn accepted(
        &self,
        snapshot: Arc<Snapshot>,
        citizen: &Citizen,
        opened: Opened,
        language: &Language,
    ) -> Result<pb::OpenCaseResponse, Status> {
        let receipt = opened.file.case.receipts.iter().find(|receipt| receipt.number == opened.receipt);
        let mut parties = standing::parties(&opened.file, citizen);
        parties.extend(reported_as(&opened).filter(|party| !parties.contains(party)));
        let receipts = receipt.map(|receipt| receipt.number).into_iter().collect();
        let receipt = receipt.map(|receipt| cases::receipt(receipt, self.durability));
        let (replayed, attached) = (opened.replayed, opened.attached);
        let standing = Standing { citizen: citizen.clone(), file: opened.file, parties, receipts, snapshot };
        let (case, _) = standing.told(self, language, Detail::WithoutFacts)?;
        Ok(pb::OpenCaseResponse { case: Some(case), receipt, replayed, attached })
    }
}

/// The part in which a report was taken; none where it was only claimed.
fn reported_as(opened: &Opened) -> Option<PartyId> {
    let receipt = opened.file.case.receipts.iter().find(|receipt| receipt.number == opened.receipt)?;
    match &receipt.by {
        Actor::Party { party, .. } => party.clone(),
        Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
    }
}

/// The report as the caseworker takes it.
fn opening(snapshot: &Snapshot, citizen: &Citizen, request: pb::OpenCaseRequest) -> Result<Opening, Status> {
    let id = names::life_event(&request.life_event, "life_event")?;
    request_id(&request.request_id)?;
    let life_event = life_event(snapshot, &id)?;
    let reader = Reader { life_event, dictionary: &snapshot.dictionary };
    let sent = request.report.unwrap_or_default();
    let mut report = reader.report(&sent, "report")?;
    let (_, plan) = published(snapshot, &id, happening::date(life_event, &report))?;
    let party = reporter::party(life_event, &sent, &report, citizen).map_err(|refused| {
        // Whoever sent nothing at all is not helped by what their part may be called.
        let nothing = sent.role.is_empty() && sent.facts.is_empty() && sent.members.is_empty();
        if nothing { refusals::nothing_reported(&id) } else { refused }
    })?;
    reporter::own_number(&mut report, &party, citizen, plan)?;
    let given: Vec<&FactName> =
        report.facts.keys().chain(report.members.values().flatten().flat_map(|facts| facts.keys())).collect();
    reporter::assured(&reader, given, citizen)?;
    report.reporter = Some(party.clone());
    let actor = Actor::Party { party: Some(party), portal: citizen.portal.clone() };
    Ok(Opening {
        request_id: request.request_id,
        reporter: Reporter {
            // Portals make their request ids on their own: the same one of another portal is another request.
            subject: format!("{}\u{1f}{}", citizen.portal, citizen.subject),
            actor,
            person: citizen.person.clone(),
        },
        life_event: id,
        report,
    })
}

/// How long the answer may be held back.
fn wait(request: &pb::OpenCaseRequest) -> Result<Duration, Status> {
    let Some(wait) = request.wait else { return Ok(Duration::ZERO) };
    let wait =
        Duration::try_from(wait).map_err(|_| names::wrong("wait", "a time of 0 s or more, such as 5s"))?;
    Ok(wait.min(WAIT_MAX))
}

fn request_id(id: &str) -> Result<(), Status> {
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|b| (0x20..0x7f).contains(&b));
    if fits { Ok(()) } else { Err(refusals::of(&CaseworkError::RequestId)) }
}

//! Where a caller stands in a case: the parts they play, what they see, and that they looked.

use std::sync::Arc;

use casework::case::Receipt;
use casework::entry::Actor;
use casework::name::{FactKey, PartyId};
use proto::loket::portal::v1 as pb;
use tonic::Status;

use super::counter::Counter;
use super::language::Language;
use super::words::Wording;
use super::words::cases::{self, Detail};
use super::words::viewer::{Viewer, Who};
use super::{names, refusals};
use crate::callers::{Citizen, Principal};
use crate::cases::CaseFile;
use crate::caseworker::{CaseworkError, Reading};
use crate::reasons::{self, Reason};
use crate::registry::Snapshot;

/// Why parties read a case, as the access log says.
const PURPOSE: &str = "a party's own view of the case";
/// On what basis.
const LEGAL_BASIS: &str = "Regulation (EU) 2016/679, article 15";

/// A caller in a case of theirs.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) citizen: Citizen,
    pub(super) file: CaseFile,
    /// The parts that they play. None: their report joined the case, and they are known to play none.
    pub(super) parties: Vec<PartyId>,
    /// The receipts of reports in which they claim a part that nobody bears out.
    pub(super) receipts: Vec<u32>,
    pub(super) snapshot: Arc<Snapshot>,
}

/// The citizen who calls. The table of rights lets nobody else come here.
pub(super) fn citizen(principal: &Principal) -> Result<&Citizen, Status> {
    match principal {
        Principal::Citizen(citizen) => Ok(citizen),
        Principal::Anonymous
        | Principal::Portal { .. }
        | Principal::Agency { .. }
        | Principal::Officer { .. }
        | Principal::Operator { .. }
        | Principal::ContactCentre { .. } => Err(names::no_such_case()),
    }
}

/// The parts that the citizen plays in the case: those of their number.
pub(super) fn parties(file: &CaseFile, citizen: &Citizen) -> Vec<PartyId> {
    let person = citizen.person.iter();
    person.flat_map(|person| file.case.parts_of(person)).cloned().collect()
}

/// The receipts of the citizen's reports in which they claim a part that nobody bears out.
pub(super) fn claims(file: &CaseFile, citizen: &Citizen) -> Vec<u32> {
    let Some(person) = &citizen.person else { return Vec::new() };
    let theirs = file.case.claims.iter().filter(|claim| claim.person.as_ref() == Some(person));
    theirs.map(|claim| claim.receipt).collect()
}

/// The part in which somebody acted.
fn part(by: &Actor) -> Option<&PartyId> {
    match by {
        Actor::Party { party, .. } => party.as_ref(),
        Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
    }
}

/// Whether the citizen is named for a part that hears nothing of the case. What is decided by an unknown plan is shown to
/// nobody.
fn is_kept_from(snapshot: &Snapshot, file: &CaseFile, citizen: &Citizen) -> bool {
    let (Some(person), Some(plan)) = (&citizen.person, snapshot.plan(&file.case.plan)) else { return false };
    file.case.is_kept_from(&plan.life_event, person)
}

impl Counter {
    /// The caller in the case of this name, where they play a part in it.
    ///
    /// # Errors
    /// As [`Counter::standing`]; PERMISSION_DENIED for who reported and plays no part.
    pub(super) async fn playing(&self, principal: &Principal, name: &str) -> Result<Standing, Status> {
        let standing = self.standing(principal, name).await?;
        if standing.parties.is_empty() {
            let detail = "your report joined this case, but nobody in it names you for the part in which you reported; \
                          only who plays a part can do that";
            return Err(reasons::status(Reason::PermissionDenied, detail));
        }
        Ok(standing)
    }

    /// The caller in the case of this name.
    ///
    /// # Errors
    /// NOT_FOUND, the same for a case that is not there as for one that is not theirs.
    pub(super) async fn standing(&self, principal: &Principal, name: &str) -> Result<Standing, Status> {
        let citizen = citizen(principal)?;
        let id = names::case(name)?;
        let file = self.caseworker.read(id).await.map_err(|error| refusals::of(&error))?;
        let snapshot = self.registry.snapshot();
        if is_kept_from(&snapshot, &file, citizen) {
            return Err(names::no_such_case());
        }
        let (mut parties, receipts) = (parties(&file, citizen), claims(&file, citizen));
        let mut reported = !receipts.is_empty();
        if parties.is_empty() && citizen.person.is_none() {
            let known = self.reporters.of(&citizen.subject).await.map_err(|e| refusals::of_store(&e))?;
            for (_, party) in known.into_iter().filter(|(case, _)| *case == id) {
                reported = true;
                self.follow_report(citizen, &file, party.as_ref()).await?;
                parties.extend(party);
            }
        }
        if parties.is_empty() && !reported {
            return Err(names::no_such_case());
        }
        Ok(Standing { citizen: citizen.clone(), file, parties, receipts, snapshot })
    }

    /// Who reported without a number finds the case that took up their report: from when they are told of it.
    async fn follow_report(
        &self,
        citizen: &Citizen,
        file: &CaseFile,
        party: Option<&PartyId>,
    ) -> Result<(), Status> {
        let Some(other) = file.case.joined_to.as_ref().and_then(|other| other.case.parse().ok()) else {
            return Ok(());
        };
        let theirs = |receipt: &&Receipt| part(&receipt.by) == party;
        let requests: Vec<&String> =
            file.case.receipts.iter().filter(theirs).map(|receipt| &receipt.request).collect();
        let joined = self.caseworker.read(other).await.map_err(|error| refusals::of(&error))?;
        let receipt = joined.case.receipts.iter().find(|receipt| requests.contains(&&receipt.request));
        // A part that was only claimed here is nobody's there by this.
        let part = receipt.filter(|_| party.is_some()).and_then(|receipt| part(&receipt.by)).cloned();
        let remembered = self.reporters.remember(&citizen.subject, other, part).await;
        remembered.map_err(|error| refusals::of_store(&error))
    }

    /// The case as its caller sees it. That they looked is recorded before they see it.
    pub(super) async fn answer(&self, standing: &Standing, language: &Language) -> Result<pb::Case, Status> {
        let (case, shown) = standing.told(self, language, Detail::Full)?;
        self.record_look(standing, shown).await?;
        Ok(case)
    }

    /// Records that the caller looks at these facts.
    pub(super) async fn record_look(&self, standing: &Standing, facts: Vec<FactKey>) -> Result<(), Status> {
        let reading = Reading {
            by: standing.actor(),
            facts,
            purpose: PURPOSE.to_owned(),
            legal_basis: LEGAL_BASIS.to_owned(),
        };
        let recorded = self.caseworker.record_access(standing.file.id, reading).await;
        recorded.map_err(|error| refusals::of(&error))
    }
}

impl Standing {
    /// The case as the caller sees it, and the facts whose values are in it.
    pub(super) fn told(
        &self,
        counter: &Counter,
        language: &Language,
        detail: Detail,
    ) -> Result<(pb::Case, Vec<FactKey>), Status> {
        self.looking(language, |viewer| cases::case(viewer, &self.file, counter.durability, detail))
    }

    /// Looks at the case with the caller's eyes.
    pub(super) fn looking<T>(
        &self,
        language: &Language,
        look: impl FnOnce(&Viewer<'_>) -> T,
    ) -> Result<T, Status> {
        self.looking_as(&self.parties, language, look)
    }

    /// The same, in some of the caller's parts alone.
    pub(super) fn looking_as<T>(
        &self,
        parties: &[PartyId],
        language: &Language,
        look: impl FnOnce(&Viewer<'_>) -> T,
    ) -> Result<T, Status> {
        let case = &self.file.case;
        let unknown = || refusals::of(&CaseworkError::UnknownPlan { plan: case.plan.0.clone() });
        let rules = self.snapshot.rulebook(&case.plan).ok_or_else(unknown)?;
        let wording = Wording { snapshot: &self.snapshot, plan: rules.plan, language };
        let who = match parties {
            [] => Who::Reporter,
            parties => Who::Party(parties),
        };
        Ok(look(&Viewer { wording, rules, case, who, receipts: &self.receipts }))
    }

    /// The caller as entries name them: by the first of their parts.
    pub(super) fn actor(&self) -> Actor {
        self.actor_as(self.parties.first())
    }

    /// The caller as entries name them, in this part.
    pub(super) fn actor_as(&self, party: Option<&PartyId>) -> Actor {
        Actor::Party { party: party.cloned(), portal: self.citizen.portal.clone() }
    }
}

//! A case as operators and officers see it: states and reasons, no facts.

use std::sync::Arc;

use casestore::Durability;
use casework::entry::Actor;
use casework::name::AgencyId;
use proto::loket::portal::v1 as pb;
use tonic::{Request, Status};

use crate::callers::Principal;
use crate::cases::CaseFile;
use crate::caseworker::{CaseworkError, Caseworker};
use crate::portal::language::Language;
use crate::portal::words::Wording;
use crate::portal::words::cases::{self, Detail};
use crate::portal::words::viewer::{Viewer, Who};
use crate::portal::{names, refusals};
use crate::registry::{Registry, Snapshot};

/// A case that somebody of the counter or of an agency looks at.
pub(super) struct Sight {
    pub(super) file: CaseFile,
    pub(super) snapshot: Arc<Snapshot>,
}

/// Reads the case.
pub(super) async fn read(caseworker: &Caseworker, registry: &Registry, name: &str) -> Result<Sight, Status> {
    let id = names::case(name)?;
    let file = caseworker.read(id).await.map_err(|error| refusals::of(&error))?;
    Ok(Sight { file, snapshot: registry.snapshot() })
}

/// The language of whoever asks: operators' requests name none, their metadata may.
pub(super) fn language<T>(request: &Request<T>) -> Language {
    Language::of("", request.metadata())
}

impl Sight {
    /// Looks at the case with an operator's eyes.
    pub(super) fn looking<T>(
        &self,
        language: &Language,
        look: impl FnOnce(&Viewer<'_>) -> T,
    ) -> Result<T, Status> {
        let case = &self.file.case;
        let unknown = || refusals::of(&CaseworkError::UnknownPlan { plan: case.plan.0.clone() });
        let rules = self.snapshot.rulebook(&case.plan).ok_or_else(unknown)?;
        let wording = Wording { snapshot: &self.snapshot, plan: rules.plan, language };
        Ok(look(&Viewer { wording, rules, case, who: Who::Operator, receipts: &[] }))
    }

    /// The case as this caller is told it. An officer is told of the steps of their own agency.
    pub(super) fn told(
        &self,
        caller: &Principal,
        durability: Durability,
        language: &Language,
    ) -> Result<pb::Case, Status> {
        let detail =
            if matches!(caller, Principal::Operator { .. }) { Detail::Full } else { Detail::WithoutFacts };
        let (case, _) =
            self.looking(language, |viewer| cases::case(viewer, &self.file, durability, detail))?;
        Ok(match caller {
            Principal::Officer { agency, .. } => of_agency(case, agency),
            _ => case,
        })
    }

    /// Whether the agency has a step in the case.
    pub(super) fn concerns(&self, agency: &AgencyId) -> bool {
        self.file.case.steps.iter().any(|(id, step)| {
            step.agency.as_ref() == Some(agency) || (step.agency.is_none() && id.service.agency() == *agency)
        })
    }
}

/// What an officer is told: their own agency's steps, and nothing of the rest.
fn of_agency(case: pb::Case, agency: &AgencyId) -> pb::Case {
    let steps: Vec<pb::Step> = case.steps.into_iter().filter(|step| step.agency == agency.as_str()).collect();
    let waiting_for = case.waiting_for.into_iter().filter(|wait| wait.who == agency.as_str()).collect();
    pb::Case {
        steps,
        waiting_for,
        summary: String::new(),
        outcomes: Vec::new(),
        receipts: Vec::new(),
        ..case
    }
}

/// The caller as entries name them.
///
/// # Errors
/// Nobody else comes here: the table of rights sees to it.
pub(super) fn actor(caller: &Principal) -> Result<Actor, Status> {
    match caller {
        Principal::Operator { subject, .. } => Ok(Actor::Operator { subject: subject.clone() }),
        Principal::Officer { agency, subject } => {
            Ok(Actor::Officer { agency: agency.clone(), subject: subject.clone() })
        }
        Principal::Anonymous
        | Principal::Citizen(_)
        | Principal::Portal { .. }
        | Principal::Agency { .. }
        | Principal::ContactCentre { .. } => Err(names::no_such_case()),
    }
}

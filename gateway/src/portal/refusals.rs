//! Why the caseworker did not do what was asked, for whoever asked.

use casestore::StoreError;
use casework::input::Rejected;
use casework::name::LifeEventId;
use tonic::Status;

use super::names;
use crate::caseworker::CaseworkError;
use crate::drafts::DraftError;
use crate::reasons::{self, Reason, Violation};
use crate::registry::RegistryError;

/// The caseworker's error as a status.
#[must_use]
pub fn of(error: &CaseworkError) -> Status {
    match error {
        CaseworkError::NotFound => names::no_such_case(),
        CaseworkError::RequestId => reasons::violations(
            Reason::InvalidRequest,
            error.to_string(),
            &[Violation::new("request_id", "must be 1 to 64 printable ASCII characters")],
        ),
        CaseworkError::Rejected(rejected) => of_rejected(rejected),
        CaseworkError::RequestConflict { first } => {
            let case = first.map(names::of_case).unwrap_or_default();
            reasons::status_with(Reason::RequestConflict, error.to_string(), &[("case", &case)])
        }
        CaseworkError::NoPlan(life_event) => not_open(life_event.as_str(), error.to_string()),
        CaseworkError::UnknownPlan { .. } | CaseworkError::RegistryStale => {
            reasons::status(Reason::RegistryStale, error.to_string())
        }
        CaseworkError::Contended => reasons::status(Reason::CaseBusy, error.to_string()),
        CaseworkError::Quarantined { .. } => {
            tracing::error!(%error, "a case is quarantined");
            reasons::status(
                Reason::CaseQuarantined,
                "the case cannot be read by this version; the operators are told",
            )
        }
        CaseworkError::TooLarge(_) => reasons::status(Reason::CaseLimit, error.to_string()),
        CaseworkError::Store(error) => of_store(error),
    }
}

/// A life event that cannot be reported now.
#[must_use]
pub fn not_open(life_event: &str, detail: String) -> Status {
    reasons::status_with(Reason::LifeEventNotOpen, detail, &[("life_event", life_event)])
}

/// A report in which nothing is said, of a life event that has to be told something.
#[must_use]
pub fn nothing_reported(life_event: &LifeEventId) -> Status {
    let what =
        format!("is missing: what happened, to whom; `GET /v1/lifeEvents/{life_event}` has the questions");
    let violation = Violation::new("report.facts", &what);
    reasons::violations(Reason::FactsMissing, format!("`report.facts` {what}"), &[violation])
}

/// The store's error as a status. What the store said goes to the log.
#[must_use]
pub fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Unavailable { .. } | StoreError::Unknown { .. } => {
            tracing::debug!(%error, "the store did not answer");
            let detail = match error {
                StoreError::Unknown { .. } => {
                    "the store's answer was lost: it may or may not be recorded; send the same again, with the same \
                     request id, to learn it"
                }
                _ => "the store cannot be reached; nothing was recorded, send the same again",
            };
            reasons::status(Reason::StoreUnavailable, detail)
        }
        StoreError::Corrupt { .. } => {
            tracing::error!(%error, "the store holds something unreadable");
            reasons::status(
                Reason::CaseQuarantined,
                "what the store holds cannot be read; the operators are told",
            )
        }
        StoreError::TooLarge { .. } => reasons::status(Reason::CaseLimit, error.to_string()),
    }
}

/// The answer where something was stored, and what is to be shown of it could not be read or recorded any more.
#[must_use]
pub fn recorded_unseen(error: Status) -> Status {
    if error.code() != tonic::Code::Unavailable {
        return error;
    }
    let detail =
        "what you sent is recorded, but cannot be shown: the store went away; get the case a little later";
    reasons::status(Reason::StoreUnavailable, detail)
}

/// A draft's error as a status.
#[must_use]
pub fn of_draft(error: &DraftError) -> Status {
    match error {
        DraftError::NotFound => reasons::status(Reason::DraftNotFound, error.to_string()),
        DraftError::Moved => reasons::status(Reason::EtagMismatch, error.to_string()),
        DraftError::Unreadable(_) => reasons::internal(error),
        DraftError::Store(error) => of_store(error),
    }
}

/// Casework's verdict as a status.
#[must_use]
pub fn of_rejected(rejected: &Rejected) -> Status {
    let said = rejected.to_string();
    match rejected {
        Rejected::NoSuchStep(_)
        | Rejected::NoSuchOffer(_)
        | Rejected::NoSuchMention { .. }
        | Rejected::NoSuchClaim(_) => reasons::status(Reason::StepNotFound, said),
        Rejected::Unasked { .. } | Rejected::NotNow { .. } | Rejected::PartTaken(_) => {
            reasons::status(Reason::NotNow, said)
        }
        Rejected::OtherAgency { .. } | Rejected::NotYours(_) => {
            reasons::status(Reason::PermissionDenied, said)
        }
        Rejected::NotAsked(fact) => {
            let violation = Violation::new(fact_field(fact), "is not asked; leave it out");
            reasons::violations(Reason::FactNotAsked, said, &[violation])
        }
        Rejected::AlreadyKnown(_) => reasons::status(Reason::FactKnown, said),
        Rejected::WrongType { fact, expected } => {
            let violation = Violation::new(fact_field(fact), format!("must be {expected}"));
            reasons::violations(Reason::WrongFactType, said, &[violation])
        }
        Rejected::SameMember { role, first, second, attributes } => {
            let same = attributes.join(" and ");
            let fields = [(first, second), (second, first)].map(|(one, other)| {
                let what = format!(
                    "has the same {same} as `{role}[{other}]`: leave one out, or say how they differ"
                );
                Violation::new(format!("report.facts.{role}[{one}]"), what)
            });
            reasons::violations(Reason::InvalidRequest, said, &fields)
        }
        Rejected::Lacking(facts) => {
            let lacking: Vec<_> = facts.iter().flat_map(|lack| lacking(lack)).collect();
            reasons::violations(Reason::FactsMissing, said, &lacking)
        }
        Rejected::NotOneOf(others) => {
            let violation = Violation::new("same_as", format!("must be one of {}", others.join(", ")));
            reasons::violations(Reason::InvalidRequest, said, &[violation])
        }
        Rejected::CannotWithdraw(_) => reasons::status(Reason::CannotWithdraw, said),
        Rejected::Limit(_) => reasons::status(Reason::CaseLimit, said),
        Rejected::Ended(_) => reasons::status(Reason::CaseEnded, said),
        Rejected::OtherPlan(_) => reasons::status(Reason::RegistryStale, said),
        Rejected::Unreachable(outcomes) => {
            reasons::status_with(Reason::LifeEventNotOpen, said, &[("outcomes", &outcomes.join(","))])
        }
    }
}

/// The registry's error as a status.
#[must_use]
pub fn of_registry(error: &RegistryError) -> Status {
    match error {
        RegistryError::Invalid(faults) => {
            let fields: Vec<_> =
                faults.iter().map(|fault| Violation::new(&fault.place, &fault.what)).collect();
            reasons::violations(Reason::InvalidRegistration, error.to_string(), &fields)
        }
        RegistryError::Contradicts(_) => reasons::status(Reason::RegistrationConflict, error.to_string()),
        RegistryError::Refused(_) => reasons::status(Reason::PlanNotPublishable, error.to_string()),
        RegistryError::NotFound { .. } => reasons::status(Reason::NotFound, error.to_string()),
        RegistryError::Unreachable { .. } => {
            reasons::status(Reason::DescriptorsUnavailable, error.to_string())
        }
        RegistryError::NotConfirmed => reasons::status(Reason::RegistryStale, error.to_string()),
        RegistryError::Contended => reasons::status(Reason::CaseBusy, error.to_string()),
        RegistryError::Store(error) => of_store(error),
    }
}

/// What is lacking, by field: facts stand in backquotes, alternatives to each other in one line.
fn lacking(lack: &str) -> Vec<Violation> {
    let named: Vec<&str> = lack.split('`').skip(1).step_by(2).collect();
    let facts: Vec<&str> = named.iter().copied().filter(|name| name.contains('.')).collect();
    match facts.as_slice() {
        [] => vec![Violation::new("report.members", format!("lacks {lack}"))],
        [only] => vec![Violation::new(fact_field(only), "is missing")],
        several => several
            .iter()
            .map(|fact| Violation::new(fact_field(fact), format!("is missing, of: {lack}")))
            .collect(),
    }
}

/// The registry's error about files as a status.
#[must_use]
pub fn of_files(error: &RegistryError) -> Status {
    match error {
        RegistryError::Invalid(faults) => {
            let fields: Vec<_> =
                faults.iter().map(|fault| Violation::new(&fault.place, &fault.what)).collect();
            reasons::violations(Reason::InvalidFiles, error.to_string(), &fields)
        }
        _ => of_registry(error),
    }
}

/// The fact as a field of the report: `report.facts["mother.number"]`.
pub(super) fn fact_field(fact: &str) -> String {
    format!("report.facts[\"{fact}\"]")
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::reasons::Refusal;

    #[test]
    fn what_is_lacking_is_named_field_by_field() {
        let lacking = ["`birth.date`", "`mother.number` (or `mother.family_name`)", "anybody who is `child`"];
        let rejected = Rejected::Lacking(lacking.map(str::to_owned).to_vec());
        let status = of(&CaseworkError::Rejected(rejected));
        assert_eq!(status.code(), Code::InvalidArgument);
        let fields: Vec<_> = Refusal::of(&status).fields.into_iter().map(|v| v.field).collect();
        assert_eq!(
            fields,
            [
                "report.facts[\"birth.date\"]",
                "report.facts[\"mother.number\"]",
                "report.facts[\"mother.family_name\"]",
                "report.members",
            ]
        );
    }

    #[test]
    fn a_conflict_names_the_first_case() {
        let first = casestore::CaseId::new(casestore::Partition::new(7).unwrap(), [3; 15]);
        let status = of(&CaseworkError::RequestConflict { first: Some(first) });
        assert_eq!(status.code(), Code::AlreadyExists);
        assert_eq!(Refusal::of(&status).metadata, [("case".to_owned(), names::of_case(first))]);
    }

    #[test]
    fn what_the_store_said_is_not_told_to_callers() {
        let error = StoreError::Unavailable { reason: "redis 10.0.0.7 said no".to_owned() };
        let status = of(&CaseworkError::Store(error));
        assert_eq!(status.code(), Code::Unavailable);
        assert!(!status.message().contains("10.0.0.7"), "{status}");
    }
}

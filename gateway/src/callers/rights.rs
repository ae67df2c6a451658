//! Who may call what: the one table. A call that has no row is refused, and a test fails for it.
//!
//! The table says which kind of caller may call at all. Whose case, whose agency and whose draft it is, each service
//! decides for itself: somebody else's is NOT_FOUND.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::principal::{OperatorRole, Principal};

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nobody in particular.
    Anonymous,
    /// A citizen.
    Citizen,
    /// A portal for itself.
    Portal,
    /// A system of an agency.
    Agency,
    /// A person of an agency.
    Officer,
    /// An operator with this role.
    Operator(OperatorRole),
    /// The contact centre.
    ContactCentre,
}

/// Who may call one RPC.
#[derive(Debug, Clone, Copy)]
pub struct Right {
    /// The RPC: `loket.portal.v1.CaseService/OpenCase`.
    pub rpc: &'static str,
    /// Who may call it.
    pub roles: &'static [Role],
}

use OperatorRole::{Auditor, Registrar, Sandbox, Steward, Viewer};
use Role::{Agency, Anonymous, Citizen, ContactCentre, Officer, Operator, Portal};

const EVERYBODY: &[Role] = &[
    Anonymous,
    Citizen,
    Portal,
    Agency,
    Officer,
    Operator(Viewer),
    Operator(Steward),
    Operator(Registrar),
    Operator(Auditor),
    Operator(Sandbox),
    ContactCentre,
];
const CITIZENS: &[Role] = &[Citizen];
const AGENCIES: &[Role] = &[Agency];
const LOOKERS: &[Role] = &[Operator(Viewer), Operator(Steward), Operator(Auditor), ContactCentre];
const EXPLAINERS: &[Role] = &[Operator(Viewer), Operator(Steward), Operator(Auditor)];
const AUDITORS: &[Role] = &[Operator(Auditor)];
const STEERERS: &[Role] = &[Operator(Steward), Officer];
const OFFICERS: &[Role] = &[Officer];
const STEWARDS: &[Role] = &[Operator(Steward)];
const READERS: &[Role] = &[Operator(Viewer), Operator(Steward), Operator(Registrar), Operator(Auditor)];
const READERS_AND_OWN: &[Role] =
    &[Operator(Viewer), Operator(Steward), Operator(Registrar), Operator(Auditor), Agency, Officer];
const REGISTRARS: &[Role] = &[Operator(Registrar)];
const GRANTERS: &[Role] = &[Operator(Registrar), Agency, Officer];
const SANDBOX: &[Role] = &[Operator(Sandbox)];

const fn right(rpc: &'static str, roles: &'static [Role]) -> Right {
    Right { rpc, roles }
}

/// The table.
pub const RIGHTS: &[Right] = &[
    right("loket.portal.v1.LifeEventService/ListLifeEvents", EVERYBODY),
    right("loket.portal.v1.LifeEventService/GetLifeEvent", EVERYBODY),
    right("loket.portal.v1.LifeEventService/PreviewLifeEvent", EVERYBODY),
    // A citizen's own cases and drafts.
    right("loket.portal.v1.CaseService/OpenCase", CITIZENS),
    right("loket.portal.v1.CaseService/GetCase", CITIZENS),
    right("loket.portal.v1.CaseService/ListCases", CITIZENS),
    right("loket.portal.v1.CaseService/WatchCase", CITIZENS),
    right("loket.portal.v1.CaseService/AnswerQuestions", CITIZENS),
    right("loket.portal.v1.CaseService/AnswerOffer", CITIZENS),
    right("loket.portal.v1.CaseService/DisputeFact", CITIZENS),
    right("loket.portal.v1.CaseService/CorrectFacts", CITIZENS),
    right("loket.portal.v1.CaseService/WithdrawCase", CITIZENS),
    right("loket.portal.v1.CaseService/ListDisclosures", CITIZENS),
    right("loket.portal.v1.CaseService/CreateDraft", CITIZENS),
    right("loket.portal.v1.CaseService/GetDraft", CITIZENS),
    right("loket.portal.v1.CaseService/UpdateDraft", CITIZENS),
    right("loket.portal.v1.CaseService/DeleteDraft", CITIZENS),
    right("loket.portal.v1.CaseService/SubmitDraft", CITIZENS),
    // An agency's own registration, steps and reports.
    right("loket.desk.v1.DeskService/RegisterAgency", AGENCIES),
    right("loket.desk.v1.DeskService/Heartbeat", AGENCIES),
    right("loket.desk.v1.DeskService/WithdrawServices", AGENCIES),
    right("loket.desk.v1.DeskService/ReportStep", AGENCIES),
    right("loket.desk.v1.DeskService/ReportHappening", AGENCIES),
    // Cases without facts. An officer steers steps of their own agency.
    right("loket.operations.v1.CaseOperationsService/ListCases", LOOKERS),
    right("loket.operations.v1.CaseOperationsService/GetCase", LOOKERS),
    right("loket.operations.v1.CaseOperationsService/ExplainCase", EXPLAINERS),
    right("loket.operations.v1.CaseOperationsService/VerifyCase", AUDITORS),
    right("loket.operations.v1.CaseOperationsService/ListEntries", AUDITORS),
    right("loket.operations.v1.CaseOperationsService/SteerStep", STEERERS),
    right("loket.operations.v1.CaseOperationsService/CorrectFacts", OFFICERS),
    right("loket.operations.v1.CaseOperationsService/DecideMember", STEWARDS),
    right("loket.operations.v1.CaseOperationsService/DecideSameness", STEWARDS),
    right("loket.operations.v1.CaseOperationsService/DecideClaim", STEWARDS),
    // Agencies and officers: their own agency, and the grants that it gives.
    right("loket.operations.v1.RegistryService/ListAgencies", READERS),
    right("loket.operations.v1.RegistryService/GetAgency", READERS_AND_OWN),
    right("loket.operations.v1.RegistryService/RegisterAgency", REGISTRARS),
    right("loket.operations.v1.RegistryService/GetPlan", READERS),
    right("loket.operations.v1.RegistryService/DiffPlan", READERS),
    right("loket.operations.v1.RegistryService/PublishPlan", REGISTRARS),
    right("loket.operations.v1.RegistryService/RevokePlan", REGISTRARS),
    right("loket.operations.v1.RegistryService/PublishFiles", REGISTRARS),
    right("loket.operations.v1.RegistryService/ListGrants", READERS_AND_OWN),
    right("loket.operations.v1.RegistryService/GiveGrant", GRANTERS),
    right("loket.operations.v1.RegistryService/RevokeGrant", GRANTERS),
    right("loket.operations.v1.SandboxService/SetClock", SANDBOX),
];

/// Services that are not Loket's own and show nothing of anybody: health and reflection.
const OPEN_SERVICES: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// What the table says about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Not without a token: of one of these roles.
    NeedsToken(&'static [Role]),
    /// Not with this token: one of these roles is needed.
    Forbidden(&'static [Role]),
    /// The path is no RPC of the table.
    NoRow,
}

/// What the table says about `/package.Service/Method`, for this caller.
#[must_use]
pub fn verdict(path: &str, caller: &Principal) -> Verdict {
    static BY_RPC: LazyLock<HashMap<&str, &[Role]>> =
        LazyLock::new(|| RIGHTS.iter().map(|right| (right.rpc, right.roles)).collect());
    let rpc = path.strip_prefix('/').unwrap_or(path);
    let Some(roles) = BY_RPC.get(rpc) else {
        let service = rpc.split('/').next().unwrap_or_default();
        return if OPEN_SERVICES.contains(&service) { Verdict::Allowed } else { Verdict::NoRow };
    };
    if roles.iter().any(|role| role.is(caller)) {
        Verdict::Allowed
    } else if *caller == Principal::Anonymous {
        Verdict::NeedsToken(roles)
    } else {
        Verdict::Forbidden(roles)
    }
}

impl Role {
    /// Whether the caller is of this kind.
    #[must_use]
    pub fn is(self, caller: &Principal) -> bool {
        match (self, caller) {
            (Self::Anonymous, Principal::Anonymous)
            | (Self::Citizen, Principal::Citizen(_))
            | (Self::Portal, Principal::Portal { .. })
            | (Self::Agency, Principal::Agency { .. })
            | (Self::Officer, Principal::Officer { .. })
            | (Self::ContactCentre, Principal::ContactCentre { .. }) => true,
            (Self::Operator(role), Principal::Operator { roles, .. }) => roles.contains(&role),
            _ => false,
        }
    }

    /// The role in words, for whoever was refused.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Anonymous => "anybody".to_owned(),
            Self::Citizen => "a citizen".to_owned(),
            Self::Portal => "a portal".to_owned(),
            Self::Agency => "an agency".to_owned(),
            Self::Officer => "an officer of an agency".to_owned(),
            Self::Operator(role) => format!("an operator with role {}", role.as_str()),
            Self::ContactCentre => "the contact centre".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_reflect::DescriptorPool;

    use super::*;

    fn rpcs() -> BTreeSet<String> {
        let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        pool.services()
            .filter(|service| service.full_name().starts_with("loket."))
            .flat_map(|service| {
                let name = service.full_name().to_owned();
                service.methods().map(move |m| format!("{name}/{}", m.name())).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn every_rpc_has_exactly_one_row_and_every_row_an_rpc() {
        let rows: Vec<&str> = RIGHTS.iter().map(|right| right.rpc).collect();
        let set: BTreeSet<String> = rows.iter().map(|rpc| (*rpc).to_owned()).collect();
        assert_eq!(set.len(), rows.len(), "an RPC has two rows");
        let rpcs = rpcs();
        let lacking: Vec<_> = rpcs.difference(&set).collect();
        assert!(lacking.is_empty(), "say in RIGHTS who may call {lacking:?}");
        let idle: Vec<_> = set.difference(&rpcs).collect();
        assert!(idle.is_empty(), "RIGHTS has rows for RPCs that do not exist: {idle:?}");
    }

    #[test]
    fn nobody_in_particular_may_look_at_life_events_and_preview_alone() {
        for right in RIGHTS {
            let open = right.roles.contains(&Anonymous);
            assert_eq!(open, right.rpc.contains("LifeEventService/"), "{}", right.rpc);
        }
    }

    #[test]
    fn an_agency_calls_no_case_and_a_citizen_no_desk() {
        let agency = Principal::Agency { agency: "civil-registry".parse().unwrap() };
        for right in RIGHTS.iter().filter(|right| right.rpc.contains("CaseService/")) {
            assert!(matches!(verdict(right.rpc, &agency), Verdict::Forbidden(_)), "{}", right.rpc);
        }
        assert_eq!(verdict("/loket.portal.v1.CaseService/Unheard", &agency), Verdict::NoRow);
        assert_eq!(verdict("/grpc.health.v1.Health/Check", &Principal::Anonymous), Verdict::Allowed);
    }

    #[test]
    fn an_operator_may_what_their_roles_say() {
        let viewer = Principal::Operator { subject: "o".to_owned(), roles: BTreeSet::from([Viewer]) };
        let explain = "/loket.operations.v1.CaseOperationsService/ExplainCase";
        let steer = "/loket.operations.v1.CaseOperationsService/SteerStep";
        assert_eq!(verdict(explain, &viewer), Verdict::Allowed);
        assert!(matches!(verdict(steer, &viewer), Verdict::Forbidden(_)));
    }
}

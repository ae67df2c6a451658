//! Names, parties, actors.

use std::str::FromStr;

use casework::entry::Actor;
use casework::name::{FactKey, MemberId, PartyId, StepId};
use proto::loket::log::v1 as log;
use proto::loket::log::v1::actor;

use super::RecordFault;

/// What has to be there; where it is not, it is of a kind that this version does not know.
pub(super) fn required<T>(value: Option<T>, what: &str) -> Result<T, RecordFault> {
    value.ok_or_else(|| RecordFault::unknown(what))
}

/// A name, parsed anew: a log is not believed. The name itself is not told, it may be personal.
pub(super) fn name<T: FromStr>(text: &str, what: &str) -> Result<T, RecordFault> {
    text.parse().map_err(|_| RecordFault(format!("{what} is none")))
}

fn member_to_log(member: Option<&MemberId>) -> String {
    member.map(ToString::to_string).unwrap_or_default()
}

/// A name that may be missing: then it is empty.
pub(super) fn optional<T: FromStr>(text: &str, what: &str) -> Result<Option<T>, RecordFault> {
    if text.is_empty() { Ok(None) } else { name(text, what).map(Some) }
}

pub(super) fn party_to_log(party: &PartyId) -> log::Party {
    log::Party { role: party.role.to_string(), member: member_to_log(party.member.as_ref()) }
}

pub(super) fn party_from_log(party: &log::Party) -> Result<PartyId, RecordFault> {
    Ok(PartyId { role: name(&party.role, "a role")?, member: optional(&party.member, "a member")? })
}

pub(super) fn optional_party(party: Option<&log::Party>) -> Result<Option<PartyId>, RecordFault> {
    party.map(party_from_log).transpose()
}

/// A fact's key.
pub(crate) fn fact_to_log(fact: &FactKey) -> log::Fact {
    log::Fact { name: fact.name.to_string(), member: member_to_log(fact.member.as_ref()) }
}

/// A fact's key.
pub(crate) fn fact_from_log(fact: Option<&log::Fact>) -> Result<FactKey, RecordFault> {
    let fact = required(fact, "a fact")?;
    Ok(FactKey { name: name(&fact.name, "a fact")?, member: optional(&fact.member, "a member")? })
}

pub(super) fn step_to_log(step: &StepId) -> log::Step {
    log::Step { service: step.service.to_string(), member: member_to_log(step.member.as_ref()) }
}

pub(super) fn step_from_log(step: Option<&log::Step>) -> Result<StepId, RecordFault> {
    let step = required(step, "a step")?;
    Ok(StepId { service: name(&step.service, "a service")?, member: optional(&step.member, "a member")? })
}

/// Who caused something.
pub(crate) fn actor_to_log(actor: &Actor) -> log::Actor {
    let kind = match actor {
        Actor::Party { party, portal } => actor::Kind::Party(actor::PartyActor {
            party: party.as_ref().map(party_to_log),
            portal: portal.clone(),
        }),
        Actor::Agency(agency) => actor::Kind::Agency(agency.to_string()),
        Actor::Officer { agency, subject } => {
            actor::Kind::Officer(actor::Officer { agency: agency.to_string(), subject: subject.clone() })
        }
        Actor::Operator { subject } => actor::Kind::Operator(subject.clone()),
        Actor::Loket => actor::Kind::Loket(actor::Loket {}),
    };
    log::Actor { kind: Some(kind) }
}

/// Who caused something.
pub(crate) fn actor_from_log(actor: Option<&log::Actor>) -> Result<Actor, RecordFault> {
    Ok(match required(actor.and_then(|actor| actor.kind.as_ref()), "who caused it")? {
        actor::Kind::Party(by) => {
            Actor::Party { party: optional_party(by.party.as_ref())?, portal: by.portal.clone() }
        }
        actor::Kind::Agency(agency) => Actor::Agency(name(agency, "an agency")?),
        actor::Kind::Officer(by) => {
            Actor::Officer { agency: name(&by.agency, "an agency")?, subject: by.subject.clone() }
        }
        actor::Kind::Operator(subject) => Actor::Operator { subject: subject.clone() },
        actor::Kind::Loket(_) => Actor::Loket,
    })
}

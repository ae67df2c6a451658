//! Which part a citizen reports in, and that they are who they say.

use casework::dictionary::Assurance;
use casework::input::{Given, Report};
use casework::life_event::LifeEvent;
use casework::name::{FactName, PartyId, Role};
use casework::plan::Plan;
use casework::value::Value;
use proto::loket::portal::v1 as pb;
use tonic::Status;

use super::words::reports::Reader;
use crate::callers::Citizen;
use crate::reasons::{self, Reason, Violation};

/// The attribute of a person that is their national number.
const NUMBER: &str = "number";

/// The part that the citizen reports in: the role said, or the only one that it can be.
///
/// # Errors
/// INVALID_ARGUMENT naming the roles that may report.
pub(super) fn party(
    life_event: &LifeEvent,
    sent: &pb::Report,
    report: &Report,
    citizen: &Citizen,
) -> Result<PartyId, Status> {
    let said = sent.role.as_str();
    if let Some(list) = leaves_oneself_out(life_event, sent, report, citizen) {
        let description =
            "must list whoever reports too: leave the number out of your own element, or give yours";
        let detail = format!("`report.{list}` {description}; each element has the number of somebody else");
        let violation = Violation::new(format!("report.{list}"), description);
        return Err(reasons::violations(Reason::InvalidRequest, detail, &[violation]));
    }
    let may: Vec<&Role> = may_report(life_event);
    // Who is listed with others under one name may call themselves so too: `parent`.
    let listed = life_event.together.iter().find(|(name, _)| name.as_str() == said).map(|(_, roles)| roles);
    let role = match listed {
        None if said.is_empty() => only_one(&may, report, citizen),
        None => may.iter().copied().find(|role| role.as_str() == said),
        Some(roles) => {
            let among: Vec<&Role> = may.iter().copied().filter(|role| roles.contains(role)).collect();
            only_one(&among, report, citizen)
        }
    };
    match role {
        Some(role) => Ok(PartyId { role: role.clone(), member: None }),
        None => {
            let roles = may.iter().map(|role| format!("`{role}`")).collect::<Vec<_>>().join(" or ");
            let description = format!("must be the part that the reporter plays: {roles}");
            let detail = format!("`report.role` {description}");
            Err(reasons::violations(
                Reason::InvalidRequest,
                detail,
                &[Violation::new("report.role", description)],
            ))
        }
    }
}

/// The list of roles in which everybody is somebody else than the reporter, who does not say either which of them they
/// are: who is meant by the order of such a list, nobody can tell.
fn leaves_oneself_out<'l>(
    life_event: &'l LifeEvent,
    sent: &pb::Report,
    report: &Report,
    citizen: &Citizen,
) -> Option<&'l Role> {
    citizen.person.as_ref()?;
    let is_used = |list: &Role| sent.members.iter().any(|member| member.role == list.as_str());
    let (list, roles) = life_event.together.iter().find(|(list, _)| is_used(list))?;
    if !(sent.role.is_empty() || sent.role == list.as_str()) {
        return None;
    }
    let listed = |role: &&Role| report.facts.keys().any(|name| name.is_of(role));
    let number = |role: &Role| FactName::of(role, NUMBER).ok().and_then(|name| report.facts.get(&name));
    let is_another =
        |role: &Role| matches!(number(role), Some(Given::Value(_))) && !is_number(number(role), citizen);
    let mut elements = roles.iter().filter(listed).peekable();
    (elements.peek().is_some() && elements.all(is_another)).then_some(list)
}

/// The roles that may report. Members of a group report in a role of their own: who of them it is shows only once the
/// report is compared with the case.
fn may_report(life_event: &LifeEvent) -> Vec<&Role> {
    let may = life_event.roles.iter().filter(|spec| spec.may_report && spec.group.is_none());
    may.map(|spec| &spec.id).collect()
}

/// The role whose number is the citizen's; or the only one that may report and is not said to be somebody else.
fn only_one<'r>(may: &[&'r Role], report: &Report, citizen: &Citizen) -> Option<&'r Role> {
    let number = |role: &Role| FactName::of(role, NUMBER).ok().and_then(|name| report.facts.get(&name));
    let own = may.iter().copied().filter(|role| is_number(number(role), citizen));
    let others = |role: &Role| matches!(number(role), Some(Given::Value(_))) && citizen.person.is_some();
    let left = may.iter().copied().filter(|role| !others(role));
    the_only(own).or_else(|| the_only(left))
}

fn the_only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next();
    if all.next().is_some() { None } else { first }
}

fn is_number(given: Option<&Given>, citizen: &Citizen) -> bool {
    matches!((given, &citizen.person), (Some(Given::Value(Value::Person(number))), Some(own)) if number == own)
}

/// Sees to it that the reporter's own number is their own: it is that of the token, or is filled in from there.
///
/// # Errors
/// PERMISSION_DENIED where another number is given, or one by somebody whose token has none.
pub(super) fn own_number(
    report: &mut Report,
    party: &PartyId,
    citizen: &Citizen,
    plan: &Plan,
) -> Result<(), Status> {
    let Ok(name) = FactName::of(&party.role, NUMBER) else { return Ok(()) };
    let given = report.facts.get(&name);
    match (given, &citizen.person) {
        (Some(_), Some(_)) if is_number(given, citizen) => Ok(()),
        (Some(Given::Absent | Given::Unknown) | None, None) => Ok(()),
        (None, Some(own)) => {
            if asks(plan, &name) {
                report.facts.insert(name, Given::Value(Value::Person(own.clone())));
            }
            Ok(())
        }
        (Some(_), own) => {
            let way_out = match own {
                Some(_) => "leave it out: it is known from the token",
                None => "the token has no number; log in with a means that has one",
            };
            let detail =
                format!("`{name}` is not the number that the reporter was authenticated with; {way_out}");
            Err(reasons::status(Reason::PermissionDenied, detail))
        }
    }
}

/// Whether the number is something that this plan is told by a party.
fn asks(plan: &Plan, name: &FactName) -> bool {
    let identity = &plan.life_event.identity;
    let identifies = identity.blocking.iter().flatten().chain(&identity.sure).any(|fact| fact == name);
    identifies || plan.facts.get(name).is_some_and(|fact| fact.askable && fact.givers.is_empty())
}

/// Whether the citizen was authenticated well enough for these facts.
///
/// # Errors
/// PERMISSION_DENIED naming the fact and the level that it takes.
pub(super) fn assured<'f>(
    reader: &Reader<'_>,
    facts: impl IntoIterator<Item = &'f FactName>,
    citizen: &Citizen,
) -> Result<(), Status> {
    for fact in facts {
        let needed =
            reader.concept(fact).ok().and_then(|concept| concept.ask.as_ref()).map(|ask| ask.assurance);
        if needed.is_some_and(|needed| citizen.assurance < needed) {
            let level = match needed {
                Some(Assurance::High) => "high",
                _ => "substantial",
            };
            let detail =
                format!("`{fact}` takes a login of assurance level `{level}`; log in with a stronger means");
            return Err(reasons::status_with(Reason::AssuranceTooLow, detail, &[("acr", level)]));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "reporter_tests.rs"]
mod tests;

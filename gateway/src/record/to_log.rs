//! From entries to the log.

use casework::entry::{Entry, OtherCase, Recorded, SkipReason, StandsReason, Waiting};
use casework::name::{FactKey, PartyId, StepId};
use proto::loket::log::v1 as log;
use proto::loket::log::v1::recorded::Entry as Kind;
use proto::loket::log::v1::value::Kind as ValueKind;
use proto::loket::log::v1::{member_unmatched, part_claimed, skipped, stands, waits};

use super::aside::Asides;
use super::names::*;
use super::told::*;
use super::values;

pub(super) fn recorded(recorded: &Recorded, asides: &mut Asides<'_>) -> log::Recorded {
    let Recorded { number, at, by, entry } = recorded;
    let kind = about_facts(entry, asides)
        .or_else(|| about_calls(entry))
        .or_else(|| about_steps(entry))
        .or_else(|| about_sameness(entry))
        .or_else(|| about_the_case(entry));
    log::Recorded { number: *number, at: at.0, by: Some(actor_to_log(by)), entry: kind }
}

fn step(id: &StepId) -> Option<log::Step> {
    Some(step_to_log(id))
}

fn fact(key: &FactKey) -> Option<log::Fact> {
    Some(fact_to_log(key))
}

fn words(text: &str) -> log::Value {
    log::Value { kind: Some(ValueKind::Text(text.to_owned())) }
}

/// Entries that say something of a party: that is put aside.
fn about_facts(entry: &Entry, asides: &mut Asides<'_>) -> Option<Kind> {
    Some(match entry {
        Entry::PartyNamed { party, person } => Kind::PartyNamed(log::PartyNamed {
            party: Some(party_to_log(party)),
            person: person.as_ref().map(|number| {
                let number = log::Value { kind: Some(ValueKind::Person(number.clone())) };
                asides.put(party, number)
            }),
        }),
        Entry::PartClaimed { receipt, party, person, facts } => {
            let number = |number: &String| log::Value { kind: Some(ValueKind::Person(number.clone())) };
            let person = person.as_ref().map(|person| asides.put(party, number(person)));
            let said = |(key, known): &(FactKey, _)| part_claimed::Said {
                fact: fact(key),
                known: Some(known_to_log(known, |value| asides.put_fact(key, value))),
            };
            let facts = facts.iter().map(said).collect();
            Kind::PartClaimed(log::PartClaimed {
                receipt: *receipt,
                party: Some(party_to_log(party)),
                person,
                facts,
            })
        }
        Entry::MemberUnmatched { role, mention, facts, source } => {
            // Whose it is, nobody knows yet: the role's own.
            let party = PartyId { role: role.clone(), member: None };
            let said = |(name, known): &(casework::name::FactName, _)| member_unmatched::Said {
                name: name.to_string(),
                known: Some(known_to_log(known, |value| asides.put(&party, value))),
            };
            Kind::MemberUnmatched(log::MemberUnmatched {
                role: role.to_string(),
                mention: u32::from(*mention),
                facts: facts.iter().map(said).collect(),
                source: Some(source_to_log(source)),
            })
        }
        Entry::Learnt { key, revision, known, source } => Kind::Learnt(log::Learnt {
            fact: fact(key),
            revision: *revision,
            known: Some(known_to_log(known, |value| asides.put_fact(key, value))),
            source: Some(source_to_log(source)),
        }),
        Entry::Disputed { key, revision, proposed, reason } => Kind::Disputed(log::Disputed {
            fact: fact(key),
            revision: *revision,
            proposed: proposed.as_ref().map(|value| asides.put_fact(key, values::to_log(value))),
            reason: Some(asides.put_fact(key, words(reason))),
        }),
        Entry::Retracted { key, revision } => {
            Kind::Retracted(log::Retracted { fact: fact(key), revision: *revision })
        }
        Entry::DisputeSettled { key, revision } => {
            Kind::DisputeSettled(log::DisputeSettled { fact: fact(key), revision: *revision })
        }
        _ => return None,
    })
}

/// Entries about a step's call and its answer.
fn about_calls(entry: &Entry) -> Option<Kind> {
    Some(match entry {
        Entry::Called {
            step: id,
            call,
            attempt,
            agency,
            key,
            discloses,
            purpose,
            legal_basis,
            contract,
            registry,
            until,
        } => Kind::Called(log::Called {
            step: step(id),
            call: call_to_log(call),
            attempt: *attempt,
            agency: agency.to_string(),
            key: key.clone(),
            discloses: disclosures_to_log(discloses),
            purpose: purpose.clone(),
            legal_basis: legal_basis.clone(),
            contract: contract.clone(),
            registry: *registry,
            until: until.0,
        }),
        Entry::Done { step: id, decision, rests_on } => Kind::Done(log::Done {
            step: step(id),
            decision: decision.as_ref().map(decision_to_log),
            rests_on: rests_on.as_ref().map(|all| log::Disclosures { disclosures: disclosures_to_log(all) }),
        }),
        Entry::Refused { step: id, decision } => {
            Kind::Refused(log::Refused { step: step(id), decision: Some(decision_to_log(decision)) })
        }
        Entry::Pending { step: id, operation, ask_at } => {
            Kind::Pending(log::Pending { step: step(id), operation: operation.clone(), ask_at: ask_at.0 })
        }
        Entry::NotDone { step: id, call, reason, retry_at } => Kind::NotDone(log::NotDone {
            step: step(id),
            call: call_to_log(call),
            reason: not_done_to_log(reason),
            retry_at: retry_at.0,
        }),
        Entry::InDoubt { step: id, call, reason, ask_at } => Kind::InDoubt(log::InDoubt {
            step: step(id),
            call: call_to_log(call),
            reason: reason.clone(),
            ask_at: ask_at.map(|at| at.0),
        }),
        Entry::NotCompetent { step: id, agency, forward_to } => Kind::NotCompetent(log::NotCompetent {
            step: step(id),
            agency: agency.to_string(),
            forward_to: forward_to.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        _ => return None,
    })
}

/// Other entries about a step.
fn about_steps(entry: &Entry) -> Option<Kind> {
    Some(match entry {
        Entry::Skipped { step: id, reason } => {
            Kind::Skipped(log::Skipped { step: step(id), reason: Some(skipped_to_log(reason)) })
        }
        Entry::Waits { step: id, why, until } => Kind::Waits(log::Waits {
            step: step(id),
            until: until.map(|at| at.0),
            why: Some(waiting_to_log(why)),
        }),
        Entry::Reopened { step: id } => Kind::Reopened(log::Reopened { step: step(id) }),
        Entry::Offered { step: id } => Kind::Offered(log::Offered { step: step(id) }),
        Entry::OfferAnswered { step: id, accepted } => {
            Kind::OfferAnswered(log::OfferAnswered { step: step(id), accepted: *accepted })
        }
        Entry::AgencyChosen { step: id, agency } => {
            Kind::AgencyChosen(log::AgencyChosen { step: step(id), agency: agency.to_string() })
        }
        Entry::TermSet { step: id, ends_at, computed_with } => Kind::TermSet(log::TermSet {
            step: step(id),
            ends_at: ends_at.0,
            computed_with: computed_with.clone(),
        }),
        Entry::Parked { step: id, owner, reason } => Kind::Parked(log::Parked {
            step: step(id),
            owner: Some(owner_to_log(owner)),
            reason: reason.clone(),
        }),
        Entry::Resumed { step: id, reason } => {
            Kind::Resumed(log::Resumed { step: step(id), reason: reason.clone() })
        }
        Entry::FoundNotDone { step: id, reason } => {
            Kind::FoundNotDone(log::FoundNotDone { step: step(id), reason: reason.clone() })
        }
        Entry::Reversed { step: id, kind } => {
            Kind::Reversed(log::Reversed { step: step(id), kind: kind.as_ref().map(reversal_to_log) })
        }
        Entry::Stands { step: id, reason, remedy } => Kind::Stands(log::Stands {
            step: step(id),
            reason: stands_to_log(*reason),
            remedy: remedy.as_ref().map(remedy_to_log),
        }),
        _ => return None,
    })
}

/// Entries about another case of perhaps the same happening.
fn about_sameness(entry: &Entry) -> Option<Kind> {
    Some(match entry {
        Entry::PerhapsSame { other: OtherCase { reference, case } } => {
            Kind::PerhapsSame(log::PerhapsSame { other: reference.clone(), case: case.clone() })
        }
        Entry::ResembledBy { other } => Kind::ResembledBy(log::ResembledBy { other: other.clone() }),
        Entry::NotTheSame { reason } => Kind::NotTheSame(log::NotTheSame { reason: reason.clone() }),
        Entry::FoundSame { other: OtherCase { reference, case }, reason } => {
            let (other, case, reason) = (reference.clone(), case.clone(), reason.clone());
            Kind::FoundSame(log::FoundSame { other, case, reason })
        }
        Entry::NotJoined { reason } => Kind::NotJoined(log::NotJoined { reason: reason.clone() }),
        Entry::Joined { other: OtherCase { reference, case } } => {
            Kind::Joined(log::Joined { other: reference.clone(), case: case.clone() })
        }
        Entry::TookUp { other: OtherCase { reference, case }, reason } => {
            let (other, case, reason) = (reference.clone(), case.clone(), reason.clone());
            Kind::TookUp(log::TookUp { other, case, reason })
        }
        _ => return None,
    })
}

/// The rest.
fn about_the_case(entry: &Entry) -> Option<Kind> {
    Some(match entry {
        Entry::Opened { life_event, plan, seed, reference, registry } => Kind::Opened(log::Opened {
            life_event: life_event.to_string(),
            plan: plan.0.clone(),
            seed: bytes::Bytes::copy_from_slice(seed),
            reference: reference.clone(),
            registry: *registry,
        }),
        Entry::Reported { receipt, request, received_at } => Kind::Reported(log::Reported {
            receipt: *receipt,
            request: request.clone(),
            received_at: received_at.0,
        }),
        Entry::MemberAdded { role, member } => {
            Kind::MemberAdded(log::MemberAdded { role: role.to_string(), member: member.to_string() })
        }
        Entry::MemberMatched { role, mention, member } => Kind::MemberMatched(log::MemberMatched {
            role: role.to_string(),
            mention: u32::from(*mention),
            member: member.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        Entry::GroupClosed { role } => Kind::GroupClosed(log::GroupClosed { role: role.to_string() }),
        Entry::WithdrawalAsked { reason } => {
            Kind::WithdrawalAsked(log::WithdrawalAsked { reason: reason.clone() })
        }
        Entry::PlanMoved { to } => Kind::PlanMoved(log::PlanMoved { to: to.0.clone() }),
        Entry::ClaimUpheld { receipt, reason } => {
            Kind::ClaimUpheld(log::ClaimUpheld { receipt: *receipt, reason: reason.clone() })
        }
        Entry::ClaimDismissed { receipt, reason } => {
            Kind::ClaimDismissed(log::ClaimDismissed { receipt: *receipt, reason: reason.clone() })
        }
        Entry::OutcomeSettled { outcome, member, reached } => Kind::OutcomeSettled(log::OutcomeSettled {
            outcome: outcome.to_string(),
            member: member.as_ref().map(ToString::to_string).unwrap_or_default(),
            reached: *reached,
        }),
        Entry::Completed => Kind::Completed(log::Completed {}),
        Entry::Withdrawn => Kind::Withdrawn(log::Withdrawn {}),
        Entry::NeedsPerson { reason } => Kind::NeedsPerson(log::NeedsPerson { reason: reason.clone() }),
        taken => return taken_before(taken),
    })
}

/// What the functions before have written. It names every kind, so that one that is new in casework does not compile
/// until it is written.
fn taken_before(entry: &Entry) -> Option<Kind> {
    match entry {
        Entry::Opened { .. }
        | Entry::Reported { .. }
        | Entry::MemberAdded { .. }
        | Entry::MemberMatched { .. }
        | Entry::GroupClosed { .. }
        | Entry::WithdrawalAsked { .. }
        | Entry::PlanMoved { .. }
        | Entry::PerhapsSame { .. }
        | Entry::ResembledBy { .. }
        | Entry::NotTheSame { .. }
        | Entry::FoundSame { .. }
        | Entry::NotJoined { .. }
        | Entry::Joined { .. }
        | Entry::TookUp { .. }
        | Entry::OutcomeSettled { .. }
        | Entry::Completed
        | Entry::Withdrawn
        | Entry::NeedsPerson { .. }
        | Entry::PartyNamed { .. }
        | Entry::PartClaimed { .. }
        | Entry::ClaimUpheld { .. }
        | Entry::ClaimDismissed { .. }
        | Entry::MemberUnmatched { .. }
        | Entry::Learnt { .. }
        | Entry::Disputed { .. }
        | Entry::Retracted { .. }
        | Entry::DisputeSettled { .. }
        | Entry::Called { .. }
        | Entry::Done { .. }
        | Entry::Refused { .. }
        | Entry::Pending { .. }
        | Entry::NotDone { .. }
        | Entry::InDoubt { .. }
        | Entry::NotCompetent { .. }
        | Entry::Skipped { .. }
        | Entry::Waits { .. }
        | Entry::Reopened { .. }
        | Entry::Offered { .. }
        | Entry::OfferAnswered { .. }
        | Entry::AgencyChosen { .. }
        | Entry::TermSet { .. }
        | Entry::Parked { .. }
        | Entry::Resumed { .. }
        | Entry::FoundNotDone { .. }
        | Entry::Reversed { .. }
        | Entry::Stands { .. } => None,
    }
}

fn skipped_to_log(reason: &SkipReason) -> skipped::Reason {
    let simple = |simple: skipped::Simple| skipped::Reason::Simple(simple as i32);
    match reason {
        SkipReason::Condition { facts } => skipped::Reason::Condition(skipped::Condition {
            facts: facts.iter().map(ToString::to_string).collect(),
        }),
        SkipReason::Missing { fact: key, giver } => skipped::Reason::Missing(skipped::Missing {
            fact: fact(key),
            giver: giver.as_ref().map(step_to_log),
        }),
        SkipReason::EmptyGroup { role } => skipped::Reason::EmptyGroup(role.to_string()),
        SkipReason::Given { by } => skipped::Reason::Given(step_to_log(by)),
        SkipReason::Declined => simple(skipped::Simple::Declined),
        SkipReason::Lapsed => simple(skipped::Simple::Lapsed),
        SkipReason::Informed => simple(skipped::Simple::Informed),
        SkipReason::Withdrawn => simple(skipped::Simple::Withdrawn),
        SkipReason::Person { reason } => skipped::Reason::Person(reason.clone()),
    }
}

fn waiting_to_log(why: &Waiting) -> waits::Why {
    match why {
        Waiting::OfferAnswer => waits::Why::OfferAnswer(waits::OfferAnswer {}),
        Waiting::Agency(reason) => waits::Why::Agency(not_done_to_log(reason)),
        Waiting::NoAgency => waits::Why::NoAgency(waits::NoAgency {}),
        Waiting::SeveralAgencies(agencies) => waits::Why::SeveralAgencies(waits::Agencies {
            agencies: agencies.iter().map(ToString::to_string).collect(),
        }),
        Waiting::Endpoint(agency) => waits::Why::Endpoint(agency.to_string()),
        Waiting::Contract(agency) => waits::Why::Contract(agency.to_string()),
        Waiting::Withdrawn(agency) => waits::Why::Withdrawn(agency.to_string()),
        Waiting::Plan => waits::Why::Plan(waits::Plan {}),
        Waiting::Grant { from, to, fact } => waits::Why::Grant(waits::Grant {
            from: from.to_string(),
            to: to.to_string(),
            fact: fact.to_string(),
        }),
        Waiting::Optional(facts) => {
            waits::Why::Optional(waits::Facts { facts: facts.iter().map(fact_to_log).collect() })
        }
        Waiting::Fact { fact: key, owner } => {
            waits::Why::Fact(waits::OwnedFact { fact: fact(key), owner: Some(owner_to_log(owner)) })
        }
    }
}

fn stands_to_log(reason: StandsReason) -> i32 {
    (match reason {
        StandsReason::Duty => stands::Reason::Duty,
        StandsReason::NoReversal => stands::Reason::NoReversal,
        StandsReason::Refused => stands::Reason::Refused,
        StandsReason::InDoubt => stands::Reason::InDoubt,
    }) as i32
}

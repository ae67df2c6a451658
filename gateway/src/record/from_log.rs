//! From the log to entries.

use casework::entry::{Entry, OtherCase, Recorded, SkipReason, StandsReason, Waiting};
use casework::plan::PlanHash;
use casework::time::Instant;
use proto::loket::log::v1 as log;
use proto::loket::log::v1::recorded::Entry as Kind;
use proto::loket::log::v1::{skipped, stands, waits};

use super::RecordFault;
use super::aside::Kept;
use super::names::*;
use super::told::*;
use super::values;

pub(super) fn recorded(recorded: log::Recorded, kept: &Kept) -> Result<Recorded, RecordFault> {
    let by = actor_from_log(recorded.by.as_ref())?;
    let entry = match required(recorded.entry, "it")? {
        Kind::Opened(it) => opened(it)?,
        Kind::Reported(it) => {
            Entry::Reported { receipt: it.receipt, request: it.request, received_at: Instant(it.received_at) }
        }
        Kind::PartyNamed(it) => Entry::PartyNamed {
            party: party_from_log(&required(it.party, "a party")?)?,
            person: it.person.as_ref().map(|person| values::text_from_log(person, kept)).transpose()?,
        },
        Kind::MemberAdded(it) => {
            Entry::MemberAdded { role: name(&it.role, "a role")?, member: name(&it.member, "a member")? }
        }
        Kind::PartClaimed(it) => claimed(&it, kept)?,
        Kind::ClaimUpheld(it) => Entry::ClaimUpheld { receipt: it.receipt, reason: it.reason },
        Kind::ClaimDismissed(it) => Entry::ClaimDismissed { receipt: it.receipt, reason: it.reason },
        Kind::MemberUnmatched(it) => unmatched(&it, kept)?,
        Kind::MemberMatched(it) => Entry::MemberMatched {
            role: name(&it.role, "a role")?,
            mention: mention(it.mention)?,
            member: optional(&it.member, "a member")?,
        },
        Kind::GroupClosed(it) => Entry::GroupClosed { role: name(&it.role, "a role")? },
        Kind::Learnt(it) => Entry::Learnt {
            key: fact_from_log(it.fact.as_ref())?,
            revision: it.revision,
            known: known_from_log(it.known.as_ref(), kept)?,
            source: source_from_log(it.source.as_ref())?,
        },
        Kind::Retracted(it) => {
            Entry::Retracted { key: fact_from_log(it.fact.as_ref())?, revision: it.revision }
        }
        Kind::Disputed(it) => Entry::Disputed {
            key: fact_from_log(it.fact.as_ref())?,
            revision: it.revision,
            proposed: it.proposed.as_ref().map(|value| values::from_log(value, kept)).transpose()?,
            reason: values::text_from_log(&required(it.reason, "a reason")?, kept)?,
        },
        Kind::DisputeSettled(it) => {
            Entry::DisputeSettled { key: fact_from_log(it.fact.as_ref())?, revision: it.revision }
        }
        Kind::WithdrawalAsked(it) => Entry::WithdrawalAsked { reason: it.reason },
        Kind::PlanMoved(it) => Entry::PlanMoved { to: PlanHash(it.to) },
        Kind::OutcomeSettled(it) => Entry::OutcomeSettled {
            outcome: name(&it.outcome, "an outcome")?,
            member: optional(&it.member, "a member")?,
            reached: it.reached,
        },
        Kind::Completed(_) => Entry::Completed,
        Kind::Withdrawn(_) => Entry::Withdrawn,
        Kind::NeedsPerson(it) => Entry::NeedsPerson { reason: it.reason },
        other => match about_sameness(&other) {
            Some(entry) => entry,
            None => about_a_step(other)?,
        },
    };
    Ok(Recorded { number: recorded.number, at: Instant(recorded.at), by, entry })
}

/// Entries about another case of perhaps the same happening.
fn about_sameness(kind: &Kind) -> Option<Entry> {
    let named = |reference: &String, case: &String| {
        let (reference, case) = (reference.clone(), case.clone());
        OtherCase { reference, case }
    };
    Some(match kind {
        Kind::PerhapsSame(it) => Entry::PerhapsSame { other: named(&it.other, &it.case) },
        Kind::ResembledBy(it) => Entry::ResembledBy { other: it.other.clone() },
        Kind::NotTheSame(it) => Entry::NotTheSame { reason: it.reason.clone() },
        Kind::FoundSame(it) => {
            Entry::FoundSame { other: named(&it.other, &it.case), reason: it.reason.clone() }
        }
        Kind::NotJoined(it) => Entry::NotJoined { reason: it.reason.clone() },
        Kind::Joined(it) => Entry::Joined { other: named(&it.other, &it.case) },
        Kind::TookUp(it) => Entry::TookUp { other: named(&it.other, &it.case), reason: it.reason.clone() },
        _ => return None,
    })
}

fn opened(it: log::Opened) -> Result<Entry, RecordFault> {
    let seed = it.seed.as_ref().try_into().map_err(|_| RecordFault("its seed has no 16 bytes".to_owned()))?;
    Ok(Entry::Opened {
        life_event: name(&it.life_event, "a life event")?,
        plan: PlanHash(it.plan),
        seed,
        reference: it.reference,
        registry: it.registry,
    })
}

fn mention(number: u32) -> Result<u16, RecordFault> {
    u16::try_from(number).map_err(|_| RecordFault("a mention has too high a number".to_owned()))
}

fn claimed(it: &log::PartClaimed, kept: &Kept) -> Result<Entry, RecordFault> {
    let said = |said: &log::part_claimed::Said| {
        Ok((fact_from_log(said.fact.as_ref())?, known_from_log(said.known.as_ref(), kept)?))
    };
    Ok(Entry::PartClaimed {
        receipt: it.receipt,
        party: party_from_log(&required(it.party.clone(), "a party")?)?,
        person: it.person.as_ref().map(|person| values::text_from_log(person, kept)).transpose()?,
        facts: it.facts.iter().map(said).collect::<Result<_, RecordFault>>()?,
    })
}

fn unmatched(it: &log::MemberUnmatched, kept: &Kept) -> Result<Entry, RecordFault> {
    let said = |said: &log::member_unmatched::Said| {
        Ok((name(&said.name, "a fact")?, known_from_log(said.known.as_ref(), kept)?))
    };
    Ok(Entry::MemberUnmatched {
        role: name(&it.role, "a role")?,
        mention: mention(it.mention)?,
        facts: it.facts.iter().map(said).collect::<Result<_, RecordFault>>()?,
        source: source_from_log(it.source.as_ref())?,
    })
}

fn about_a_step(kind: Kind) -> Result<Entry, RecordFault> {
    let step = |step: Option<log::Step>| step_from_log(step.as_ref());
    Ok(match kind {
        Kind::Skipped(it) => Entry::Skipped { step: step(it.step)?, reason: skipped_from_log(it.reason)? },
        Kind::Waits(it) => Entry::Waits {
            step: step(it.step)?,
            why: waiting_from_log(it.why)?,
            until: it.until.map(Instant),
        },
        Kind::Reopened(it) => Entry::Reopened { step: step(it.step)? },
        Kind::Offered(it) => Entry::Offered { step: step(it.step)? },
        Kind::OfferAnswered(it) => Entry::OfferAnswered { step: step(it.step)?, accepted: it.accepted },
        Kind::AgencyChosen(it) => {
            Entry::AgencyChosen { step: step(it.step)?, agency: name(&it.agency, "an agency")? }
        }
        Kind::TermSet(it) => Entry::TermSet {
            step: step(it.step)?,
            ends_at: Instant(it.ends_at),
            computed_with: it.computed_with,
        },
        Kind::Parked(it) => Entry::Parked {
            step: step(it.step)?,
            owner: owner_from_log(it.owner.as_ref())?,
            reason: it.reason,
        },
        Kind::Resumed(it) => Entry::Resumed { step: step(it.step)?, reason: it.reason },
        Kind::FoundNotDone(it) => Entry::FoundNotDone { step: step(it.step)?, reason: it.reason },
        Kind::Reversed(it) => {
            Entry::Reversed { step: step(it.step)?, kind: it.kind.map(reversal_from_log).transpose()? }
        }
        Kind::Stands(it) => Entry::Stands {
            step: step(it.step)?,
            reason: stands_from_log(it.reason)?,
            remedy: it.remedy.map(remedy_from_log),
        },
        other => about_a_call(other)?,
    })
}

fn about_a_call(kind: Kind) -> Result<Entry, RecordFault> {
    let step = |step: Option<log::Step>| step_from_log(step.as_ref());
    Ok(match kind {
        Kind::Called(it) => Entry::Called {
            step: step(it.step)?,
            call: call_from_log(it.call)?,
            attempt: it.attempt,
            agency: name(&it.agency, "an agency")?,
            key: it.key,
            discloses: disclosures_from_log(&it.discloses)?,
            purpose: it.purpose,
            legal_basis: it.legal_basis,
            contract: it.contract,
            registry: it.registry,
            until: Instant(it.until),
        },
        Kind::Done(it) => Entry::Done {
            step: step(it.step)?,
            decision: it.decision.map(decision_from_log).transpose()?,
            rests_on: it.rests_on.map(|all| disclosures_from_log(&all.disclosures)).transpose()?,
        },
        Kind::Refused(it) => Entry::Refused {
            step: step(it.step)?,
            decision: decision_from_log(required(it.decision, "a decision")?)?,
        },
        Kind::Pending(it) => {
            Entry::Pending { step: step(it.step)?, operation: it.operation, ask_at: Instant(it.ask_at) }
        }
        Kind::NotDone(it) => Entry::NotDone {
            step: step(it.step)?,
            call: call_from_log(it.call)?,
            reason: not_done_from_log(it.reason)?,
            retry_at: Instant(it.retry_at),
        },
        Kind::InDoubt(it) => Entry::InDoubt {
            step: step(it.step)?,
            call: call_from_log(it.call)?,
            reason: it.reason,
            ask_at: it.ask_at.map(Instant),
        },
        Kind::NotCompetent(it) => Entry::NotCompetent {
            step: step(it.step)?,
            agency: name(&it.agency, "an agency")?,
            forward_to: optional(&it.forward_to, "an agency")?,
        },
        _ => return Err(RecordFault::unknown("it")),
    })
}

fn skipped_from_log(reason: Option<skipped::Reason>) -> Result<SkipReason, RecordFault> {
    Ok(match required(reason, "a reason")? {
        skipped::Reason::Condition(it) => SkipReason::Condition {
            facts: it.facts.iter().map(|fact| name(fact, "a fact")).collect::<Result<_, _>>()?,
        },
        skipped::Reason::Missing(it) => SkipReason::Missing {
            fact: fact_from_log(it.fact.as_ref())?,
            giver: it.giver.map(|giver| step_from_log(Some(&giver))).transpose()?,
        },
        skipped::Reason::EmptyGroup(role) => SkipReason::EmptyGroup { role: name(&role, "a role")? },
        skipped::Reason::Given(by) => SkipReason::Given { by: step_from_log(Some(&by))? },
        skipped::Reason::Person(reason) => SkipReason::Person { reason },
        skipped::Reason::Simple(simple) => match skipped::Simple::try_from(simple) {
            Ok(skipped::Simple::Declined) => SkipReason::Declined,
            Ok(skipped::Simple::Lapsed) => SkipReason::Lapsed,
            Ok(skipped::Simple::Informed) => SkipReason::Informed,
            Ok(skipped::Simple::Withdrawn) => SkipReason::Withdrawn,
            _ => return Err(RecordFault::unknown("a reason")),
        },
    })
}

fn waiting_from_log(why: Option<waits::Why>) -> Result<Waiting, RecordFault> {
    let agency = |id: &String| name(id, "an agency");
    Ok(match required(why, "what it waits for")? {
        waits::Why::OfferAnswer(_) => Waiting::OfferAnswer,
        waits::Why::Agency(reason) => Waiting::Agency(not_done_from_log(reason)?),
        waits::Why::NoAgency(_) => Waiting::NoAgency,
        waits::Why::SeveralAgencies(it) => {
            Waiting::SeveralAgencies(it.agencies.iter().map(agency).collect::<Result<_, _>>()?)
        }
        waits::Why::Endpoint(id) => Waiting::Endpoint(agency(&id)?),
        waits::Why::Contract(id) => Waiting::Contract(agency(&id)?),
        waits::Why::Withdrawn(id) => Waiting::Withdrawn(agency(&id)?),
        waits::Why::Plan(_) => Waiting::Plan,
        waits::Why::Grant(it) => {
            Waiting::Grant { from: agency(&it.from)?, to: agency(&it.to)?, fact: name(&it.fact, "a fact")? }
        }
        waits::Why::Optional(it) => Waiting::Optional(
            it.facts.iter().map(|fact| fact_from_log(Some(fact))).collect::<Result<_, _>>()?,
        ),
        waits::Why::Fact(it) => Waiting::Fact {
            fact: fact_from_log(it.fact.as_ref())?,
            owner: owner_from_log(it.owner.as_ref())?,
        },
    })
}

fn stands_from_log(reason: i32) -> Result<StandsReason, RecordFault> {
    Ok(match stands::Reason::try_from(reason) {
        Ok(stands::Reason::Duty) => StandsReason::Duty,
        Ok(stands::Reason::NoReversal) => StandsReason::NoReversal,
        Ok(stands::Reason::Refused) => StandsReason::Refused,
        Ok(stands::Reason::InDoubt) => StandsReason::InDoubt,
        _ => return Err(RecordFault::unknown("a reason")),
    })
}

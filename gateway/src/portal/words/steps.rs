//! Steps: their state, and in a sentence why they are in it.

use casework::case::{Step, StepState};
use casework::entry::{Decision, DecisionResult, Owner, SkipReason, StandsReason, Waiting};
use casework::name::{AgencyId, StepId};
use casework::service::{Mode, ReversalKind};
use casework::view::{SeenStep, Status};
use proto::loket::portal::v1 as pb;

use super::decisions;
use super::viewer::{Viewer, Who};
use super::wording::{listed, timestamp};
use crate::portal::sentences::Sentence;

/// The step as it is told.
#[must_use]
pub fn step(viewer: &Viewer<'_>, seen: &SeenStep) -> pb::Step {
    let planned = viewer.rules.plan.step(&seen.step.service);
    let kept = viewer.case.steps.get(&seen.step).map(AsRef::as_ref);
    let decision = shown_decision(viewer, seen);
    let stands = match kept.map(|step| &step.state) {
        Some(StepState::Stands { remedy, .. }) => remedy.as_ref(),
        _ => None,
    };
    let of_service = planned.and_then(|planned| planned.service.remedy.as_ref());
    let remedy = stands.or_else(|| decision.and_then(|decision| decision.remedy.as_ref().or(of_service)));
    let agency = agency(seen, kept);
    pb::Step {
        service: seen.step.service.to_string(),
        member: seen.step.member.as_ref().map(ToString::to_string).unwrap_or_default(),
        title: viewer.wording.language.pick(&seen.titles).to_owned(),
        agency: agency.to_string(),
        agency_title: viewer.wording.agency(&agency),
        state: state(kept).into(),
        reason: reason(viewer, seen),
        since: kept.map(|_| timestamp(seen.since)),
        term_end: seen.term_ends.map(timestamp),
        decision: decision.map(decisions::decision),
        remedy: remedy.map(decisions::remedy),
        mode: planned.map(|planned| mode(planned.service.mode).to_owned()).unwrap_or_default(),
        legal_basis: planned.map(|planned| planned.service.legal_basis.clone()).unwrap_or_default(),
    }
}

fn shown_decision<'s>(viewer: &Viewer<'_>, seen: &'s SeenStep) -> Option<&'s Decision> {
    match viewer.who {
        Who::Party(_) => seen.decision.as_ref(),
        Who::Reporter | Who::Operator => None,
    }
}

/// The agency chosen; before, the kind of agency that the service's name begins with.
fn agency(seen: &SeenStep, kept: Option<&Step>) -> AgencyId {
    let chosen = seen.agency.clone().or_else(|| kept.and_then(|step| step.agency.clone()));
    chosen.unwrap_or_else(|| seen.step.service.agency())
}

/// How far the service goes, as the contract writes it.
#[must_use]
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Inform => "inform",
        Mode::Offer => "offer",
        Mode::Automatic => "automatic",
    }
}

/// The state on the wire. A step that nothing has happened to is not due.
#[must_use]
pub fn state(step: Option<&Step>) -> pb::step::State {
    use pb::step::State;
    let Some(step) = step else { return State::NotDue };
    match step.state {
        StepState::NotDue => State::NotDue,
        StepState::Waiting { .. } => State::Waiting,
        StepState::Calling(_) => State::Calling,
        StepState::Pending { .. } => State::Pending,
        StepState::Done => State::Done,
        StepState::Refused => State::Refused,
        StepState::Skipped(_) => State::Skipped,
        StepState::InDoubt { .. } => State::InDoubt,
        StepState::Parked { .. } => State::Parked,
        StepState::Reversing(_) => State::Reversing,
        StepState::Reversed(_) => State::Reversed,
        StepState::Stands { .. } => State::Stands,
    }
}

/// Whether nothing more is owed or awaited of the step.
#[must_use]
pub fn settled(state: pb::step::State) -> bool {
    use pb::step::State;
    matches!(state, State::Done | State::Refused | State::Skipped | State::Reversed | State::Stands)
}

/// Why the step is in its state.
fn reason(viewer: &Viewer<'_>, seen: &SeenStep) -> String {
    let wording = &viewer.wording;
    match &seen.status {
        Status::YouMustAnswer(keys) if !viewer.mine().is_empty() => {
            return wording.say(Sentence::YouMustAnswer, &[("questions", &wording.keys(keys))]);
        }
        Status::YouMayAccept if !viewer.mine().is_empty() => return wording.say(Sentence::YouMayAccept, &[]),
        Status::WaitingFor(owner @ Owner::Party(_)) if matches!(viewer.who, Who::Party(_)) => {
            return owned_by(viewer, owner);
        }
        Status::Later(steps) if !steps.is_empty() => {
            return wording.say(Sentence::After, &[("steps", &wording.services(steps))]);
        }
        _ => {}
    }
    let Some(kept) = viewer.case.steps.get(&seen.step).map(AsRef::as_ref) else {
        return not_begun(viewer, &seen.status);
    };
    let agency_id = agency(seen, Some(kept));
    let agency = wording.agency(&agency_id);
    let of_agency = [("agency", agency.as_str())];
    match &kept.state {
        StepState::NotDue => not_begun(viewer, &seen.status),
        StepState::Waiting { why, .. } => waiting(viewer, &seen.step, &agency_id, why),
        StepState::Calling(_) => wording.say(Sentence::BeingAsked, &of_agency),
        StepState::Pending { .. } => wording.say(Sentence::InProgress, &of_agency),
        StepState::Done => done(viewer, shown_decision(viewer, seen), &agency),
        StepState::Refused => refused(viewer, shown_decision(viewer, seen), &agency),
        StepState::Skipped(why) => skipped(viewer, &seen.step, why),
        StepState::InDoubt { .. } => wording.say(Sentence::InDoubt, &of_agency),
        StepState::Parked { owner, reason } => match viewer.who {
            Who::Party(_) | Who::Reporter => owned_by(viewer, owner),
            Who::Operator => format!("{} {reason}", owned_by(viewer, owner)),
        },
        StepState::Reversing(_) => wording.say(Sentence::BeingUndone, &[]),
        StepState::Reversed(kind) => wording.say(undone(*kind), &[]),
        StepState::Stands { reason, .. } => wording.say(stands(*reason), &of_agency),
    }
}

/// Why a step has not begun.
fn not_begun(viewer: &Viewer<'_>, status: &Status) -> String {
    let wording = &viewer.wording;
    match status {
        Status::WaitingFor(owner) => owned_by(viewer, owner),
        Status::YouMustAnswer(keys) => {
            let seen: Vec<_> = keys.iter().filter(|key| viewer.may_see(key)).collect();
            wording.say(Sentence::WaitsForFact, &[("fact", &wording.keys(seen))])
        }
        Status::NotApplicable => wording.say(Sentence::NotBegun, &[]),
        _ => wording.say(Sentence::Later, &[]),
    }
}

/// What it waits for. Facts that the viewer may not see are left out.
pub(super) fn waiting(viewer: &Viewer<'_>, step: &StepId, agency: &AgencyId, why: &Waiting) -> String {
    use casework::entry::NotDoneReason::{
        BreakerOpen, NeverSeen, NoEndpoint, Overloaded, StaleFact, Unavailable,
    };
    let wording = &viewer.wording;
    let of =
        |sentence: Sentence, agency: &AgencyId| wording.say(sentence, &[("agency", &wording.agency(agency))]);
    match why {
        Waiting::OfferAnswer => wording.say(Sentence::WaitsForParty, &[("party", &offered_to(viewer, step))]),
        Waiting::Agency(Unavailable | BreakerOpen | NeverSeen) => of(Sentence::Unavailable, agency),
        Waiting::Agency(Overloaded) => of(Sentence::Overloaded, agency),
        Waiting::Agency(NoEndpoint) => of(Sentence::NotConnected, agency),
        Waiting::Agency(StaleFact) => of(Sentence::OutOfDate, agency),
        Waiting::NoAgency => wording.say(Sentence::NoAgency, &[]),
        Waiting::SeveralAgencies(agencies) => {
            let agencies = listed(agencies.iter().map(|agency| wording.agency(agency)));
            wording.say(Sentence::SeveralAgencies, &[("agencies", &agencies)])
        }
        Waiting::Endpoint(agency) => of(Sentence::NotConnected, agency),
        Waiting::Contract(agency) => of(Sentence::ContractChanged, agency),
        Waiting::Withdrawn(agency) => of(Sentence::ServiceWithdrawn, agency),
        Waiting::Plan => wording.say(Sentence::PlanRevoked, &[]),
        Waiting::Grant { from, to, fact } => wording.say(
            Sentence::NoGrant,
            &[("from", &wording.agency(from)), ("to", &wording.agency(to)), ("fact", &wording.fact(fact))],
        ),
        Waiting::Optional(keys) => {
            let seen: Vec<_> = keys.iter().filter(|key| viewer.may_see(key)).collect();
            if seen.is_empty() {
                return wording.say(Sentence::Later, &[]);
            }
            wording.say(Sentence::WaitsForOptional, &[("facts", &wording.keys(seen))])
        }
        Waiting::Fact { fact, owner } if !viewer.may_see(fact) => owned_by(viewer, owner),
        Waiting::Fact { fact, owner } => {
            let waits = wording.say(Sentence::WaitsForFact, &[("fact", &wording.fact(&fact.name))]);
            format!("{waits} {}", owned_by(viewer, owner))
        }
    }
}

/// Who answers an offer: the party that the step's member is, or whoever reported.
fn offered_to(viewer: &Viewer<'_>, step: &StepId) -> String {
    let per = viewer.rules.plan.step(&step.service).and_then(|planned| planned.per.as_ref());
    match per {
        Some(role) => viewer.wording.member(role, step.member.as_ref()),
        None => viewer.wording.say(Sentence::AnotherParty, &[]),
    }
}

/// Who has to act, in a sentence.
pub(super) fn owned_by(viewer: &Viewer<'_>, owner: &Owner) -> String {
    let wording = &viewer.wording;
    match owner {
        Owner::Agency(agency) => {
            wording.say(Sentence::WaitsForOfficer, &[("agency", &wording.agency(agency))])
        }
        Owner::Operators => wording.say(Sentence::WaitsForOperators, &[]),
        Owner::Party(party) if viewer.is_me(party) => wording.say(Sentence::YouMustAct, &[]),
        Owner::Party(party) => {
            let party = wording.member(&party.role, party.member.as_ref());
            wording.say(Sentence::WaitsForParty, &[("party", &party)])
        }
    }
}

/// That it is done, and what was decided.
fn done(viewer: &Viewer<'_>, decision: Option<&Decision>, agency: &str) -> String {
    let sentence = match decision.map(|decision| decision.result) {
        Some(DecisionResult::Granted) => Sentence::Granted,
        Some(DecisionResult::PartlyGranted) => Sentence::PartlyGranted,
        Some(DecisionResult::NotApplicable) => Sentence::LawDoesNotApply,
        Some(DecisionResult::Refused) => Sentence::Refused,
        None => Sentence::Done,
    };
    viewer.wording.say(sentence, &[("agency", agency)])
}

/// That it was refused, and why where that may be seen.
fn refused(viewer: &Viewer<'_>, decision: Option<&Decision>, agency: &str) -> String {
    let reasons = decision.map(|decision| {
        let texts =
            decision.reasons.iter().map(|reason| viewer.wording.language.pick(&reason.texts).to_owned());
        listed(texts.filter(|text| !text.is_empty()))
    });
    match reasons.filter(|reasons| !reasons.is_empty()) {
        Some(reasons) => {
            viewer.wording.say(Sentence::RefusedBecause, &[("agency", agency), ("reasons", &reasons)])
        }
        None => viewer.wording.say(Sentence::Refused, &[("agency", agency)]),
    }
}

/// Why it does not run. Names of facts that the viewer may not see are left out.
pub(super) fn skipped(viewer: &Viewer<'_>, step: &StepId, why: &SkipReason) -> String {
    let wording = &viewer.wording;
    match why {
        SkipReason::Condition { facts } => {
            let seen = viewer.names(facts, step.member.as_ref());
            if seen.is_empty() {
                return wording.say(Sentence::DoesNotApply, &[]);
            }
            wording.say(Sentence::DoesNotApplyBecause, &[("facts", &wording.facts(seen))])
        }
        SkipReason::Missing { fact, .. } if viewer.may_see(fact) => {
            wording.say(Sentence::Lacks, &[("fact", &wording.fact(&fact.name))])
        }
        SkipReason::Missing { .. } => wording.say(Sentence::DoesNotApply, &[]),
        SkipReason::EmptyGroup { role } => wording.say(Sentence::NobodyOf, &[("role", &wording.role(role))]),
        SkipReason::Given { by } => {
            wording.say(Sentence::GivenAlready, &[("service", &wording.service(&by.service))])
        }
        SkipReason::Declined => wording.say(Sentence::Declined, &[]),
        SkipReason::Lapsed => wording.say(Sentence::Lapsed, &[]),
        SkipReason::Informed => wording.say(Sentence::Informed, &[]),
        SkipReason::Withdrawn => wording.say(Sentence::NotBegun, &[]),
        SkipReason::Person { reason } => wording.say(Sentence::PersonDecided, &[("reason", reason)]),
    }
}

/// That it was undone, and how.
pub(super) fn undone(kind: Option<ReversalKind>) -> Sentence {
    match kind {
        None => Sentence::Undone,
        Some(ReversalKind::Withdrawal) => Sentence::Withdrawn,
        Some(ReversalKind::Correction) => Sentence::Corrected,
        Some(ReversalKind::Revocation) => Sentence::Revoked,
    }
}

/// That it stands, and why.
pub(super) fn stands(reason: StandsReason) -> Sentence {
    match reason {
        StandsReason::Duty => Sentence::StandsDuty,
        StandsReason::NoReversal => Sentence::StandsNoReversal,
        StandsReason::Refused => Sentence::StandsRefused,
        StandsReason::InDoubt => Sentence::StandsInDoubt,
    }
}

/// Who is waited for at this step: the agency's id, `you`, `another party` or `operators`. None: nobody.
#[must_use]
pub fn waited_for(viewer: &Viewer<'_>, seen: &SeenStep) -> Option<String> {
    match &seen.status {
        Status::WaitingFor(owner) => Some(owner_of_wait(viewer, owner)),
        Status::YouMustAnswer(_) | Status::YouMayAccept if viewer.mine().is_empty() => {
            Some("another party".to_owned())
        }
        Status::YouMustAnswer(_) | Status::YouMayAccept => Some("you".to_owned()),
        Status::InProgress(agency) => Some(agency.to_string()),
        Status::BeingUndone => {
            Some(agency(seen, viewer.case.steps.get(&seen.step).map(AsRef::as_ref)).to_string())
        }
        Status::Later(_)
        | Status::Done
        | Status::Refused
        | Status::NotApplicable
        | Status::Undone
        | Status::Stands(..) => None,
    }
}

/// Who must act, as `waiting_for` names them: the agency's id, `you`, `another party` or `operators`.
#[must_use]
pub fn owner_of_wait(viewer: &Viewer<'_>, owner: &Owner) -> String {
    match owner {
        Owner::Agency(agency) => agency.to_string(),
        Owner::Operators => "operators".to_owned(),
        Owner::Party(party) if viewer.is_me(party) => "you".to_owned(),
        Owner::Party(_) => "another party".to_owned(),
    }
}

/// Who is waited for, as people call them.
#[must_use]
pub fn waited_for_in_words(viewer: &Viewer<'_>, who: &str) -> String {
    let wording = &viewer.wording;
    match who {
        "you" => wording.say(Sentence::You, &[]),
        "another party" => wording.say(Sentence::AnotherParty, &[]),
        "operators" => wording.say(Sentence::TheOperators, &[]),
        agency => agency.parse().map_or_else(|_| agency.to_owned(), |id| wording.agency(&id)),
    }
}

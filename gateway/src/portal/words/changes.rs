//! What happened in a case, entry by entry, as somebody may be told.

use casework::entry::{Actor, Disclosure, Entry, Recorded};
use casework::name::{FactKey, FactName};
use proto::loket::portal::v1 as pb;

use super::viewer::{Viewer, Who};
use super::{cases, steps, timestamp};
use crate::portal::sentences::Sentence;

/// The entry as it is told; none where the viewer may not be told of it.
#[must_use]
pub fn change(viewer: &Viewer<'_>, recorded: &Recorded) -> Option<pb::Change> {
    let text = match viewer.who {
        Who::Reporter => reporters_text(viewer, recorded)?,
        Who::Party(_) | Who::Operator => text(viewer, recorded)?,
    };
    let step = recorded.entry.step();
    Some(pb::Change {
        sequence: i64::try_from(recorded.number).unwrap_or(i64::MAX),
        time: Some(timestamp(recorded.at)),
        kind: kind(&recorded.entry).to_owned(),
        service: step.map(|step| step.service.to_string()).unwrap_or_default(),
        member: step.and_then(|step| step.member.as_ref()).map(ToString::to_string).unwrap_or_default(),
        text,
    })
}

/// The entry as an operator is told: every one has a line, if only its kind.
#[must_use]
pub fn line(viewer: &Viewer<'_>, recorded: &Recorded) -> pb::Change {
    change(viewer, recorded).unwrap_or_else(|| pb::Change {
        sequence: i64::try_from(recorded.number).unwrap_or(i64::MAX),
        time: Some(timestamp(recorded.at)),
        kind: kind(&recorded.entry).to_owned(),
        ..pb::Change::default()
    })
}

/// The kind of entry, as the log calls it.
#[must_use]
pub fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::Opened { .. } => "opened",
        Entry::Reported { .. } => "reported",
        Entry::PartyNamed { .. } => "party_named",
        Entry::PartClaimed { .. } => "part_claimed",
        Entry::ClaimUpheld { .. } => "claim_upheld",
        Entry::ClaimDismissed { .. } => "claim_dismissed",
        Entry::MemberAdded { .. } => "member_added",
        Entry::MemberUnmatched { .. } => "member_unmatched",
        Entry::MemberMatched { .. } => "member_matched",
        Entry::GroupClosed { .. } => "group_closed",
        Entry::Learnt { .. } => "learnt",
        Entry::Retracted { .. } => "retracted",
        Entry::Disputed { .. } => "disputed",
        Entry::DisputeSettled { .. } => "dispute_settled",
        Entry::Skipped { .. } => "skipped",
        Entry::Waits { .. } => "waits",
        Entry::Reopened { .. } => "reopened",
        Entry::Offered { .. } => "offered",
        Entry::OfferAnswered { .. } => "offer_answered",
        Entry::AgencyChosen { .. } => "agency_chosen",
        Entry::NotCompetent { .. } => "not_competent",
        Entry::TermSet { .. } => "term_set",
        Entry::Called { .. } => "called",
        Entry::Done { .. } => "done",
        Entry::Refused { .. } => "refused",
        Entry::Pending { .. } => "pending",
        Entry::NotDone { .. } => "not_done",
        Entry::InDoubt { .. } => "in_doubt",
        Entry::Parked { .. } => "parked",
        Entry::Resumed { .. } => "resumed",
        Entry::FoundNotDone { .. } => "found_not_done",
        Entry::WithdrawalAsked { .. } => "withdrawal_asked",
        Entry::Reversed { .. } => "reversed",
        Entry::Stands { .. } => "stands",
        Entry::PlanMoved { .. } => "plan_moved",
        Entry::PerhapsSame { .. } => "perhaps_same",
        Entry::ResembledBy { .. } => "resembled_by",
        Entry::NotTheSame { .. } => "not_the_same",
        Entry::FoundSame { .. } => "found_same",
        Entry::NotJoined { .. } => "not_joined",
        Entry::Joined { .. } => "joined",
        Entry::TookUp { .. } => "took_up",
        Entry::OutcomeSettled { .. } => "outcome_settled",
        Entry::Completed => "completed",
        Entry::Withdrawn => "withdrawn",
        Entry::NeedsPerson { .. } => "needs_person",
    }
}

fn text(viewer: &Viewer<'_>, recorded: &Recorded) -> Option<String> {
    let of_case = case_text(viewer, recorded).or_else(|| sameness_text(viewer, &recorded.entry));
    of_case.or_else(|| fact_text(viewer, &recorded.entry)).or_else(|| step_text(viewer, &recorded.entry))
}

/// What somebody is told who reported and plays no part.
fn reporters_text(viewer: &Viewer<'_>, recorded: &Recorded) -> Option<String> {
    match &recorded.entry {
        Entry::Reported { receipt, .. } if viewer.receipts.contains(receipt) => {
            Some(viewer.wording.say(Sentence::ChangeReported, &[]))
        }
        // Where their report is now.
        Entry::Joined { .. } => sameness_text(viewer, &recorded.entry),
        _ => None,
    }
}

/// What happened to the case as a whole, its parties and groups.
fn case_text(viewer: &Viewer<'_>, recorded: &Recorded) -> Option<String> {
    let wording = &viewer.wording;
    let say = |sentence: Sentence| Some(wording.say(sentence, &[]));
    match &recorded.entry {
        Entry::Opened { .. } => say(Sentence::ChangeOpened),
        Entry::Reported { receipt, .. }
            if by_viewer(viewer, &recorded.by) || viewer.receipts.contains(receipt) =>
        {
            say(Sentence::ChangeReported)
        }
        Entry::Reported { .. } => say(Sentence::ChangeReportedByOther),
        Entry::PartClaimed { party, .. } => {
            let role = wording.member(&party.role, party.member.as_ref());
            Some(wording.say(Sentence::ChangePartClaimed, &[("role", &role)]))
        }
        Entry::ClaimUpheld { .. } => say(Sentence::ChangeClaimUpheld),
        Entry::ClaimDismissed { .. } if matches!(viewer.who, Who::Operator) => {
            say(Sentence::ChangeClaimDismissed)
        }
        Entry::MemberAdded { role, member } if told_of_members(viewer, &recorded.by) => {
            Some(wording.say(Sentence::ChangeMember, &[("role", &wording.member(role, Some(member)))]))
        }
        Entry::MemberUnmatched { role, .. } if told_of_members(viewer, &recorded.by) => {
            Some(wording.say(Sentence::ChangeMemberUnmatched, &[("role", &wording.role(role))]))
        }
        Entry::MemberMatched { role, .. } if matches!(viewer.who, Who::Operator) => {
            Some(wording.say(Sentence::ChangeMemberMatched, &[("role", &wording.role(role))]))
        }
        Entry::GroupClosed { role } if told_of_members(viewer, &recorded.by) => {
            Some(wording.say(Sentence::ChangeGroupClosed, &[("role", &wording.role(role))]))
        }
        Entry::WithdrawalAsked { .. } => say(Sentence::ChangeWithdrawalAsked),
        Entry::PlanMoved { .. } => say(Sentence::ChangePlanMoved),
        Entry::OutcomeSettled { outcome, reached, .. } => {
            let of = viewer.rules.plan.life_event.outcomes.iter().find(|known| known.id == *outcome);
            let title =
                of.map_or_else(|| outcome.to_string(), |of| wording.language.pick(&of.titles).to_owned());
            let sentence = if *reached { Sentence::ChangeReached } else { Sentence::ChangeNotReached };
            Some(wording.say(sentence, &[("outcome", &title)]))
        }
        Entry::Completed => say(Sentence::CaseCompleted),
        Entry::Withdrawn => say(Sentence::CaseWithdrawn),
        Entry::NeedsPerson { reason } => Some(match viewer.who {
            Who::Operator => format!("{} {reason}", wording.say(Sentence::CaseNeedsPerson, &[])),
            Who::Party(_) | Who::Reporter => wording.say(Sentence::CaseNeedsPerson, &[]),
        }),
        _ => None,
    }
}

/// What was found of another case of perhaps the same happening. In the case that goes on, others' reports are told as
/// such; that there was a case of them is the counter's matter.
fn sameness_text(viewer: &Viewer<'_>, entry: &Entry) -> Option<String> {
    let say = |sentence: Sentence, other: &str| Some(viewer.wording.say(sentence, &[("other", other)]));
    let operator = matches!(viewer.who, Who::Operator);
    match entry {
        Entry::PerhapsSame { .. } => say(Sentence::ChangePerhapsSame, ""),
        Entry::NotTheSame { .. } => say(Sentence::ChangeNotTheSame, ""),
        Entry::FoundSame { other, .. } => say(Sentence::ChangeFoundSame, &other.reference),
        Entry::NotJoined { reason } if operator => {
            Some(viewer.wording.say(Sentence::ChangeNotJoined, &[("reason", reason)]))
        }
        Entry::Joined { other } => say(Sentence::CaseJoined, &other.reference),
        Entry::ResembledBy { other } if operator => say(Sentence::ChangeResembledBy, other),
        Entry::TookUp { other, .. } if operator => say(Sentence::ChangeTookUp, &other.reference),
        _ => None,
    }
}

/// Whether the viewer caused the entry.
fn by_viewer(viewer: &Viewer<'_>, by: &Actor) -> bool {
    match by {
        Actor::Party { party: Some(party), .. } => viewer.is_me(party),
        _ => false,
    }
}

/// Who is in a group is told to those who said so, and to operators.
fn told_of_members(viewer: &Viewer<'_>, by: &Actor) -> bool {
    matches!(viewer.who, Who::Operator) || by_viewer(viewer, by)
}

/// What happened to a fact: for those alone who may see it.
fn fact_text(viewer: &Viewer<'_>, entry: &Entry) -> Option<String> {
    let wording = &viewer.wording;
    let (key, sentence) = match entry {
        Entry::Learnt { key, .. } => (key, Sentence::ChangeLearnt),
        Entry::Retracted { key, .. } => (key, Sentence::ChangeRetracted),
        Entry::Disputed { key, .. } => (key, Sentence::ChangeDisputed),
        Entry::DisputeSettled { key, .. } => (key, Sentence::ChangeDisputeSettled),
        _ => return None,
    };
    if !viewer.may_see(key) {
        return None;
    }
    let source = match entry {
        Entry::Learnt { source, .. } => steps::waited_for_in_words(viewer, &cases::source(viewer, source)),
        _ => String::new(),
    };
    Some(wording.say(sentence, &[("fact", &wording.fact(&key.name)), ("source", &source)]))
}

/// What happened to a step. Everybody in the case may know that; what was decided stands in the step itself.
fn step_text(viewer: &Viewer<'_>, entry: &Entry) -> Option<String> {
    let wording = &viewer.wording;
    let step = entry.step()?;
    let chosen = viewer.case.steps.get(step).and_then(|kept| kept.agency.clone());
    let agency_id = chosen.unwrap_or_else(|| step.service.agency());
    let agency = wording.agency(&agency_id);
    let say = |sentence: Sentence| Some(wording.say(sentence, &[("agency", &agency)]));
    match entry {
        Entry::Skipped { reason, .. } => Some(steps::skipped(viewer, step, reason)),
        Entry::Waits { why, .. } => Some(steps::waiting(viewer, step, &agency_id, why)),
        Entry::Reopened { .. } => say(Sentence::ChangeReopened),
        Entry::Offered { .. } => say(Sentence::YouMayAccept),
        Entry::OfferAnswered { accepted: true, .. } => say(Sentence::ChangeAccepted),
        Entry::OfferAnswered { accepted: false, .. } => say(Sentence::Declined),
        Entry::AgencyChosen { .. } => say(Sentence::ChangeAgencyChosen),
        Entry::NotCompetent { agency, .. } => {
            Some(wording.say(Sentence::ChangeNotCompetent, &[("agency", &wording.agency(agency))]))
        }
        Entry::TermSet { ends_at, .. } => {
            // The term is over when its last day is: the instant at which the next one begins.
            Some(wording.say(Sentence::ChangeTerm, &[("date", &wording.date(ends_at.plus(-1)))]))
        }
        Entry::Called { agency, discloses, .. } => Some(called(viewer, &wording.agency(agency), discloses)),
        Entry::Done { .. } => say(Sentence::Done),
        Entry::Refused { .. } => say(Sentence::Refused),
        Entry::Pending { .. } => say(Sentence::InProgress),
        Entry::NotDone { reason, .. } => {
            let why = casework::entry::Waiting::Agency(reason.clone());
            Some(steps::waiting(viewer, step, &agency_id, &why))
        }
        Entry::InDoubt { .. } => say(Sentence::InDoubt),
        Entry::Parked { owner, .. } => Some(steps::owned_by(viewer, owner)),
        Entry::Resumed { .. } => say(Sentence::ChangeResumed),
        Entry::FoundNotDone { .. } => say(Sentence::ChangeFoundNotDone),
        Entry::Reversed { kind, .. } => say(steps::undone(*kind)),
        Entry::Stands { reason, .. } => say(steps::stands(*reason)),
        _ => None,
    }
}

fn called(viewer: &Viewer<'_>, agency: &str, discloses: &[Disclosure]) -> String {
    let wording = &viewer.wording;
    let keys: Vec<&FactKey> =
        discloses.iter().map(|disclosed| &disclosed.key).filter(|key| viewer.may_see(key)).collect();
    let names: Vec<&FactName> = keys.iter().map(|key| &key.name).collect();
    if names.is_empty() {
        return wording.say(Sentence::ChangeCalledPlain, &[("agency", agency)]);
    }
    wording.say(Sentence::ChangeCalled, &[("agency", agency), ("facts", &wording.facts(names))])
}

//! A case as one of its parties, or an operator, sees it.

use std::collections::BTreeMap;

use casestore::Durability;
use casework::case::{Case, CaseState};
use casework::decide;
use casework::entry::{Actor, Recorded, Source};
use casework::name::{FactKey, PartyId, StepId};
use casework::questions;
use casework::view::{self, Beside, BesideWait, SeenFact, SeenStep, Status, View, view};
use proto::loket::portal::v1 as pb;

use super::viewer::{Viewer, Who};
use super::{questions as asked, steps, summary, timestamp, values};
use crate::cases::CaseFile;
use crate::portal::names;
use crate::portal::sentences::Sentence;

/// A party's view with everything of all parts that they play.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The facts that they may see.
    pub facts: Vec<SeenFact>,
    /// Every step.
    pub steps: Vec<SeenStep>,
    /// Which of their facts left, and whither.
    pub disclosures: Vec<view::SeenDisclosure>,
}

/// What the viewer sees of the case. Disclosures follow from the log; without it there are none.
#[must_use]
pub fn sight(viewer: &Viewer<'_>, log: &[Recorded]) -> Sight {
    let look = |party: &PartyId| view(&viewer.rules, viewer.case, log, party);
    let views: Vec<View> = viewer.parts().iter().map(look).collect();
    let mut facts: BTreeMap<FactKey, SeenFact> = BTreeMap::new();
    let mut steps: Vec<SeenStep> = Vec::new();
    let mut disclosures = Vec::new();
    for view in views {
        facts.extend(view.facts.into_iter().map(|fact| (fact.key.clone(), fact)));
        disclosures.extend(view.disclosures);
        join(&mut steps, view.steps);
    }
    if viewer.mine().is_empty() {
        facts.clear();
        disclosures.clear();
    }
    Sight { facts: facts.into_values().collect(), steps, disclosures }
}

/// Every step as the viewer sees it.
fn steps_seen(viewer: &Viewer<'_>) -> Vec<SeenStep> {
    let mut steps: Vec<SeenStep> = Vec::new();
    for party in viewer.parts() {
        join(&mut steps, view::steps(&viewer.rules, viewer.case, &party));
    }
    steps
}

/// Joins the steps of another part's view: what either shows is shown.
fn join(steps: &mut Vec<SeenStep>, more: Vec<SeenStep>) {
    let at: BTreeMap<StepId, usize> =
        steps.iter().enumerate().map(|(index, seen)| (seen.step.clone(), index)).collect();
    for seen in more {
        let Some(known) = at.get(&seen.step).and_then(|index| steps.get_mut(*index)) else {
            steps.push(seen);
            continue;
        };
        known.decision = known.decision.take().or(seen.decision);
        if matches!(seen.status, Status::YouMustAnswer(_) | Status::YouMayAccept) {
            known.status = seen.status;
        }
    }
}

/// What of a case is told besides its state and steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Everything that the viewer may see.
    Full,
    /// No facts.
    WithoutFacts,
    /// Neither facts nor steps: a line of a list.
    Line,
}

/// The case on the wire, and the facts whose values are in it.
#[must_use]
pub fn case(
    viewer: &Viewer<'_>,
    file: &CaseFile,
    durability: Durability,
    detail: Detail,
) -> (pb::Case, Vec<FactKey>) {
    let case = viewer.case;
    if matches!(viewer.who, Who::Reporter) {
        return (reported(viewer, file, durability), Vec::new());
    }
    let (seen_steps, seen_facts) = match detail {
        Detail::Full => {
            let sight = sight(viewer, &[]);
            (sight.steps, sight.facts)
        }
        Detail::WithoutFacts | Detail::Line => (steps_seen(viewer), Vec::new()),
    };
    let steps: Vec<pb::Step> = seen_steps.iter().map(|seen| steps::step(viewer, seen)).collect();
    let questions = open_questions(viewer);
    let waiting_for = waiting_for(viewer, &seen_steps, &steps);
    let facts = if detail == Detail::Full { facts(viewer, &seen_facts) } else { Vec::new() };
    let shown = match viewer.who {
        Who::Party(_) => seen_facts.iter().map(|fact| fact.key.clone()).collect(),
        Who::Operator | Who::Reporter => Vec::new(),
    };
    let told = pb::Case {
        name: names::of_case(file.id),
        reference: case.reference.clone(),
        life_event: names::of_life_event(&case.life_event),
        title: viewer.wording.language.pick(&viewer.rules.plan.life_event.titles).to_owned(),
        state: state(case.state).into(),
        summary: summary::of(viewer, &steps, &questions, &waiting_for),
        sequence: i64::try_from(case.entries).unwrap_or(i64::MAX),
        create_time: Some(timestamp(case.opened_at)),
        update_time: Some(timestamp(case.changed_at)),
        receipts: receipts(viewer, durability),
        plan: case.plan.0.clone(),
        withdrawable: withdrawable(viewer),
        steps: if detail == Detail::Line { Vec::new() } else { steps },
        questions: if detail == Detail::Line { Vec::new() } else { questions },
        facts,
        outcomes: if detail == Detail::Line { Vec::new() } else { outcomes(viewer) },
        waiting_for,
        joined_to: joined_to(case),
    };
    (told, shown)
}

/// The case of which the viewer knows no more than that their report is in it.
fn reported(viewer: &Viewer<'_>, file: &CaseFile, durability: Durability) -> pb::Case {
    let case = viewer.case;
    pb::Case {
        name: names::of_case(file.id),
        reference: case.reference.clone(),
        life_event: names::of_life_event(&case.life_event),
        title: viewer.wording.language.pick(&viewer.rules.plan.life_event.titles).to_owned(),
        state: state(case.state).into(),
        summary: reported_in_words(viewer),
        sequence: i64::try_from(case.entries).unwrap_or(i64::MAX),
        receipts: receipts(viewer, durability),
        joined_to: joined_to(case),
        ..pb::Case::default()
    }
}

/// Where a report is of somebody who sees nothing else of the case.
fn reported_in_words(viewer: &Viewer<'_>) -> String {
    match &viewer.case.joined_to {
        Some(other) => viewer.wording.say(Sentence::CaseJoined, &[("other", &other.reference)]),
        None => viewer.wording.say(Sentence::CaseReported, &[]),
    }
}

/// The name of the case that goes on with what was reported in this one.
fn joined_to(case: &Case) -> String {
    let id = case.joined_to.as_ref().and_then(|other| other.case.parse().ok());
    id.map(names::of_case).unwrap_or_default()
}

/// The state on the wire.
#[must_use]
pub fn state(state: CaseState) -> pb::case::State {
    match state {
        CaseState::Open => pb::case::State::Open,
        CaseState::Withdrawing => pb::case::State::Withdrawing,
        CaseState::Completed => pb::case::State::Completed,
        CaseState::Withdrawn => pb::case::State::Withdrawn,
        CaseState::NeedsPerson => pb::case::State::NeedsPerson,
    }
}

/// How durable an accept is, as a receipt writes it.
#[must_use]
pub fn durability(durability: Durability) -> &'static str {
    match durability {
        Durability::Memory => "memory",
        Durability::Process => "process",
        Durability::LocalFsync => "local-fsync",
    }
}

fn receipts(viewer: &Viewer<'_>, durable: Durability) -> Vec<pb::Receipt> {
    let theirs = |by: &Actor| match (viewer.who, by) {
        (Who::Operator, _) => true,
        (Who::Party(mine), Actor::Party { party: Some(party), .. }) => mine.contains(party),
        (Who::Party(_) | Who::Reporter, _) => false,
    };
    let claimed = |number: &u32| viewer.receipts.contains(number);
    let told = viewer.case.receipts.iter().filter(|receipt| theirs(&receipt.by) || claimed(&receipt.number));
    told.map(|receipt| self::receipt(receipt, durable)).collect()
}

/// A receipt on the wire.
#[must_use]
pub fn receipt(receipt: &casework::case::Receipt, durable: Durability) -> pb::Receipt {
    pb::Receipt {
        number: i32::try_from(receipt.number).unwrap_or(i32::MAX),
        receive_time: Some(timestamp(receipt.received_at)),
        durability: durability(durable).to_owned(),
    }
}

/// What is asked now, of the viewer.
fn open_questions(viewer: &Viewer<'_>) -> Vec<pb::Question> {
    let Who::Party(mine) = viewer.who else { return Vec::new() };
    let reported = viewer.case.receipts.iter().any(
        |receipt| matches!(&receipt.by, Actor::Party { party: Some(party), .. } if mine.contains(party)),
    );
    questions::questions(&viewer.rules, viewer.case)
        .iter()
        .filter(|question| {
            let of_reporter = question.of.is_empty() && reported;
            of_reporter || question.of.iter().any(|party| mine.contains(party))
        })
        .map(|question| asked::open(question, &viewer.wording))
        .collect()
}

/// The facts on the wire: for a party with their values, for an operator their names alone.
fn facts(viewer: &Viewer<'_>, seen: &[SeenFact]) -> Vec<pb::CaseFact> {
    match viewer.who {
        Who::Reporter => Vec::new(),
        Who::Party(_) => seen
            .iter()
            .map(|fact| pb::CaseFact {
                value: Some(values::known(&fact.known)),
                value_title: viewer.wording.value(fact.concept.as_ref(), &fact.known),
                disputed: fact.disputed,
                ..fact_line(viewer, &fact.key, &fact.source, fact.at, fact.revision)
            })
            .collect(),
        Who::Operator => viewer
            .case
            .facts
            .iter()
            .filter_map(|(key, fact)| {
                let last = fact.revisions.last().filter(|revision| !revision.retracted)?;
                let line = fact_line(viewer, key, &last.source, last.at, last.number);
                Some(pb::CaseFact { disputed: fact.dispute.is_some(), ..line })
            })
            .collect(),
    }
}

fn fact_line(
    viewer: &Viewer<'_>,
    key: &FactKey,
    source: &Source,
    at: casework::time::Instant,
    revision: u32,
) -> pb::CaseFact {
    pb::CaseFact {
        fact: key.name.to_string(),
        title: viewer.wording.fact(&key.name),
        member: key.member.as_ref().map(ToString::to_string).unwrap_or_default(),
        source: self::source(viewer, source),
        learn_time: Some(timestamp(at)),
        revision: i32::try_from(revision).unwrap_or(i32::MAX),
        ..pb::CaseFact::default()
    }
}

/// Where a fact comes from: `you`, `another party`, or the agency.
pub(super) fn source(viewer: &Viewer<'_>, source: &Source) -> String {
    match source {
        Source::Party { party: Some(party) } if viewer.is_me(party) => "you".to_owned(),
        Source::Party { .. } => "another party".to_owned(),
        Source::Step { agency, .. } | Source::Agency(agency) => agency.to_string(),
    }
}

fn outcomes(viewer: &Viewer<'_>) -> Vec<pb::Outcome> {
    let mut told = Vec::new();
    for outcome in &viewer.rules.plan.life_event.outcomes {
        let group = outcome.per.as_ref().and_then(|role| viewer.case.groups.get(role));
        let members: Vec<_> = match (&outcome.per, group) {
            (None, _) => vec![None],
            (Some(_), Some(group)) => group.members.iter().cloned().map(Some).collect(),
            (Some(_), None) => Vec::new(),
        };
        told.extend(members.into_iter().map(|member| {
            let settled = viewer.case.outcomes.get(&(outcome.id.clone(), member.clone()));
            pb::Outcome {
                id: outcome.id.to_string(),
                member: member.map(|member| member.to_string()).unwrap_or_default(),
                title: viewer.wording.language.pick(&outcome.titles).to_owned(),
                settled: settled.is_some(),
                reached: settled.copied().unwrap_or_default(),
            }
        }));
    }
    told
}

fn waiting_for(viewer: &Viewer<'_>, seen: &[SeenStep], told: &[pb::Step]) -> Vec<pb::WaitingFor> {
    let mut waits: Vec<(casework::time::Instant, pb::WaitingFor)> = seen
        .iter()
        .zip(told)
        .filter_map(|(seen, told)| {
            let who = steps::waited_for(viewer, seen)?;
            let wait = pb::WaitingFor {
                who_title: steps::waited_for_in_words(viewer, &who),
                who,
                service: told.service.clone(),
                member: told.member.clone(),
                since: Some(timestamp(seen.since)),
                reason: told.reason.clone(),
            };
            Some((seen.since, wait))
        })
        .chain(beside_steps(viewer))
        .collect();
    waits.sort_by_key(|(since, _)| *since);
    waits.into_iter().map(|(_, wait)| wait).collect()
}

/// What is waited for besides steps: disputes, members whom nobody has matched, whether it is the same as another case.
fn beside_steps(viewer: &Viewer<'_>) -> Vec<(casework::time::Instant, pb::WaitingFor)> {
    let wording = &viewer.wording;
    // That somebody claims a part is nobody's matter but the counter's.
    let told =
        |wait: &BesideWait| matches!(viewer.who, Who::Operator) || !matches!(wait.what, Beside::Claim { .. });
    let told = view::beside_steps(viewer.case).into_iter().filter(told).map(|wait| {
        let reason = match &wait.what {
            Beside::Dispute(key) if viewer.may_see(key) => {
                wording.say(Sentence::DisputeWaits, &[("fact", &wording.fact(&key.name))])
            }
            Beside::Dispute(_) => wording.say(Sentence::DisputeWaitsPlain, &[]),
            Beside::Member(role) => wording.say(Sentence::MemberWaits, &[("role", &wording.role(role))]),
            Beside::Sameness => wording.say(Sentence::SamenessWaits, &[]),
            Beside::Claim { receipt, party } => {
                let role = wording.member(&party.role, party.member.as_ref());
                wording.say(Sentence::ClaimWaits, &[("receipt", &receipt.to_string()), ("role", &role)])
            }
            Beside::Person => wording.say(Sentence::CaseNeedsPerson, &[]),
        };
        let member = match &wait.what {
            Beside::Dispute(key) => key.member.as_ref().map(ToString::to_string),
            Beside::Member(_) | Beside::Sameness | Beside::Claim { .. } | Beside::Person => None,
        };
        let who = steps::owner_of_wait(viewer, &wait.owner);
        let told = pb::WaitingFor {
            who_title: steps::waited_for_in_words(viewer, &who),
            who,
            service: String::new(),
            member: member.unwrap_or_default(),
            since: Some(timestamp(wait.since)),
            reason,
        };
        (wait.since, told)
    });
    told.collect()
}

/// Whether a withdrawal by the viewer would change anything now. While something is owed it would; once nothing is, the
/// same decision is asked that would be made.
fn withdrawable(viewer: &Viewer<'_>) -> bool {
    if viewer.mine().is_empty() || !viewer.opened_it() {
        return false;
    }
    match viewer.case.state {
        CaseState::Open => viewer.case.withdrawal.is_none(),
        CaseState::Withdrawing | CaseState::Withdrawn => false,
        CaseState::Completed | CaseState::NeedsPerson => decide::can_be_withdrawn(&viewer.rules, viewer.case),
    }
}

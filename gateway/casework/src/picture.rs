//! A case seen through its plan: which steps there are, and what can be said of a fact.

use crate::case::{Case, Fact, Footprint, Revision, Step, StepState};
use crate::condition::{Condition, Lookup, Truth};
use crate::entry::{Actor, DecisionResult, Disclosure, Known, SkipReason, Source};
use crate::name::{FactKey, FactName, MemberId, PartyId, Role, StepId};
use crate::plan::{PlanStep, Wait};
use crate::planted::{Fault, planted};
use crate::questions::Why;
use crate::rulebook::Rulebook;

/// A case and what it is decided by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture<'a> {
    pub(crate) rules: &'a Rulebook<'a>,
    pub(crate) case: &'a Case,
}

/// What can be said of a fact, for a step that needs it.
#[derive(Debug, Clone)]
pub(crate) enum Standing<'a> {
    /// It has a value.
    Known(&'a Revision),
    /// There is none, by its source.
    Absent(&'a Revision),
    /// The party that was asked does not know.
    Unsaid(&'a Revision),
    /// A party says that it is not right.
    Disputed,
    /// This step gives it and is not settled; none: a member that may come will have a step that gives it.
    Coming(Option<StepId>),
    /// A party can be asked.
    Askable(Why),
    /// A party was asked, reported and left it open, and nobody else gives it: whoever can do without it does.
    LeftOpen,
    /// Nobody will give it: the giver refused or does not apply, or there is no giver at all.
    Lost(Option<StepId>),
}

/// Whether a step has come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Not yet.
    No,
    /// It did what it does.
    Done,
    /// It ended without.
    Gone,
}

impl<'a> Picture<'a> {
    /// The members of a group, in the order of mention.
    pub(crate) fn members(&self, role: &Role) -> &'a [MemberId] {
        self.case.groups.get(role).map_or(&[], |group| &group.members)
    }

    /// Whether all members of a group are known, and each mention is somebody.
    pub(crate) fn closed(&self, role: &Role) -> bool {
        let known = self.case.groups.get(role).is_some_and(|group| group.closed);
        known && !self.case.unmatched.keys().any(|(unmatched, _)| unmatched == role)
    }

    /// What something that is per member of a group is about: each member, or nobody in particular.
    pub(crate) fn each(&self, per: Option<&Role>) -> Vec<Option<MemberId>> {
        match per {
            None => vec![None],
            Some(role) => self.members(role).iter().cloned().map(Some).collect(),
        }
    }

    /// The step of a plan in this case: one, or one per member of its group.
    pub(crate) fn instances(&self, step: &PlanStep) -> Vec<StepId> {
        let of = |member| StepId { service: step.service.id.clone(), member };
        self.each(step.per.as_ref()).into_iter().map(of).collect()
    }

    /// The steps that a step waits for where its plan waits for another: of the same member, or of every member.
    pub(crate) fn waited_for(&self, wait: &Wait, step: &PlanStep, id: &StepId) -> Vec<StepId> {
        let Some(other) = self.rules.plan.steps.get(wait.step) else { return Vec::new() };
        match (&other.per, &step.per) {
            (Some(role), Some(own)) if role == own => {
                vec![StepId { service: other.service.id.clone(), member: id.member.clone() }]
            }
            _ => self.instances(other),
        }
    }

    /// Whether a step for a member yet to come may be among those waited for.
    pub(crate) fn more_may_come(&self, wait: &Wait, step: &PlanStep) -> Option<&'a Role> {
        let role = self.rules.plan.steps.get(wait.step)?.per.as_ref()?;
        (step.per.as_ref() != Some(role) && !self.closed(role)).then_some(role)
    }

    /// The fact that is meant by a name where something is per member of a group, and of this member.
    pub(crate) fn key(&self, name: &FactName, per: Option<&Role>, member: Option<&MemberId>) -> FactKey {
        let of_member = per.is_some_and(|role| name.is_of(role));
        FactKey { name: name.clone(), member: member.filter(|_| of_member).cloned() }
    }

    /// The step, where anything has happened to it.
    pub(crate) fn step(&self, id: &StepId) -> Option<&'a Step> {
        self.case.steps.get(id).map(AsRef::as_ref)
    }

    /// Whether the step has come to an end.
    pub(crate) fn settled(&self, id: &StepId) -> Settled {
        let Some(step) = self.step(id) else { return Settled::No };
        match &step.state {
            StepState::Done => Settled::Done,
            StepState::Stands { .. } if step.footprint == Footprint::Surely => Settled::Done,
            StepState::Refused | StepState::Skipped(_) | StepState::Stands { .. } => Settled::Gone,
            // Taken back so that it can be done anew; only a withdrawal takes back for good.
            StepState::Reversed(_) if self.case.withdrawal.is_some() => Settled::Gone,
            StepState::Reversed(_)
            | StepState::NotDue
            | StepState::Waiting { .. }
            | StepState::Calling(_)
            | StepState::Pending { .. }
            | StepState::InDoubt { .. }
            | StepState::Parked { .. }
            | StepState::Reversing(_) => Settled::No,
        }
    }

    /// The revision that holds now.
    pub(crate) fn current(&self, key: &FactKey) -> Option<&'a Revision> {
        self.case.facts.get(key).and_then(|fact| fact.current())
    }

    /// What was known by this disclosure.
    pub(crate) fn disclosed(&self, disclosure: &Disclosure) -> Option<&'a Revision> {
        let fact = self.case.facts.get(&disclosure.key)?;
        fact.revisions.iter().find(|revision| revision.number == disclosure.revision)
    }

    /// The steps that may give a fact, the first that applies first; and whether one for a member may yet come.
    pub(crate) fn givers(&self, key: &FactKey) -> (Vec<StepId>, bool) {
        let Some(fact) = self.rules.plan.facts.get(&key.name) else { return (Vec::new(), false) };
        let (mut givers, mut more) = (Vec::new(), false);
        for step in fact.givers.iter().filter_map(|index| self.rules.plan.steps.get(*index)) {
            match (&step.per, &key.member) {
                (Some(role), Some(member)) if key.name.is_of(role) => {
                    givers.push(StepId { service: step.service.id.clone(), member: Some(member.clone()) });
                }
                (Some(role), _) => {
                    givers.extend(self.instances(step));
                    more |= !self.closed(role);
                }
                (None, _) => givers.push(StepId { service: step.service.id.clone(), member: None }),
            }
        }
        (givers, more)
    }

    /// What can be said of a fact now.
    pub(crate) fn standing(&self, key: &FactKey) -> Standing<'a> {
        let fact = self.case.facts.get(key);
        if fact.is_some_and(|fact| fact.dispute.is_some()) && !planted(Fault::DisputeIgnored) {
            return Standing::Disputed;
        }
        let current = fact.and_then(|fact| fact.current());
        let (givers, more) = self.givers(key);
        let (mut absent_by, mut lost, mut refused) = (None, None, None);
        for giver in givers {
            match self.settled(&giver) {
                Settled::No => return Standing::Coming(Some(giver)),
                Settled::Done => match current {
                    Some(revision) if matches!(revision.known, Known::Value(_)) => {
                        return Standing::Known(revision);
                    }
                    Some(_) if !self.not_applicable(&giver) => absent_by = Some(giver),
                    _ => lost = Some(giver),
                },
                Settled::Gone if self.is_refused(&giver) => refused = Some(giver),
                Settled::Gone => lost = Some(giver),
            }
        }
        if more {
            return Standing::Coming(None);
        }
        // What a party says does not stand in for what was refused; what an agency says does.
        let by_party = |revision: &Revision| matches!(revision.source, Source::Party { .. });
        if refused.is_some() && absent_by.is_none() && current.is_none_or(by_party) {
            return Standing::Lost(refused);
        }
        let unsaid = current.is_none_or(|revision| revision.known == Known::Unknown);
        if unsaid && self.left_open(key) {
            return Standing::LeftOpen;
        }
        self.without_giver(key, current, absent_by, lost)
    }

    /// Whether the step was refused, or did not run because what it needs was: a refusal stops what needs its gift, and
    /// nobody is asked instead.
    fn is_refused(&self, id: &StepId) -> bool {
        let mut id = id;
        // No chain of steps is longer than the case has steps.
        for _ in 0..=self.case.steps.len() {
            match self.step(id).map(|step| &step.state) {
                Some(StepState::Refused) => return true,
                Some(StepState::Skipped(SkipReason::Missing { giver: Some(giver), .. })) => id = giver,
                _ => return false,
            }
        }
        false
    }

    /// Whether a fact was asked of a party who said other things and left it open: one that no service gives, or one of an
    /// optional role of which nobody knows who plays it (an unknown second parent). Who reported was asked beforehand,
    /// who answered was asked in the case. An agency that reports leaves nothing open: it tells what it knows.
    fn left_open(&self, key: &FactKey) -> bool {
        let asked = self.rules.plan.facts.get(&key.name).is_some_and(|fact| {
            let unsaid = self.current(key).is_none();
            fact.askable && ((unsaid && fact.givers.is_empty()) || self.nobody_plays(&key.name.role()))
        });
        asked && (self.reporters().next().is_some() || self.a_party_spoke())
    }

    /// Whether a party of the case has said anything that holds.
    fn a_party_spoke(&self) -> bool {
        let by_party = |revision: &Revision| matches!(revision.source, Source::Party { party: Some(_) });
        self.case.facts.values().filter_map(|fact| fact.current()).any(by_party)
    }

    /// The parts in which parties reported, oldest receipt first.
    pub(crate) fn reporters(&self) -> impl Iterator<Item = &'a PartyId> + use<'a> {
        self.case.receipts.iter().filter_map(|receipt| match &receipt.by {
            Actor::Party { party, .. } => party.as_ref(),
            Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
        })
    }

    /// Whether a role may be missing and nothing is known of anybody or anything that plays it.
    fn nobody_plays(&self, role: &Role) -> bool {
        let may_be_missing =
            self.rules.plan.life_event.role(role).is_some_and(|spec| spec.optional && spec.group.is_none());
        let known = |fact: &Fact| fact.current().is_some_and(|it| matches!(it.known, Known::Value(_)));
        may_be_missing && !self.case.facts.iter().any(|(key, fact)| key.name.is_of(role) && known(fact))
    }

    /// What can be said of a fact of which no giver has given a value, or will.
    fn without_giver(
        &self,
        key: &FactKey,
        current: Option<&'a Revision>,
        absent_by: Option<StepId>,
        lost: Option<StepId>,
    ) -> Standing<'a> {
        let askable = self.rules.plan.facts.get(&key.name).is_some_and(|fact| fact.askable);
        match (current, absent_by) {
            (Some(revision), absent_by) => match (&revision.known, &revision.source, absent_by) {
                (Known::Value(_), ..) => Standing::Known(revision),
                (Known::Unknown, ..) => Standing::Unsaid(revision),
                (Known::Absent, Source::Party { .. }, _) => Standing::Absent(revision),
                (Known::Absent, _, Some(giver)) if askable => Standing::Askable(Why::GiverSaysAbsent(giver)),
                (Known::Absent, _, None) if askable => Standing::Askable(gone(lost)),
                (Known::Absent, Source::Step { .. }, None) => Standing::Lost(lost),
                (Known::Absent, ..) => Standing::Absent(revision),
            },
            (None, Some(giver)) if askable => Standing::Askable(Why::GiverSaysAbsent(giver)),
            (None, None) if askable => Standing::Askable(gone(lost)),
            (None, absent_by) => Standing::Lost(lost.or(absent_by)),
        }
    }

    fn not_applicable(&self, id: &StepId) -> bool {
        let decision = self.step(id).and_then(|step| step.decision.as_ref());
        decision.is_some_and(|decision| decision.result == DecisionResult::NotApplicable)
    }

    /// The truth of a condition for this member. What is not settled is unknown, and so is what nobody will say.
    pub(crate) fn truth(
        &self,
        condition: &'a Condition,
        per: Option<&Role>,
        member: Option<&MemberId>,
    ) -> Truth {
        condition.truth(&|name| match self.standing(&self.key(name, per, member)) {
            Standing::Known(revision) => match &revision.known {
                Known::Value(value) => Lookup::Known(value),
                Known::Absent | Known::Unknown => Lookup::Absent,
            },
            Standing::Absent(_) | Standing::LeftOpen => Lookup::Absent,
            Standing::Unsaid(_)
            | Standing::Disputed
            | Standing::Coming(_)
            | Standing::Askable(_)
            | Standing::Lost(_) => Lookup::Unknown,
        })
    }
}

fn gone(lost: Option<StepId>) -> Why {
    lost.map_or(Why::Unanswered, Why::GiverGone)
}

impl Fact {
    /// The revision that holds; none where none was learnt, or the last one was retracted.
    #[must_use]
    pub fn current(&self) -> Option<&Revision> {
        self.revisions.last().filter(|revision| !revision.retracted)
    }
}

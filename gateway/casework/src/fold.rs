//! A case as the fold of its entries. Total: no entry, in no order, makes it fail; what it does not know it leaves.

mod step;

use std::sync::Arc;

use crate::case::{Case, CaseState, Claim, Dispute, Fact, FoundSame, Mention, Receipt, Revision, Step};
use crate::entry::{Actor, Entry, Recorded};
use crate::name::{FactKey, LifeEventId};
use crate::plan::PlanHash;
use crate::time::Instant;

impl Case {
    /// The case that this first entry opens; none where it is another entry than an opening.
    #[must_use]
    pub fn opened(first: &Recorded) -> Option<Self> {
        let Entry::Opened { life_event, plan, seed, reference, .. } = &first.entry else { return None };
        let mut case = Self::blank(life_event.clone(), plan.clone(), *seed, reference.clone(), first.at);
        case.entries = first.number;
        Some(case)
    }

    /// The case of a log; none where the log is empty or does not begin with an opening.
    #[must_use]
    pub fn folded<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Option<Self> {
        let mut log = log.into_iter();
        let mut case = Self::opened(log.next()?)?;
        log.for_each(|recorded| case.apply(recorded));
        Some(case)
    }

    fn blank(
        life_event: LifeEventId,
        plan: PlanHash,
        seed: [u8; 16],
        reference: String,
        at: Instant,
    ) -> Self {
        Self {
            life_event,
            plan,
            seed,
            reference,
            state: CaseState::Open,
            entries: 0,
            opened_at: at,
            changed_at: at,
            receipts: Vec::new(),
            parties: Default::default(),
            claims: Vec::new(),
            groups: Default::default(),
            facts: Default::default(),
            steps: Default::default(),
            outcomes: Default::default(),
            unmatched: Default::default(),
            mentions: 0,
            withdrawal: None,
            perhaps_same: Vec::new(),
            found_same: None,
            joined_to: None,
            resembled_by: Vec::new(),
            took_up: Vec::new(),
            needs_person: None,
        }
    }

    /// Takes one more entry.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.entries = recorded.number;
        self.changed_at = self.changed_at.max(recorded.at);
        self.wake(&recorded.entry);
        if let Some(id) = recorded.entry.step() {
            let step = self.steps.entry(id.clone()).or_insert_with(|| Step::new(recorded.at).into());
            Arc::make_mut(step).apply(recorded);
        } else if !self.apply_to_facts(recorded) && !self.apply_to_sameness(recorded) {
            self.apply_to_case(recorded);
        }
    }

    /// A state that is no end: what happens after it takes the case up again.
    fn wake(&mut self, entry: &Entry) {
        let about_a_step = entry.step().is_some();
        if self.state == CaseState::Completed && (about_a_step || reopens(entry)) {
            self.state = CaseState::Open;
        }
        if self.state == CaseState::NeedsPerson && self.withdrawal.is_some() && about_a_step {
            self.state = CaseState::Withdrawing;
            self.needs_person = None;
        }
    }

    /// Entries about parties, groups and facts. False: it is about none of them.
    fn apply_to_facts(&mut self, recorded: &Recorded) -> bool {
        let at = recorded.at;
        match &recorded.entry {
            Entry::PartyNamed { party, person } => {
                let persons = &mut self.parties.entry(party.clone()).or_default().persons;
                if let Some(person) = person.as_ref().filter(|person| !persons.contains(person)) {
                    persons.push(person.clone());
                }
            }
            Entry::PartClaimed { receipt, party, person, facts } => self.claims.push(Claim {
                receipt: *receipt,
                party: party.clone(),
                person: person.clone(),
                facts: facts.clone(),
                dismissed: false,
            }),
            Entry::ClaimUpheld { receipt, .. } => self.uphold(*receipt),
            Entry::ClaimDismissed { receipt, .. } => {
                let claims = self.claims.iter_mut().filter(|claim| claim.receipt == *receipt);
                claims.for_each(|claim| claim.dismissed = true);
            }
            Entry::MemberAdded { role, member } => {
                let group = self.groups.entry(role.clone()).or_default();
                if !group.members.contains(member) {
                    group.members.push(member.clone());
                }
            }
            Entry::MemberUnmatched { role, mention, facts, source } => {
                let said = Mention { facts: facts.clone(), source: source.clone(), since: at };
                self.unmatched.insert((role.clone(), *mention), said);
                self.mentions = self.mentions.saturating_add(1);
            }
            Entry::MemberMatched { role, mention, .. } => {
                self.unmatched.remove(&(role.clone(), *mention));
            }
            Entry::GroupClosed { role } => self.groups.entry(role.clone()).or_default().closed = true,
            Entry::Learnt { key, revision, known, source } => {
                let fact = self.fact(key);
                fact.dispute = None;
                fact.revisions.push(Revision {
                    number: *revision,
                    known: known.clone(),
                    source: source.clone(),
                    at,
                    retracted: false,
                });
            }
            Entry::Retracted { key, revision } => {
                let fact = self.fact(key);
                fact.revisions.iter_mut().filter(|r| r.number == *revision).for_each(|r| r.retracted = true);
            }
            Entry::Disputed { key, proposed, reason, .. } => {
                self.fact(key).dispute =
                    Some(Dispute { proposed: proposed.clone(), reason: reason.clone(), since: at });
            }
            Entry::DisputeSettled { key, .. } => {
                self.fact(key).dispute = None;
            }
            _ => return false,
        }
        true
    }

    /// The fact, to be changed: this case's own from here on.
    fn fact(&mut self, key: &FactKey) -> &mut Fact {
        Arc::make_mut(self.facts.entry(key.clone()).or_default())
    }

    /// Whoever claimed a part plays it: their receipt is that party's.
    fn uphold(&mut self, receipt: u32) {
        let Some(at) = self.claims.iter().position(|claim| claim.receipt == receipt) else { return };
        let claim = self.claims.remove(at);
        let theirs = self.receipts.iter_mut().find(|known| known.number == receipt);
        if let Some(Actor::Party { party, .. }) = theirs.map(|receipt| &mut receipt.by) {
            *party = Some(claim.party);
        }
    }

    /// Entries about the case and another of the same happening. False: it is about none.
    fn apply_to_sameness(&mut self, recorded: &Recorded) -> bool {
        match &recorded.entry {
            Entry::PerhapsSame { other } => {
                self.state = CaseState::NeedsPerson;
                self.perhaps_same.push(other.clone());
            }
            Entry::ResembledBy { other } => self.resembled_by.push(other.clone()),
            Entry::NotTheSame { .. } => {
                self.perhaps_same.clear();
                self.state = CaseState::Open;
            }
            Entry::FoundSame { other, reason } => {
                let (other, by, reason) = (other.clone(), recorded.by.clone(), reason.clone());
                self.found_same = Some(FoundSame { other, by, reason });
            }
            Entry::NotJoined { .. } => self.found_same = None,
            Entry::Joined { other } => {
                self.found_same = None;
                self.joined_to = Some(other.clone());
                self.state = CaseState::Withdrawing;
                self.withdrawal.get_or_insert(recorded.at);
            }
            Entry::TookUp { other, .. } => {
                self.resembled_by.retain(|known| *known != other.reference);
                self.took_up.push(other.reference.clone());
            }
            _ => return false,
        }
        true
    }

    /// Entries about the case as a whole.
    fn apply_to_case(&mut self, recorded: &Recorded) {
        match &recorded.entry {
            Entry::Reported { receipt, request, received_at } => self.receipts.push(Receipt {
                number: *receipt,
                request: request.clone(),
                received_at: *received_at,
                by: recorded.by.clone(),
            }),
            Entry::WithdrawalAsked { .. } => {
                self.state = CaseState::Withdrawing;
                self.withdrawal.get_or_insert(recorded.at);
            }
            Entry::PlanMoved { to } => self.plan = to.clone(),
            Entry::OutcomeSettled { outcome, member, reached } => {
                self.outcomes.insert((outcome.clone(), member.clone()), *reached);
            }
            Entry::Completed => self.state = CaseState::Completed,
            Entry::Withdrawn => {
                self.state = CaseState::Withdrawn;
                self.needs_person = None;
            }
            Entry::NeedsPerson { reason } => {
                self.state = CaseState::NeedsPerson;
                self.needs_person = Some(reason.clone());
            }
            _ => {}
        }
    }
}

/// Whether a completed case is looked at again after this entry, which is about no step.
fn reopens(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Learnt { .. }
            | Entry::Retracted { .. }
            | Entry::Disputed { .. }
            | Entry::DisputeSettled { .. }
            | Entry::MemberAdded { .. }
            | Entry::MemberUnmatched { .. }
            | Entry::MemberMatched { .. }
            | Entry::PlanMoved { .. }
    )
}

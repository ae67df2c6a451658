//! A case told step by step.

use std::collections::BTreeMap;

use casework::case::{Case, Step, StepState};
use casework::decide::{decide, open, stamp};
use casework::duties::{due_at, duties};
use casework::entry::{
    Actor, CallKind, DecidedBy, Decision, DecisionResult, Entry, OtherCase, Reason, Recorded, SkipReason,
    Waiting,
};
use casework::input::{Answer, Duty, Gifts, Given, Input, Opening, Rejected, Report, Steering};
use casework::name::{FactKey, FactName, PartyId, ServiceId, StepId};
use casework::rulebook::AgencyOffer;
use casework::service::Remedy;
use casework::time::Instant;
use casework::value::Value;

use crate::country::{Country, fact, role_of};

/// 2026-11-23T09:00:00Z, a Monday.
pub(crate) const START: i64 = 1_795_424_400_000;

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn person(number: &str) -> Value {
    Value::Person(number.to_owned())
}

pub(crate) fn date(date: &str) -> Value {
    Value::Date(date.parse().unwrap())
}

/// `child.given` or `child.given[m1]`.
pub(crate) fn key(name: &str) -> FactKey {
    match name.split_once('[') {
        Some((name, member)) => {
            FactKey { name: fact(name), member: Some(member.trim_end_matches(']').parse().unwrap()) }
        }
        None => FactKey { name: fact(name), member: None },
    }
}

pub(crate) fn party(role: &str) -> PartyId {
    let of =
        key(&format!("{}.x{}", role.split('[').next().unwrap(), role.find('[').map_or("", |at| &role[at..])));
    PartyId { role: role_of(of.name.role().as_str()), member: of.member }
}

pub(crate) fn by(role: &str) -> Actor {
    Actor::Party { party: Some(party(role)), portal: "portal".to_owned() }
}

pub(crate) fn operator() -> Actor {
    Actor::Operator { subject: "operator-1".to_owned() }
}

pub(crate) fn officer(agency: &str) -> Actor {
    Actor::Officer { agency: agency.parse().unwrap(), subject: "officer-1".to_owned() }
}

pub(crate) fn facts(facts: &[(&str, Value)]) -> BTreeMap<FactName, Given> {
    facts.iter().map(|(name, value)| (fact(name), Given::Value(value.clone()))).collect()
}

pub(crate) fn given(facts: &[(&str, Value)]) -> BTreeMap<FactKey, Given> {
    facts.iter().map(|(name, value)| (key(name), Given::Value(value.clone()))).collect()
}

pub(crate) fn gifts(facts: &[(&str, Value)]) -> Gifts {
    let facts = facts.iter().map(|(name, value)| (fact(name), Some(value.clone()))).collect();
    Gifts { facts, ..Gifts::default() }
}

pub(crate) fn decided(result: DecisionResult) -> Decision {
    Decision {
        result,
        reasons: vec![Reason {
            code: "rule-7".to_owned(),
            texts: BTreeMap::new(),
            legal_basis: "Act 7".to_owned(),
        }],
        rule_version: "rules/1".to_owned(),
        decided_by: DecidedBy::Officer("inspector".to_owned()),
        notified_at: None,
        remedy: Some(Remedy {
            kind: "appeal".to_owned(),
            term: "P2W".to_owned(),
            lodged_at: "court".to_owned(),
        }),
        reference: "reference".to_owned(),
    }
}

/// A report by the mother, with one child per list of facts.
pub(crate) fn report(known: &[(&str, Value)], children: &[&[(&str, Value)]]) -> Report {
    let mut report = Report { reporter: Some(party("mother")), ..Report::default() };
    report.facts = facts(&[("mother.number", person("mother-1")), ("event.date", date("2026-11-20"))]);
    report.facts.extend(facts(known));
    let numbered = children.iter().enumerate().map(|(index, child)| {
        let mut child = facts(child);
        child.entry(fact("child.order")).or_insert(Given::Value(Value::Integer(index as i64 + 1)));
        child
    });
    report.members.insert(role_of("child"), numbered.collect());
    report
}

pub(crate) fn other_case(reference: &str) -> OtherCase {
    OtherCase { reference: reference.to_owned(), case: format!("id-of-{reference}") }
}

pub(crate) fn opening(report: Report) -> Opening {
    Opening {
        by: by("mother"),
        report,
        request: "request-1".to_owned(),
        person: Some("mother-1".to_owned()),
        seed: [7; 16],
        reference: "L-1".to_owned(),
        perhaps_same: Vec::new(),
    }
}

/// A case and the country it is in.
pub(crate) struct Story {
    pub(crate) country: Country,
    pub(crate) case: Case,
    pub(crate) log: Vec<Recorded>,
    pub(crate) now: Instant,
}

impl Story {
    /// A case that the mother of one child opened with these facts.
    pub(crate) fn with(country: Country, known: &[(&str, Value)]) -> Self {
        Self::of(country, opening(report(known, &[&[]])))
    }

    pub(crate) fn of(country: Country, opening: Opening) -> Self {
        let now = Instant(START);
        let entries = open(&country.rules(), opening, now).unwrap();
        let log = stamp(None, now, entries);
        let case = Case::folded(&log).unwrap();
        Self { country, case, log, now }
    }

    /// What follows from an input; the entries are stored.
    pub(crate) fn input(&mut self, input: Input) -> Result<Vec<Entry>, Rejected> {
        let entries = decide(&self.country.rules(), &self.case, input, self.now)?;
        let batch = stamp(Some(&self.case), self.now, entries);
        batch.iter().for_each(|recorded| self.case.apply(recorded));
        self.log.extend(batch.iter().cloned());
        assert_eq!(Case::folded(&self.log).as_ref(), Some(&self.case), "the log folds to the case");
        Ok(batch.into_iter().map(|recorded| recorded.entry).collect())
    }

    /// Time passes, and somebody looks.
    pub(crate) fn pass(&mut self, millis: i64) -> Vec<Entry> {
        self.now = self.now.plus(millis);
        self.input(Input::Look).unwrap()
    }

    /// Waits until the case is due, and looks.
    pub(crate) fn wait(&mut self) -> Vec<Entry> {
        let due = self.due().unwrap();
        self.pass(due.0 - self.now.0)
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        due_at(&self.country.rules(), &self.case, self.now)
    }

    pub(crate) fn duties(&self) -> Vec<Duty> {
        duties(&self.country.rules(), &self.case, self.now)
    }

    pub(crate) fn duty(&self, of: &str) -> Duty {
        let wanted = id(of);
        let duties = self.duties();
        let found = duties.into_iter().find(|duty| duty.step == wanted);
        found.unwrap_or_else(|| panic!("{of} is not called, it is {:?}", self.state(of)))
    }

    /// The agency answers the open call of a step.
    pub(crate) fn answer(&mut self, of: &str, answer: Answer) -> Result<Vec<Entry>, Rejected> {
        let duty = self.duty(of);
        self.input(Input::Answer {
            step: duty.step,
            call: duty.call,
            key: duty.key,
            attempt: Some(duty.attempt),
            agency: duty.agency,
            answer,
        })
    }

    /// The agency reports on a step at the desk.
    pub(crate) fn reports(&mut self, of: &str, answer: Answer) -> Result<Vec<Entry>, Rejected> {
        let call = self.step(of).calls[&CallKind::Perform].clone();
        self.input(Input::Answer {
            step: id(of),
            call: CallKind::Perform,
            key: call.key.clone(),
            attempt: None,
            agency: call.agency.clone(),
            answer,
        })
    }

    /// The step is done, and gives these facts.
    pub(crate) fn done(&mut self, of: &str, given: &[(&str, Value)]) {
        self.answer(of, Answer::Done { gifts: gifts(given), decision: None }).unwrap();
    }

    /// The agency decides.
    pub(crate) fn decides(&mut self, of: &str, result: DecisionResult, given: &[(&str, Value)]) {
        let decision = Some(decided(result));
        self.answer(of, Answer::Done { gifts: gifts(given), decision }).unwrap();
    }

    pub(crate) fn step(&self, of: &str) -> &Step {
        self.case.steps.get(&id(of)).unwrap_or_else(|| panic!("nothing has happened to {of}"))
    }

    pub(crate) fn state(&self, of: &str) -> Option<&StepState> {
        self.case.steps.get(&id(of)).map(|step| &step.state)
    }

    /// The state of a step, in a word.
    pub(crate) fn is(&self, of: &str) -> &'static str {
        self.state(of).map_or("not due", StepState::word)
    }

    pub(crate) fn skipped(&self, of: &str) -> &SkipReason {
        match self.state(of) {
            Some(StepState::Skipped(reason)) => reason,
            other => panic!("{of} is {other:?}"),
        }
    }

    pub(crate) fn waits(&self, of: &str) -> &Waiting {
        match self.state(of) {
            Some(StepState::Waiting { why, .. }) => why,
            other => panic!("{of} is {other:?}"),
        }
    }

    /// The value of a fact as it is known now.
    pub(crate) fn known(&self, name: &str) -> Option<Value> {
        match &self.case.facts.get(&key(name))?.current()?.known {
            casework::entry::Known::Value(value) => Some(value.clone()),
            casework::entry::Known::Absent | casework::entry::Known::Unknown => None,
        }
    }

    pub(crate) fn steer(&mut self, who: Actor, of: &str, act: Steering) -> Result<Vec<Entry>, Rejected> {
        self.input(Input::Steer { by: who, step: id(of), act, reason: "looked into it".to_owned() })
    }

    pub(crate) fn answers(&mut self, role: &str, known: &[(&str, Value)]) -> Result<Vec<Entry>, Rejected> {
        self.input(Input::Answers { by: by(role), facts: given(known) })
    }

    pub(crate) fn corrects(&mut self, who: Actor, known: &[(&str, Value)]) -> Result<Vec<Entry>, Rejected> {
        self.input(Input::Correct { by: who, facts: given(known), reason: "it was wrong".to_owned() })
    }

    pub(crate) fn withdraws(&mut self) -> Result<Vec<Entry>, Rejected> {
        self.input(Input::Withdraw { by: by("mother"), reason: "changed my mind".to_owned() })
    }
}

/// What an agency says when it is out of service.
pub(crate) fn not_done() -> Answer {
    Answer::NotDone { reason: casework::entry::NotDoneReason::Unavailable, retry_after: None }
}

/// What a gateway says when it heard nothing in time.
pub(crate) fn in_doubt() -> Answer {
    Answer::InDoubt { reason: "DEADLINE_EXCEEDED".to_owned() }
}

/// The first offer of a service.
pub(crate) fn offer<'a>(country: &'a mut Country, service: &str) -> &'a mut AgencyOffer {
    &mut country.offers.0.get_mut(&service.parse::<ServiceId>().unwrap()).unwrap()[0]
}

/// The id of a step: `civil/record` or `civil/record[m1]`.
pub(crate) fn id(of: &str) -> StepId {
    match of.split_once('[') {
        Some((service, member)) => StepId {
            service: service.parse().unwrap(),
            member: Some(member.trim_end_matches(']').parse().unwrap()),
        },
        None => StepId { service: of.parse().unwrap(), member: None },
    }
}

//! What people do: report, report again, answer, dispute, correct, withdraw, steer. In the chaos at random, and out of
//! turn; in the calm they do what the case asks of them.

use std::collections::BTreeMap;

use casework::case::{Case, Footprint, StepState};
use casework::dictionary::AskOf;
use casework::entry::{Actor, CallKind, Known, Owner, Source, Waiting};
use casework::input::{Answer, Gifts, Given, Input, Mentioned, Report, Steering};
use casework::name::{AgencyId, FactKey, FactName, PartyId, StepId};
use casework::questions::{Why, foreseen, questions};
use casework::value::Value;

use crate::world::{Event, Must, World};

fn speaks(party: &PartyId) -> Actor {
    Actor::Party { party: Some(party.clone()), portal: "portal".to_owned() }
}

fn operator() -> Actor {
    Actor::Operator { subject: "operator-1".to_owned() }
}

fn officer(agency: &AgencyId) -> Actor {
    Actor::Officer { agency: agency.clone(), subject: "officer-1".to_owned() }
}

impl World<'_> {
    /// What goes on while things go wrong.
    pub(crate) fn plan_chaos(&mut self) {
        for _ in 0..self.rng.below(7) {
            let delay = self.some(240_000);
            self.at(delay, Event::People);
        }
        for _ in 0..self.rng.below(4) {
            let delay = self.some(200_000);
            self.at(delay, Event::Registry);
        }
        for _ in 0..self.rng.below(4) {
            let (delay, gateway) = (self.some(200_000), usize::try_from(self.rng.below(2)).unwrap());
            self.at(delay, Event::Crash(gateway));
        }
        if self.rng.chance(35) {
            let delay = if self.rng.chance(50) { self.some(20_000) } else { self.some(400_000) };
            let by = speaks(&self.country.reporters().0);
            let input = Input::Withdraw { by, reason: "changed my mind".to_owned() };
            self.send(delay, input, Must::Anything);
        }
        for _ in 0..self.rng.below(3) {
            let delay = self.some(30_000);
            let input = self.second_report();
            self.send(delay, input, Must::Anything);
        }
    }

    pub(crate) fn first_report(&mut self) -> (Actor, Report, Option<String>) {
        let (reporter, members) = (self.country.reporters().0, 1 + self.rng.below(3));
        let report = self.report(&reporter, members, 88);
        (speaks(&reporter), report, Some(number_of(&reporter)))
    }

    fn report(&mut self, reporter: &PartyId, members: u64, likely: u64) -> Report {
        let country = self.pristine;
        let mut report = Report { reporter: Some(reporter.clone()), ..Report::default() };
        let group = country.reported_group().map(|spec| spec.id.clone());
        report.members.extend(group.iter().map(|role| (role.clone(), Vec::new())));
        let identity = country.identity();
        for question in foreseen(&country.plan, &country.dictionary) {
            // What is asked of somebody else alone is for them to say.
            if question.of == AskOf::About && !country.is_about(&question.fact, reporter) {
                continue;
            }
            let name = question.fact;
            let often = if identity.contains(&name) { 100 } else { likely };
            match &question.group {
                None if self.rng.chance(often) => {
                    let given = self.given(&name, 0, often == 100);
                    report.facts.insert(name, given);
                }
                role @ Some(_) if *role == group => {
                    let all = report.members.values_mut().next().unwrap();
                    all.resize(usize::try_from(members).unwrap(), BTreeMap::new());
                    for member in 0..members {
                        if self.rng.chance(often) {
                            let given = self.given(&name, member + 1, often == 100);
                            let all = report.members.values_mut().next().unwrap();
                            all[usize::try_from(member).unwrap()].insert(name.clone(), given);
                        }
                    }
                }
                _ => {}
            }
        }
        report
    }

    fn given(&mut self, name: &FactName, member: u64, identity: bool) -> Given {
        let chance = self.rng.below(100);
        if identity {
            let of = format!("m{member}");
            return Given::Value(match self.values.value(name, "party", &of, 0) {
                Value::Integer(_) => Value::Integer(i64::try_from(member).unwrap()),
                Value::Date(_) => Value::Date("2026-11-20".parse().unwrap()),
                Value::Person(_) if member == 0 => Value::Person(format!("{}-1", name.role())),
                value => value,
            });
        }
        match chance {
            0..4 => Given::Absent,
            4..7 => Given::Unknown,
            _ => {
                let number = self.rng.below(2);
                Given::Value(self.values.value(name, "party", &format!("m{member}"), number))
            }
        }
    }

    fn second_report(&mut self) -> Input {
        let group = self.country.reported_group().map(|spec| spec.id.clone());
        let known = self.case().and_then(|case| Some(case.groups.get(group.as_ref()?)?.members.len()));
        let known = known.map_or(1, |known| u64::try_from(known).unwrap());
        let members = if self.rng.chance(85) { known } else { 1 + self.rng.below(3) };
        let likely = 40 + self.rng.below(50);
        // Whom nobody names for their part, the first reporter once more, or an agency.
        let (first, last) = self.country.reporters();
        let reporter = if self.rng.below(3) == 1 { first } else { last };
        let mut report = self.report(&reporter, members, likely);
        if self.rng.chance(20) {
            let same_when = self.country.same_when();
            let all = report.members.values_mut().flatten();
            all.for_each(|member| member.retain(|name, _| !same_when.contains(name)));
        }
        let request = format!("request-{}", 2 + self.rng.below(100));
        let (by, person) = if self.rng.chance(33) {
            report.reporter = None;
            (Actor::Agency("hospital".parse().unwrap()), None)
        } else {
            (speaks(&reporter), Some(number_of(&reporter)))
        };
        Input::Report { by, report, request, person }
    }

    pub(crate) fn people(&mut self) {
        let Some(case) = self.case() else { return };
        if self.calm {
            self.do_what_is_asked(&case);
            // A while longer: an answer on its way may take a completed case up again.
            if !Self::is_over(&case) || self.due.is_some() || self.in_calm_for() < 900_000 {
                self.at(60_000, Event::People);
            }
            return;
        }
        let pick = self.rng.below(12);
        match pick {
            0..3 => self.answer_questions(&case, 70),
            3 => self.answer_offers(&case),
            4 => self.dispute(&case),
            5 => self.correct_something(&case),
            6 => {
                let input = self.second_report();
                self.send(0, input, Must::Anything);
            }
            7 => self.steer_something(&case),
            8 => self.settle_disputes(&case),
            _ => self.speak_out_of_turn(&case),
        }
    }

    /// Somebody decides about the case that another resembles; the other one, which is not here, takes it up or cannot.
    fn decide_sameness(&mut self, case: &Case) {
        let input = match case.goes_on_in() {
            Some(other) => Input::HandedOver {
                to: other.reference.clone(),
                refused: self.rng.chance(30).then(|| "it was withdrawn".to_owned()),
            },
            None => Input::SamenessDecided {
                by: operator(),
                same_as: self.rng.chance(20).then(|| case.perhaps_same[0].reference.clone()),
                reason: "another mother".to_owned(),
            },
        };
        self.send(0, input, Must::Anything);
    }

    /// In the calm: questions, offers, disputes, doubts and parked steps are seen to.
    fn do_what_is_asked(&mut self, case: &Case) {
        if !case.perhaps_same.is_empty() && case.withdrawal.is_none() {
            self.decide_sameness(case);
        }
        self.answer_questions(case, 100);
        self.answer_offers(case);
        self.settle_disputes(case);
        for ((role, mention), _) in case.unmatched.clone() {
            let member = case.groups.get(&role).and_then(|group| group.members.first()).cloned();
            let member = match (self.rng.below(2), member) {
                (0, Some(member)) => Mentioned::Known(member),
                _ => Mentioned::Nobody,
            };
            self.send(0, Input::MemberDecided { by: operator(), role, mention, member }, Must::Anything);
        }
        for (id, step) in &case.steps {
            let agency = step.agency.clone().unwrap_or_else(|| id.service.agency());
            match &step.state {
                StepState::Waiting { why: Waiting::Fact { fact, owner }, .. } => {
                    self.supply(fact, owner, case);
                }
                StepState::Waiting { why: Waiting::NoAgency, .. } if !step.not_competent.is_empty() => {
                    let offers = self.country.offers.0.get(&id.service).into_iter().flatten();
                    if let Some(offer) = offers.into_iter().next().cloned() {
                        self.steer(operator(), id, Steering::Route(offer.agency));
                    }
                }
                StepState::Parked { .. } | StepState::InDoubt { ask_at: None, .. } => {
                    self.find_out(id, step.footprint, &agency);
                }
                // Its report got lost, and nobody can ask for it but people.
                StepState::Pending { .. } if self.now - step.since.0 > 600_000 => {
                    self.find_out(id, step.footprint, &agency);
                }
                _ => {}
            }
        }
    }

    /// An officer looks into the agency's books.
    fn find_out(&mut self, id: &StepId, footprint: Footprint, agency: &AgencyId) {
        if self.ministries.is_at_it(id) {
            return;
        }
        let act = match (self.ministries.books(id).cloned(), footprint) {
            (Some(Answer::Done { gifts, .. }), _) => Steering::Done(gifts),
            (Some(_), _) => return,
            (None, Footprint::Perhaps) => Steering::NotDone,
            (None, Footprint::Nothing) if self.rng.chance(50) => Steering::Skip,
            (None, _) => Steering::Retry,
        };
        self.steer(officer(agency), id, act);
    }

    fn steer(&mut self, by: Actor, id: &StepId, act: Steering) {
        let input = Input::Steer { by, step: id.clone(), act, reason: "looked into it".to_owned() };
        self.send(0, input, Must::Anything);
    }

    /// Whoever owns a missing fact says what it is after all.
    fn supply(&mut self, key: &FactKey, owner: &Owner, case: &Case) {
        let member = key.member.as_ref().map_or("", |member| member.as_str());
        let own = match owner {
            Owner::Party(party) => own_number(case, party, key),
            Owner::Agency(_) | Owner::Operators => None,
        };
        let value = own.unwrap_or_else(|| self.values.value(&key.name, "owner", member, 7));
        let facts = BTreeMap::from([(key.clone(), Given::Value(value))]);
        let unknown = case.facts.get(key).and_then(|fact| fact.current()).map(|r| r.known == Known::Unknown);
        let by = match owner {
            Owner::Agency(agency) => officer(agency),
            Owner::Operators => operator(),
            Owner::Party(party) => speaks(party),
        };
        let input = if unknown == Some(true) {
            Input::Answers { by, facts }
        } else {
            Input::Correct { by, facts, reason: "found it".to_owned() }
        };
        self.send(0, input, Must::Anything);
    }

    fn answer_questions(&mut self, case: &Case, percent: u64) {
        let asked = questions(&self.country.rules(), case);
        let reporter = self.country.reporters().0;
        for question in asked {
            if !self.rng.chance(percent) || question.why == Why::Disputed {
                continue;
            }
            let member = question.key.member.as_ref().map_or("", |member| member.as_str());
            let number = self.rng.below(4);
            let party = question.of.first().unwrap_or(&reporter).clone();
            let own = own_number(case, &party, &question.key);
            let value = own.unwrap_or_else(|| self.values.value(&question.key.name, "party", member, number));
            let given = if self.calm || self.rng.chance(85) { Given::Value(value) } else { Given::Unknown };
            let facts = BTreeMap::from([(question.key, given)]);
            self.send(0, Input::Answers { by: speaks(&party), facts }, Must::Anything);
        }
    }

    fn answer_offers(&mut self, case: &Case) {
        for (id, step) in &case.steps {
            if matches!(step.state, StepState::Waiting { why: Waiting::OfferAnswer, .. }) {
                let accepted = self.rng.chance(60);
                // An offer is to whom it is about; the counter answers for whoever asks it to.
                let by = if self.rng.chance(60) { speaks(&self.country.reporters().0) } else { operator() };
                self.send(0, Input::Offer { by, step: id.clone(), accepted }, Must::Anything);
            }
        }
    }

    fn dispute(&mut self, case: &Case) {
        let keys: Vec<FactKey> = case.facts.keys().cloned().collect();
        let Some(key) = self.rng.pick(&keys).cloned() else { return };
        let member = key.member.as_ref().map_or("", |member| member.as_str());
        let proposed = self.rng.chance(60);
        let proposed = proposed.then(|| self.values.value(&key.name, "party", member, 3));
        let (first, last) = self.country.reporters();
        let by = speaks(if self.rng.chance(70) { &first } else { &last });
        let reason = "that is not so".to_owned();
        self.send(0, Input::Dispute { by, key, proposed, reason }, Must::Anything);
    }

    /// A source corrects what it said.
    fn correct_something(&mut self, case: &Case) {
        let keys: Vec<FactKey> = case.facts.keys().cloned().collect();
        let Some(key) = self.rng.pick(&keys).cloned() else { return };
        self.ministries.edition += 1;
        let Some(current) = case.facts.get(&key).and_then(|fact| fact.current()) else { return };
        let by = source_of(&current.source);
        let member = key.member.as_ref().map_or("", |member| member.as_str());
        let value = self.values.value(&key.name, "source", member, 5);
        let facts = BTreeMap::from([(key, Given::Value(value))]);
        self.send(0, Input::Correct { by, facts, reason: "it was wrong".to_owned() }, Must::Anything);
    }

    fn settle_disputes(&mut self, case: &Case) {
        for (key, fact) in case.facts.iter().filter(|(_, fact)| fact.dispute.is_some()) {
            let Some(current) = fact.current() else { continue };
            let by = match &current.source {
                Source::Party { party: None } => operator(),
                source => source_of(source),
            };
            let given = match (&current.known, self.rng.chance(50)) {
                (Known::Value(value), true) => Given::Value(value.clone()),
                _ => {
                    let member = key.member.as_ref().map_or("", |member| member.as_str());
                    let own = match &current.source {
                        Source::Party { party: Some(party) } => own_number(case, party, key),
                        _ => None,
                    };
                    Given::Value(own.unwrap_or_else(|| self.values.value(&key.name, "source", member, 9)))
                }
            };
            let facts = BTreeMap::from([(key.clone(), given)]);
            self.send(0, Input::Correct { by, facts, reason: "looked at it".to_owned() }, Must::Anything);
        }
    }

    fn steer_something(&mut self, case: &Case) {
        let ids: Vec<StepId> = case.steps.keys().cloned().collect();
        let Some(id) = self.rng.pick(&ids).cloned() else { return };
        let act = match self.rng.below(3) {
            0 => Steering::Park,
            _ => Steering::Retry,
        };
        self.steer(operator(), &id, act);
    }

    /// Answers that nobody asked for: to a step that was not called, with another key, from another agency. All of
    /// them must be refused.
    fn speak_out_of_turn(&mut self, case: &Case) {
        let ids: Vec<StepId> = case.steps.keys().cloned().collect();
        let Some(id) = self.rng.pick(&ids).cloned() else { return };
        let step = &case.steps[&id];
        let done = Answer::Done { gifts: Gifts::default(), decision: None };
        let call = step.calls.get(&CallKind::Perform);
        let agency = step.agency.clone().unwrap_or_else(|| id.service.agency());
        let key = call.map_or_else(String::new, |call| call.key.clone());
        let settled = matches!(
            step.state,
            StepState::Done | StepState::Refused | StepState::Skipped(_) | StepState::Reversed(_)
        );
        let (agency, key, must) = match self.rng.below(3) {
            0 => (agency, "0".repeat(26), Must::BeRefused),
            1 => ("somebody-else".parse().unwrap(), key, Must::BeRefused),
            // Answered twice.
            _ if settled => (agency, key, Must::BeRefused),
            _ => return,
        };
        let input =
            Input::Answer { step: id, call: CallKind::Perform, key, attempt: None, agency, answer: done };
        self.send(0, input, must);
    }
}

/// The number with which a party was authenticated, where it is what is asked: they have no other.
fn own_number(case: &Case, party: &PartyId, key: &FactKey) -> Option<Value> {
    let own = key.name.role() == party.role && key.member == party.member && key.name.attribute() == "number";
    let person = case.parties.get(party).filter(|_| own)?.persons.first()?;
    Some(Value::Person(person.clone()))
}

/// The national number of a reporter.
fn number_of(reporter: &PartyId) -> String {
    format!("{}-1", reporter.role)
}

fn source_of(source: &Source) -> Actor {
    match source {
        Source::Party { party: Some(party) } => speaks(party),
        Source::Party { party: None } => operator(),
        Source::Step { agency, .. } | Source::Agency(agency) => officer(agency),
    }
}

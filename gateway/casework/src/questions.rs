//! What people are asked: beforehand, from the plan alone; and in a case, from what its services turned out not to know.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Case, Offer};
use crate::condition::Truth;
use crate::dictionary::{AskOf, Dictionary};
use crate::entry::Source;
use crate::name::{ConceptName, FactKey, FactName, PartyId, Role, ServiceId, StepId};
use crate::picture::{Picture, Settled, Standing};
use crate::plan::{Plan, PlanStep};
use crate::rulebook::Rulebook;
use crate::service::Mode;
use crate::view;

/// A question that the plan foresees: what steps need, no service gives, and a party may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The fact.
    pub fact: FactName,
    /// Its concept: the dictionary has label, help, type, evidence and assurance.
    pub concept: ConceptName,
    /// The group that it is asked of each member of.
    pub group: Option<Role>,
    /// Who may be asked.
    pub of: AskOf,
    /// Whether a service cannot do without it, or the happening cannot be told apart.
    pub required: bool,
    /// The services that need it, or whose condition does.
    pub services: Vec<ServiceId>,
}

/// A question that is open in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The fact.
    pub key: FactKey,
    /// Its concept.
    pub concept: ConceptName,
    /// Why it is asked.
    pub why: Why,
    /// Who may answer. Empty: whoever reported. Where only an agency did: those who might have.
    pub of: Vec<PartyId>,
    /// Whether a step, or the case, waits for the answer. Otherwise an answer is welcome and nothing waits.
    pub required: bool,
    /// The steps that need it, or whose condition does, and that have not ended.
    pub steps: Vec<StepId>,
}

/// Why something is asked in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It was not answered yet.
    Unanswered,
    /// The party said that they do not know; they may know now.
    SaidUnknown,
    /// Its giver says that there is none.
    GiverSaysAbsent(StepId),
    /// Its giver refused, or does not apply.
    GiverGone(StepId),
    /// Somebody says that it is not right; whoever supplied it says what holds.
    Disputed,
}

/// What is asked before there is a case: what no service gives and a party may be asked, and what tells happenings and
/// members apart.
#[must_use]
pub fn foreseen(plan: &Plan, dictionary: &Dictionary) -> Vec<Foreseen> {
    let mut uses = uses(plan);
    for fact in tells_apart(plan) {
        uses.entry(fact).or_default();
    }
    let mut foreseen = Vec::new();
    for (fact, (services, required)) in uses {
        let identity = tells_apart(plan).contains(&fact);
        let concept = match plan.facts.get(&fact) {
            Some(known) if known.askable && (known.givers.is_empty() || identity) => {
                Some(known.concept.clone())
            }
            Some(_) => None,
            None => plan.life_event.concept_of(&fact),
        };
        let asked = concept.and_then(|concept| {
            let ask = plan.life_event.ask(&fact, dictionary.concept(&concept)?)?;
            Some((concept, ask.of))
        });
        let Some((concept, of)) = asked else { continue };
        let group = Some(fact.role()).filter(|role| plan.life_event.is_group(role));
        // What a service gives as well is asked of those alone whom it does not know.
        let given = plan.facts.get(&fact).is_some_and(|known| !known.givers.is_empty());
        let required = (required && !given) || fact == plan.life_event.identity.date;
        foreseen.push(Foreseen { fact, concept, group, of, required, services });
    }
    foreseen
}

/// The services that use each fact, and whether one of them cannot do without it.
fn uses(plan: &Plan) -> BTreeMap<FactName, (Vec<ServiceId>, bool)> {
    let mut uses: BTreeMap<FactName, (Vec<ServiceId>, bool)> = BTreeMap::new();
    for step in &plan.steps {
        for (fact, required) in used_by(plan, step) {
            let (services, needed) = uses.entry(fact).or_default();
            if !services.contains(&step.service.id) {
                services.push(step.service.id.clone());
            }
            *needed |= required && step.service.mode == Mode::Automatic;
        }
    }
    uses
}

/// The facts that a step uses, and whether it cannot do without them. A condition can do without what no service
/// gives: what is left open is absent to it.
fn used_by(plan: &Plan, step: &PlanStep) -> Vec<(FactName, bool)> {
    let needs = step.needs.iter().map(|need| (need.fact.clone(), !need.optional));
    let when = step.when.iter().flat_map(|when| when.facts()).map(|fact| {
        let given = plan.facts.get(&fact).is_some_and(|known| !known.givers.is_empty());
        (fact, given)
    });
    let competence = step.competence.iter().cloned().map(|fact| (fact, true));
    needs.chain(when).chain(competence).collect()
}

/// The facts that tell happenings, and members of groups, apart.
fn tells_apart(plan: &Plan) -> BTreeSet<FactName> {
    let identity = &plan.life_event.identity;
    let mut facts: BTreeSet<FactName> =
        identity.blocking.iter().flatten().chain(&identity.sure).cloned().collect();
    facts.insert(identity.date.clone());
    for spec in &plan.life_event.roles {
        let attributes = spec.group.iter().flat_map(|group| &group.same_when);
        facts.extend(attributes.filter_map(|attribute| FactName::of(&spec.id, attribute).ok()));
    }
    facts
}

/// What is open to answer now.
#[must_use]
pub fn questions(rules: &Rulebook<'_>, case: &Case) -> Vec<Question> {
    let picture = Picture { rules, case };
    if case.withdrawal.is_some() {
        return Vec::new();
    }
    let mut open: BTreeMap<FactKey, Question> = BTreeMap::new();
    for step in &rules.plan.steps {
        for id in picture.instances(step) {
            if picture.settled(&id) == Settled::No {
                of_step(picture, step, &id, &mut open);
            }
        }
    }
    of_outcomes(picture, &mut open);
    for key in case.facts.iter().filter(|(_, fact)| fact.dispute.is_some()).map(|(key, _)| key) {
        if let Some(question) = question(picture, key) {
            // The case stays open for the answer, whether or not a step waits for it.
            open.entry(key.clone()).or_insert(question).required = true;
        }
    }
    open.into_values().collect()
}

/// What an outcome is still open for although no step needs it any more.
fn of_outcomes(picture: Picture<'_>, open: &mut BTreeMap<FactKey, Question>) {
    let plan = picture.rules.plan;
    for outcome in &plan.life_event.outcomes {
        let Some(condition) = plan.outcomes.get(&outcome.id) else { continue };
        for member in picture.each(outcome.per.as_ref()) {
            if picture.truth(condition, outcome.per.as_ref(), member.as_ref()) == Truth::True {
                continue;
            }
            for fact in condition.facts() {
                let key = picture.key(&fact, outcome.per.as_ref(), member.as_ref());
                // What no service gives, the outcome can do without.
                let given = |name| plan.facts.get(name).is_some_and(|fact| !fact.givers.is_empty());
                if let Standing::Askable(_) = picture.standing(&key)
                    && given(&fact)
                    && let Some(question) = question(picture, &key)
                {
                    open.entry(key).or_insert(question).required = true;
                }
            }
        }
    }
}

/// An offer that nobody has taken asks for no more than whether it applies.
pub(crate) fn is_unwanted(picture: Picture<'_>, step: &PlanStep, id: &StepId) -> bool {
    step.service.mode == Mode::Offer
        && picture.step(id).and_then(|state| state.offer) != Some(Offer::Accepted)
}

fn of_step(picture: Picture<'_>, step: &PlanStep, id: &StepId, open: &mut BTreeMap<FactKey, Question>) {
    let per = step.per.as_ref();
    let unwanted = is_unwanted(picture, step, id);
    let tells_whether_it_applies =
        |fact: &FactName| step.when.as_ref().is_some_and(|when| when.facts().contains(fact));
    let collected = |fact: &FactName| step.needs.iter().any(|need| need.collects && need.fact == *fact);
    for (fact, required) in used_by(picture.rules.plan, step) {
        if unwanted && !tells_whether_it_applies(&fact) {
            continue;
        }
        let keys: Vec<FactKey> = if collected(&fact) {
            let members = picture.members(&fact.role()).iter().cloned();
            members.map(|member| FactKey { name: fact.clone(), member: Some(member) }).collect()
        } else {
            vec![picture.key(&fact, per, id.member.as_ref())]
        };
        for key in keys {
            let Some(question) = question(picture, &key) else { continue };
            let question = open.entry(key).or_insert(question);
            question.required |= required && !unwanted;
            if !question.steps.contains(id) {
                question.steps.push(id.clone());
            }
        }
    }
}

/// The parties who may report such a happening.
fn might_have_reported<'a>(picture: Picture<'a>) -> impl Iterator<Item = &'a PartyId> {
    let life_event = &picture.rules.plan.life_event;
    let may = |party: &&PartyId| life_event.role(&party.role).is_some_and(|spec| spec.may_report);
    picture.case.parties.keys().filter(may)
}

/// Whether this party may answer what is asked of the reporter: they reported, or only an agency did and they might
/// have.
pub(crate) fn answers_for_the_reporter(picture: Picture<'_>, party: &PartyId) -> bool {
    let mut reporters = picture.reporters().peekable();
    match reporters.peek() {
        Some(_) => reporters.any(|reporter| reporter == party),
        None => might_have_reported(picture).any(|other| other == party),
    }
}

/// The question for a fact, where it is one.
fn question(picture: Picture<'_>, key: &FactKey) -> Option<Question> {
    let fact = picture.rules.plan.facts.get(&key.name)?;
    let mut of = Vec::new();
    let why = match picture.standing(key) {
        Standing::Askable(why) => why,
        Standing::LeftOpen => Why::Unanswered,
        Standing::Unsaid(_) if fact.askable => Why::SaidUnknown,
        Standing::Disputed if fact.askable => match &picture.current(key)?.source {
            Source::Party { party: Some(party) } => {
                of.push(party.clone());
                Why::Disputed
            }
            // Its source answers at the desk, or an operator for who plays no part.
            Source::Party { party: None } | Source::Step { .. } | Source::Agency(_) => return None,
        },
        Standing::Known(_)
        | Standing::Absent(_)
        | Standing::Unsaid(_)
        | Standing::Disputed
        | Standing::Coming(_)
        | Standing::Lost(_) => return None,
    };
    if view::asks_only_whom_it_is_about(picture.rules, &key.name) {
        of = view::about(picture.rules, picture.case, key).into_iter().collect();
    } else if of.is_empty() && picture.reporters().next().is_none() {
        of = might_have_reported(picture).cloned().collect();
    }
    let concept = fact.concept.clone();
    Some(Question { key: key.clone(), concept, why, of, required: false, steps: Vec::new() })
}

//! A plan: the compiled graph of services for one life event. Immutable; its hash is its name.

pub mod diff;
pub mod dot;
pub mod preview;
pub mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::condition::{Condition, Lookup, Truth};
use crate::life_event::LifeEvent;
use crate::name::{ConceptName, FactName, OutcomeId, Role, ServiceId};
use crate::service::Service;
use crate::value::ValueType;

/// The hash of a plan's content, in lower-case hexadecimal: its version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(pub String);

/// The compiled graph of services for one life event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The life event.
    pub life_event: LifeEvent,
    /// The steps, in an order in which each comes after all it waits for.
    pub steps: Vec<PlanStep>,
    /// Reversals that its steps name; they are steps only where something is undone.
    pub reversals: Vec<PlanStep>,
    /// Every fact that a step needs, gives or is conditional on, that identifies the happening or a member, or that an
    /// outcome asks for and anybody can bring.
    pub facts: BTreeMap<FactName, PlanFact>,
    /// When each outcome is reached, by its condition over facts.
    pub outcomes: BTreeMap<OutcomeId, Condition>,
}

/// One service in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// The service as declared.
    pub service: Service,
    /// The group that it runs once per member of.
    pub per: Option<Role>,
    /// Its needs, as facts of the life event, in the order of the service's own.
    pub needs: Vec<PlanNeed>,
    /// Its gifts, as facts of the life event, in the order of the service's own.
    pub gifts: Vec<PlanGift>,
    /// When it runs, over facts of the life event; both of the service's conditions together.
    pub when: Option<Condition>,
    /// Steps (indices into [`Plan::steps`]) that must be settled before it: givers of its needs and conditions, and
    /// what the law wants before it.
    pub waits_for: Vec<Wait>,
    /// The fact that chooses the agency, where several may offer it.
    pub competence: Option<FactName>,
    /// The fact that its term counts from.
    pub term_from: Option<FactName>,
    /// Whether the case may not complete without it.
    pub essential: bool,
}

/// That one step waits for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wait {
    /// The index of the step it waits for.
    pub step: usize,
    /// Why.
    pub because: Because,
}

/// Why a step waits for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It gives a fact that this one cannot do without.
    Needs(FactName),
    /// It gives a fact that this one can do without.
    CanUse(FactName),
    /// It gives a fact of this one's condition, or the fact that chooses its agency.
    Condition(FactName),
    /// The law wants it before.
    Law,
    /// Both give the same fact, and it comes first.
    GivesFirst(FactName),
}

/// A need of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanNeed {
    /// The fact.
    pub fact: FactName,
    /// Whether the step can go without it.
    pub optional: bool,
    /// Whether it takes the facts of all members of the fact's group, not those of one.
    pub collects: bool,
    /// The request field it goes into.
    pub field: String,
}

/// A gift of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanGift {
    /// The fact.
    pub fact: FactName,
    /// Whether each element is a member of the fact's group that this gift creates.
    pub creates: bool,
    /// The response field it comes from.
    pub field: String,
}

/// A fact in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFact {
    /// The concept it is.
    pub concept: ConceptName,
    /// Its type.
    #[serde(rename = "type")]
    pub value: ValueType,
    /// The steps that give it (indices), the first that applies first. Empty: a party is asked.
    pub givers: Vec<usize>,
    /// Whether a party may be asked for it: beforehand where nobody gives it, later where its givers say absent.
    pub askable: bool,
    /// Whether it is personal data about several parties at once, or must reach their other cases.
    pub propagates: bool,
}

impl Plan {
    /// The step of this service.
    #[must_use]
    pub fn step(&self, service: &ServiceId) -> Option<&PlanStep> {
        self.steps.iter().chain(&self.reversals).find(|step| step.service.id == *service)
    }

    /// The index of the step of this service.
    #[must_use]
    pub fn index(&self, service: &ServiceId) -> Option<usize> {
        self.steps.iter().position(|step| step.service.id == *service)
    }

    /// The outcomes that no step can bring about, whatever happens: a case of this plan does not open. What a party
    /// alone could say is no outcome of a service.
    #[must_use]
    pub fn unreachable_outcomes(&self) -> Vec<&OutcomeId> {
        let given = |fact: &FactName| self.facts.get(fact).is_some_and(|fact| !fact.givers.is_empty());
        let at_best = |condition: &Condition| {
            condition
                .truth(&|fact| if self.facts.contains_key(fact) { Lookup::Unknown } else { Lookup::Absent })
        };
        self.outcomes
            .iter()
            .filter(|(_, reached)| {
                let facts = reached.facts();
                at_best(reached) == Truth::False || !(facts.is_empty() || facts.iter().any(given))
            })
            .map(|(outcome, _)| outcome)
            .collect()
    }

    /// The facts that a party is asked beforehand: what steps need, nobody gives, and may be asked.
    pub fn static_questions(&self) -> impl Iterator<Item = (&FactName, &PlanFact)> {
        self.facts.iter().filter(|(_, fact)| fact.givers.is_empty() && fact.askable)
    }
}

#[cfg(test)]
mod tests;

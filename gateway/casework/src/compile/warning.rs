//! What is probably not meant, but stops nothing.

use std::fmt;

use super::Place;
use super::error::{Found, Wording, listed};
use crate::name::{FactName, OutcomeId, ServiceId};
use crate::plan::Plan;

/// What is probably not meant, but stops nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// An optional need that nothing gives and no question asks.
    NeverComes {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The service.
        service: ServiceId,
    },
    /// A step became non-essential, because what gives its need is.
    NotEssential {
        /// Where the need is.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The service.
        service: ServiceId,
        /// A giver that is not essential.
        giver: ServiceId,
    },
    /// An outcome that no step can bring about: a case does not open.
    Unreachable {
        /// Where.
        place: Place,
        /// The outcome.
        outcome: OutcomeId,
    },
    /// A word is bound that no field uses: perhaps it is misspelt.
    UnusedBind {
        /// Where.
        place: Place,
        /// The word.
        word: String,
        /// The words that are used.
        used: Vec<String>,
    },
    /// What a reversal gives, nothing uses.
    ReversalGives {
        /// Where.
        place: Place,
        /// The reversal.
        reversal: ServiceId,
    },
}

/// Finds the outcomes that the plan cannot reach.
pub(super) fn unreachable(plan: &Plan, found: &mut Found) {
    for outcome in plan.unreachable_outcomes() {
        let place = Place::LifeEvent(plan.life_event.id.clone(), format!("outcomes.{outcome}"));
        found.warning(Warning::Unreachable { place, outcome: outcome.clone() });
    }
}

impl Warning {
    fn wording(&self) -> Wording {
        match self {
            Self::NeverComes { place, fact, service } => {
                let headline =
                    format!("`{service}` can use `{fact}`, which nothing gives and no question asks");
                let help = "leave it out, register what gives it, or let the dictionary say how it is asked";
                Wording::new("L0901", headline).at(place).help(help)
            }
            Self::NotEssential { place, fact, service, giver } => {
                let headline = format!(
                    "`{service}` is not essential here: it needs `{fact}` of `{giver}`, which is not"
                );
                let help =
                    "say `essential: false` of it too; or make the need optional, or the giver essential";
                Wording::new("L0902", headline).at(place).help(help)
            }
            Self::Unreachable { place, outcome } => {
                let headline =
                    format!("no registered service can bring about `{outcome}`: no case can be opened");
                let help = "register a service that gives the facts of its condition";
                Wording::new("L0903", headline).at(place).help(help)
            }
            Self::UnusedBind { place, word, used } => {
                let headline = format!("`{word}` is bound to a role, and no fact is about `{word}`");
                let help = format!("leave it out, or bind one of the words in use: {}", listed(used));
                Wording::new("L0905", headline).at(place).help(help)
            }
            Self::ReversalGives { place, reversal } => {
                let headline = format!("what the reversal `{reversal}` gives is recorded nowhere");
                let help =
                    "leave out the `fact` of the response; put what people must know into the Decision";
                Wording::new("L0904", headline).at(place).help(help)
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wording().write("warning", f)
    }
}

//! What can be wrong with the words of a service, and how it is said.

use crate::compile::Place;
use crate::compile::error::{Wording, any_of, fault_and_help, listed};
use crate::name::{FactName, Role};
use crate::shape::{self, Misfit};
use crate::value::ValueType;

/// A word, a concept or a type is at fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordError {
    /// A service binds a word to a role that the life event does not have.
    BindsUnknownRole {
        /// Where.
        place: Place,
        /// The word.
        word: String,
        /// The role it names.
        role: Role,
        /// The roles there are.
        roles: Vec<Role>,
    },
    /// A fact's word is bound to no role, and is none.
    UnknownWord {
        /// Where.
        place: Place,
        /// The fact as the service writes it.
        written: FactName,
        /// The life event.
        life_event: String,
        /// The roles there are.
        roles: Vec<Role>,
    },
    /// The dictionary has no such concept.
    UnknownConcept {
        /// Where.
        place: Place,
        /// The fact as the service writes it.
        written: FactName,
        /// The concept that it would be.
        concept: String,
        /// Concepts that were perhaps meant.
        near: Vec<String>,
    },
    /// A field cannot carry its fact.
    Type {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The concept's type.
        kind: ValueType,
        /// Why it cannot.
        misfit: Misfit,
    },
    /// A condition compares what cannot be compared, or names a code that is none.
    Condition {
        /// Where.
        place: Place,
        /// The fact, as one of the life event.
        fact: FactName,
        /// What is wrong, and the way out.
        why: String,
    },
    /// A fact that chooses an agency or starts a term is not of a type that can.
    OptionType {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
        /// The concept's type.
        kind: ValueType,
        /// The types that can.
        wanted: &'static str,
    },
    /// A gift whose field does not tell unset from empty.
    NoPresence {
        /// Where.
        place: Place,
        /// The fact.
        fact: FactName,
    },
}

impl WordError {
    pub(in crate::compile) fn wording(&self) -> Wording {
        match self {
            Self::BindsUnknownRole { place, word, role, roles } => {
                let headline =
                    format!("`{word}` is bound to the role `{role}`, which the life event does not have");
                let help = format!("bind it to one of {}", listed(roles));
                Wording::new("L0201", headline).at(place).help(help)
            }
            Self::UnknownWord { place, written, life_event, roles } => {
                let word = written.role();
                let headline = format!(
                    "`{written}` is about `{word}`, which is nothing in the life event `{life_event}`"
                );
                let help = format!(
                    "bind it where the service serves the life event: bind {{key: \"{word}\" value: \"<role>\"}}, the role being one of {}",
                    listed(roles)
                );
                Wording::new("L0202", headline).at(place).help(help)
            }
            Self::UnknownConcept { place, written, concept, near } => {
                let headline = format!(
                    "`{written}` is the concept `{concept}` here, which the dictionary does not have"
                );
                let help = match near.is_empty() {
                    false => format!("did you mean {}?", any_of(near)),
                    true => format!("use a concept of the dictionary, or have `{concept}` added to it"),
                };
                Wording::new("L0203", headline).at(place).help(help)
            }
            Self::Type { place, fact, kind, misfit } => {
                let headline = format!("the field cannot carry `{fact}`, whose type is {kind}");
                let help = format!("make the field {}", shape::carriers(kind));
                Wording::new("L0204", headline).at(place).note(misfit.to_string()).help(help)
            }
            Self::Condition { place, why, .. } => {
                let (fault, help) = fault_and_help(why);
                Wording::new("L0206", fault.to_owned()).at(place).help(help)
            }
            Self::OptionType { place, fact, kind, wanted } => {
                let headline = format!("`{fact}` is {kind}; here it must be {wanted}");
                Wording::new("L0207", headline).at(place).help(format!("name a fact that is {wanted}"))
            }
            Self::NoPresence { place, fact } => {
                let headline =
                    format!("the gift `{fact}` cannot be absent: its field does not tell unset from empty");
                Wording::new("L0205", headline)
                    .at(place)
                    .help("mark the field `optional`, or make it a message")
            }
        }
    }
}

//! The dictionary: what each fact means, who may give it, and whether and how a party may be asked.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{AgencyId, ConceptName, Kind};
use crate::value::{Value, ValueType};

/// Texts by BCP 47 language tag.
pub type Texts = BTreeMap<String, String>;

/// The code list of what may have to come with an answer.
pub const EVIDENCE: &str = "evidence";

/// One file of the dictionary, as it is written (`gateway/dictionary/*.yaml`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DictionaryFile {
    /// The concepts it declares.
    #[serde(default)]
    pub concepts: Vec<Concept>,
    /// The code lists it declares: list -> code -> texts.
    #[serde(default)]
    pub codes: BTreeMap<String, BTreeMap<String, Texts>>,
}

/// A concept: what a fact of this name means, whatever law or form it appears in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// `<kind>.<attribute>`.
    pub name: ConceptName,
    /// What it means, in one sentence, for people.
    pub definition: String,
    /// What it is called within a sentence, by language: a few words without an article.
    #[serde(default)]
    pub called: Texts,
    /// The type of its values.
    #[serde(rename = "type")]
    pub value: ValueType,
    /// What its values are limited to, besides their type.
    #[serde(default)]
    pub limits: Limits,
    /// The agency (or kind of agency) that owns it: who may give it.
    pub owner: AgencyId,
    /// Other agencies that may give it, with the owner's consent.
    #[serde(default)]
    pub other_givers: Vec<AgencyId>,
    /// The law or standard it comes from.
    pub source: String,
    /// How careful one has to be with it.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// How a party is asked; none where a party may not be asked.
    #[serde(default)]
    pub ask: Option<Ask>,
    /// Whether a change must reach every other case of the party: life status, address, protection.
    #[serde(default)]
    pub propagates: bool,
}

/// What the values of a concept are limited to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The least whole number.
    #[serde(default)]
    pub least: Option<i64>,
    /// The greatest whole number.
    #[serde(default)]
    pub most: Option<i64>,
    /// How many digits a person's number has, and nothing else.
    #[serde(default)]
    pub digits: Option<u8>,
}

impl Limits {
    /// Whether the value is within them; of a list, each of it.
    #[must_use]
    pub fn admit(&self, value: &Value) -> bool {
        match value {
            Value::Integer(number) => {
                self.least.is_none_or(|least| *number >= least)
                    && self.most.is_none_or(|most| *number <= most)
            }
            Value::Person(number) => self.digits.is_none_or(|digits| {
                number.len() == usize::from(digits) && number.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Value::List(items) => items.iter().all(|item| self.admit(item)),
            _ => true,
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "a whole number from {least} to {most}"),
            (Some(least), None) => write!(f, "a whole number of {least} or more"),
            (None, Some(most)) => write!(f, "a whole number of at most {most}"),
            (None, None) => write!(f, "a number of {} digits", self.digits.unwrap_or_default()),
        }
    }
}

/// How careful one has to be with a fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Personal, as most facts are.
    #[default]
    Personal,
    /// Personal and open to abuse: a national number, an account.
    Confidential,
    /// A special category in law: health, origin, belief.
    Special,
}

/// How a party is asked for a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Who may be asked.
    #[serde(default)]
    pub of: AskOf,
    /// The evidence that must come with the answer: a code of the list `evidence`; none where their word suffices.
    #[serde(default)]
    pub evidence: Option<String>,
    /// The least level of assurance (eIDAS) of the one who answers.
    #[serde(default)]
    pub assurance: Assurance,
    /// Label and help, by language.
    pub question: BTreeMap<String, QuestionText>,
}

/// Who may be asked for a fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskOf {
    /// Whoever reports the life event.
    #[default]
    Reporter,
    /// Only the party that the fact is about.
    About,
}

/// Levels of assurance of eIDAS (Regulation (EU) 910/2014, article 8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Low.
    Low,
    /// Substantial.
    #[default]
    Substantial,
    /// High.
    High,
}

/// A question in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionText {
    /// The question itself.
    pub label: String,
    /// What helps to answer it.
    #[serde(default)]
    pub help: String,
}

/// All concepts and code lists, put together and checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    concepts: BTreeMap<ConceptName, Concept>,
    codes: BTreeMap<String, BTreeMap<String, Texts>>,
}

/// What is wrong with a dictionary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// One concept is declared twice.
    #[error("concept `{0}` is declared twice; give one of them another name, or remove it")]
    Twice(ConceptName),
    /// A concept's type names a code list that no file declares.
    #[error("concept `{concept}` is a code of `{list}`, which no dictionary file declares under `codes:`")]
    UnknownList {
        /// The concept.
        concept: ConceptName,
        /// The list.
        list: String,
    },
    /// The evidence that goes with an answer is no code of the list `evidence`.
    #[error(
        "concept `{concept}` asks for the evidence `{evidence}`, which is no code of the list `evidence`; add it there"
    )]
    UnknownEvidence {
        /// The concept.
        concept: ConceptName,
        /// The evidence.
        evidence: String,
    },
    /// A code list is declared twice.
    #[error("code list `{0}` is declared twice; merge the two")]
    ListTwice(String),
}

impl Dictionary {
    /// Puts the files together.
    ///
    /// # Errors
    /// Every fault of theirs, not only the first.
    pub fn assemble(files: impl IntoIterator<Item = DictionaryFile>) -> Result<Self, Vec<DictionaryError>> {
        let (mut dictionary, mut errors) = (Self::default(), Vec::new());
        for file in files {
            for (list, codes) in file.codes {
                if dictionary.codes.insert(list.clone(), codes).is_some() {
                    errors.push(DictionaryError::ListTwice(list));
                }
            }
            for concept in file.concepts {
                let name = concept.name.clone();
                if dictionary.concepts.insert(name.clone(), concept).is_some() {
                    errors.push(DictionaryError::Twice(name));
                }
            }
        }
        for concept in dictionary.concepts.values() {
            let list = code_list(&concept.value);
            if let Some(list) = list.filter(|list| !dictionary.codes.contains_key(*list)) {
                let (concept, list) = (concept.name.clone(), list.to_owned());
                errors.push(DictionaryError::UnknownList { concept, list });
            }
            let evidence = concept.ask.as_ref().and_then(|ask| ask.evidence.as_ref());
            let known = |code: &str| dictionary.codes(EVIDENCE).is_some_and(|codes| codes.contains_key(code));
            if let Some(evidence) = evidence.filter(|code| !known(code)) {
                let (concept, evidence) = (concept.name.clone(), evidence.clone());
                errors.push(DictionaryError::UnknownEvidence { concept, evidence });
            }
        }
        if errors.is_empty() { Ok(dictionary) } else { Err(errors) }
    }

    /// The concept of this name.
    #[must_use]
    pub fn concept(&self, name: &ConceptName) -> Option<&Concept> {
        self.concepts.get(name)
    }

    /// All concepts, by name.
    pub fn concepts(&self) -> impl Iterator<Item = &Concept> {
        self.concepts.values()
    }

    /// The codes of a list, with their texts.
    #[must_use]
    pub fn codes(&self, list: &str) -> Option<&BTreeMap<String, Texts>> {
        self.codes.get(list)
    }

    /// Whether there is any concept of the kind.
    #[must_use]
    pub fn has_kind(&self, kind: &Kind) -> bool {
        self.concepts.keys().any(|name| name.kind() == *kind)
    }

    /// Whether the value is one that the concept may have: of its type, within its limits and, for codes, of its list.
    #[must_use]
    pub fn admits(&self, concept: &Concept, value: &Value) -> bool {
        value.is_of(&concept.value) && concept.limits.admit(value) && self.codes_admit(&concept.value, value)
    }

    fn codes_admit(&self, kind: &ValueType, value: &Value) -> bool {
        match (kind, value) {
            (ValueType::Code(list), Value::Code(code)) => {
                self.codes.get(list).is_some_and(|codes| codes.contains_key(code))
            }
            (ValueType::List(of), Value::List(items)) => items.iter().all(|item| self.codes_admit(of, item)),
            _ => true,
        }
    }
}

/// The code list that a type names.
#[must_use]
pub fn code_list(kind: &ValueType) -> Option<&str> {
    match kind {
        ValueType::Code(list) => Some(list),
        ValueType::List(of) => code_list(of),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

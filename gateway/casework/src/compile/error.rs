//! What does not compile, said as a compiler says it: what is wrong, where, and the way out.

use std::collections::BTreeSet;
use std::fmt;

use super::{
    DeclarationError, FlowError, GroupError, LifeEventError, OrderError, ReversalError, Warning, WordError,
};
use crate::name::{LifeEventId, ServiceId};

/// Where something was declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a service.
    Service(ServiceId, Part),
    /// In a life event's file, under these keys: `identity.sure`.
    LifeEvent(LifeEventId, String),
}

/// The part of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A request field, from the request down.
    Request(String),
    /// A response field, from the response down.
    Response(String),
    /// An option of its annotation: `when`, `term.from`.
    Option(&'static str),
    /// All of it.
    Whole,
}

impl Place {
    pub(super) fn request(service: &ServiceId, field: &str) -> Self {
        Self::Service(service.clone(), Part::Request(field.to_owned()))
    }

    pub(super) fn response(service: &ServiceId, field: &str) -> Self {
        Self::Service(service.clone(), Part::Response(field.to_owned()))
    }

    pub(super) fn option(service: &ServiceId, option: &'static str) -> Self {
        Self::Service(service.clone(), Part::Option(option))
    }

    /// The service, where it is in one.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::Service(service, _) => Some(service),
            Self::LifeEvent(..) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service, Part::Request(field)) => write!(f, "{service} request.{field}"),
            Self::Service(service, Part::Response(field)) => write!(f, "{service} response.{field}"),
            Self::Service(service, Part::Option(option)) => write!(f, "{service} {option}"),
            Self::Service(service, Part::Whole) => write!(f, "{service}"),
            Self::LifeEvent(life_event, keys) => write!(f, "life event {life_event} {keys}"),
        }
    }
}

/// One thing that does not compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompileError {
    /// A life event's file is at fault.
    LifeEvent(LifeEventError),
    /// A service's declaration is at fault, whatever the others are.
    Declaration(DeclarationError),
    /// A word, concept or type is at fault.
    Word(WordError),
    /// A group is taken or given in a way that makes no steps.
    Group(GroupError),
    /// A fact has no way from its giver to its taker.
    Flow(FlowError),
    /// The steps have no order.
    Order(OrderError),
    /// A reversal is at fault.
    Reversal(ReversalError),
}

impl CompileError {
    pub(super) fn wording(&self) -> Wording {
        match self {
            Self::LifeEvent(error) => error.wording(),
            Self::Declaration(error) => error.wording(),
            Self::Word(error) => error.wording(),
            Self::Group(error) => error.wording(),
            Self::Flow(error) => error.wording(),
            Self::Order(error) => error.wording(),
            Self::Reversal(error) => error.wording(),
        }
    }

    /// Its code: `L0301`. A code never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.wording().code
    }

    /// Where it is; the place to mend comes first.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        self.wording().places
    }

    /// The services that it is about; the first is the one to leave out for the rest to compile.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceId> {
        self.places().iter().filter_map(|place| place.service().cloned()).collect()
    }
}

macro_rules! families {
    ($($variant:ident: $family:ty;)*) => {$(
        impl From<$family> for CompileError {
            fn from(error: $family) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

families! {
    LifeEvent: LifeEventError;
    Declaration: DeclarationError;
    Word: WordError;
    Group: GroupError;
    Flow: FlowError;
    Order: OrderError;
    Reversal: ReversalError;
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wording().write("error", f)
    }
}

impl std::error::Error for CompileError {}

/// Everything that does not compile, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileErrors(pub Vec<CompileError>);

impl fmt::Display for CompileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        match self.0.len() {
            1 => f.write_str("1 error; no plan"),
            n => write!(f, "{n} errors; no plan"),
        }
    }
}

impl std::error::Error for CompileErrors {}

/// An error or a warning in words.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    pub(super) code: &'static str,
    pub(super) headline: String,
    pub(super) places: Vec<Place>,
    pub(super) notes: Vec<String>,
    pub(super) help: String,
}

impl Wording {
    pub(super) fn new(code: &'static str, headline: String) -> Self {
        Self { code, headline, places: Vec::new(), notes: Vec::new(), help: String::new() }
    }

    pub(super) fn at(mut self, place: &Place) -> Self {
        self.places.push(place.clone());
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn write(&self, severity: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{severity}[{}]: {}", self.code, self.headline)?;
        for place in &self.places {
            writeln!(f, "  --> {place}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        writeln!(f, "  help: {}", self.help)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    errors: BTreeSet<CompileError>,
    warnings: BTreeSet<Warning>,
}

impl Found {
    pub(super) fn error(&mut self, error: impl Into<CompileError>) {
        self.errors.insert(error.into());
    }

    pub(super) fn warning(&mut self, warning: Warning) {
        self.warnings.insert(warning);
    }

    pub(super) fn any(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(super) fn into_errors(self) -> CompileErrors {
        CompileErrors(self.errors.into_iter().collect())
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings.into_iter().collect()
    }
}

/// Names as a sentence has them: `a`, `b` and `c`.
pub(super) fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The names as a question offers them: `a`, `b` or `c`.
pub(super) fn any_of(names: &[String]) -> String {
    listed(names).replace("` and `", "` or `")
}

/// What is wrong and how to mend it, of a text that says both: "`soon` is no time; write it as in P2D".
pub(super) fn fault_and_help(text: &str) -> (&str, &str) {
    text.split_once("; ").unwrap_or((text, "mend it where it is declared"))
}

/// The names most like this one, nearest first: what was perhaps meant.
#[must_use]
pub fn nearest(name: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let most = name.chars().count() / 4 + 1;
    let mut near: Vec<(usize, String)> = known
        .into_iter()
        .map(|other| (distance(name, &other), other))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort();
    near.dedup();
    let least = near.first().map_or(0, |(distance, _)| *distance);
    near.retain(|(distance, _)| *distance <= least + 1);
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters two names are apart.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let least = (corner + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_perhaps_meant_is_a_letter_or_two_away() {
        let near = |name: &str, known: &[&str]| nearest(name, known.iter().map(|name| (*name).to_owned()));
        assert_eq!(near("cot", &["dog", "cat"]), ["cat"]);
        assert_eq!(
            near("child.nmae", &["mother.name", "child.number", "child.name"]),
            ["child.name", "child.number"]
        );
        assert!(near("cot", &["dogs"]).is_empty());
    }
}

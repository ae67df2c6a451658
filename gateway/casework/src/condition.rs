//! Conditions over facts: casework's own total, three-valued expressions. CEL is parsed and lowered to these at the
//! edge; no parser is in here, and no condition can fail, loop or take long.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::FactName;
use crate::shape;
use crate::value::Value;

/// A condition. It has a truth for every state of its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Always the same.
    Always(bool),
    /// The fact is a `bool` and true.
    Holds(FactName),
    /// The fact is known (and not absent).
    Has(FactName),
    /// Not.
    Not(Box<Self>),
    /// All of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
    /// A comparison.
    Compare {
        /// How.
        by: Comparison,
        /// Left.
        left: Operand,
        /// Right.
        right: Operand,
    },
    /// The operand is one of these.
    OneOf {
        /// What.
        operand: Operand,
        /// Of which.
        values: Vec<Value>,
    },
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less; earlier.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater; later.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// A fact.
    Fact(FactName),
    /// A constant. A text constant also stands for a code, a date, an instant, a decimal or a person of that spelling.
    Constant(Value),
}

/// What is known of a fact when a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// It has this value.
    Known(&'a Value),
    /// It is known not to exist.
    Absent,
    /// It is not known (yet), or disputed.
    Unknown,
}

/// The truth of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be said yet.
    Unknown,
}

impl Condition {
    /// The facts it asks for.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<FactName> {
        let mut facts = BTreeSet::new();
        let _ = self.each_fact(&mut |name| {
            facts.insert(name.clone());
            true
        });
        facts
    }

    /// Whether each fact that it asks for is as `holds` wants; one that it asks for twice is looked at twice.
    pub(crate) fn each_fact<'a>(&'a self, holds: &mut impl FnMut(&'a FactName) -> bool) -> bool {
        let operand = |operand: &'a Operand, holds: &mut dyn FnMut(&'a FactName) -> bool| match operand {
            Operand::Fact(name) => holds(name),
            _ => true,
        };
        match self {
            Self::Always(_) => true,
            Self::Compare { left, right, .. } => operand(left, holds) && operand(right, holds),
            Self::OneOf { operand: of, .. } => operand(of, holds),
            Self::Holds(name) | Self::Has(name) => holds(name),
            Self::Not(inner) => inner.each_fact(holds),
            Self::All(all) | Self::Any(all) => all.iter().all(|inner| inner.each_fact(holds)),
        }
    }

    /// The same condition with every fact renamed: words become facts of a life event.
    ///
    /// # Errors
    /// The first error of `rename`.
    pub fn renamed<E>(&self, rename: &impl Fn(&FactName) -> Result<FactName, E>) -> Result<Self, E> {
        let operand = |of: &Operand| match of {
            Operand::Fact(name) => rename(name).map(Operand::Fact),
            Operand::Constant(value) => Ok(Operand::Constant(value.clone())),
        };
        let each =
            |all: &[Self]| all.iter().map(|inner| inner.renamed(rename)).collect::<Result<Vec<_>, E>>();
        Ok(match self {
            Self::Always(truth) => Self::Always(*truth),
            Self::Holds(name) => Self::Holds(rename(name)?),
            Self::Has(name) => Self::Has(rename(name)?),
            Self::Not(inner) => Self::Not(Box::new(inner.renamed(rename)?)),
            Self::All(all) => Self::All(each(all)?),
            Self::Any(all) => Self::Any(each(all)?),
            Self::Compare { by, left, right } => {
                Self::Compare { by: *by, left: operand(left)?, right: operand(right)? }
            }
            Self::OneOf { operand: of, values } => {
                Self::OneOf { operand: operand(of)?, values: values.clone() }
            }
        })
    }

    /// Its truth, given what is known of the facts.
    #[must_use]
    pub fn truth<'a>(&'a self, lookup: &impl Fn(&FactName) -> Lookup<'a>) -> Truth {
        match self {
            Self::Always(truth) => (*truth).into(),
            Self::Holds(name) => match lookup(name) {
                Lookup::Known(Value::Bool(truth)) => (*truth).into(),
                Lookup::Known(_) | Lookup::Absent => Truth::False,
                Lookup::Unknown => Truth::Unknown,
            },
            Self::Has(name) => match lookup(name) {
                Lookup::Known(_) => Truth::True,
                Lookup::Absent => Truth::False,
                Lookup::Unknown => Truth::Unknown,
            },
            Self::Not(inner) => inner.truth(lookup).not(),
            Self::All(all) => all.iter().fold(Truth::True, |so_far, inner| so_far.and(inner.truth(lookup))),
            Self::Any(all) => all
                .iter()
                .fold(Truth::True.not(), |so_far, inner| so_far.not().and(inner.truth(lookup).not()).not()),
            Self::Compare { by, left, right } => compare(*by, side(left, lookup), side(right, lookup)),
            Self::OneOf { operand, values } => match side(operand, lookup) {
                Lookup::Known(value) => {
                    values.iter().any(|one| order(value, one) == Some(std::cmp::Ordering::Equal)).into()
                }
                Lookup::Absent => Truth::False,
                Lookup::Unknown => Truth::Unknown,
            },
        }
    }
}

/// As it would be written in CEL, for people who review a plan.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, all: &[Self], by: &str, of_none: bool| {
            if all.is_empty() {
                return write!(f, "{of_none}");
            }
            for (nth, one) in all.iter().enumerate() {
                f.write_str(if nth > 0 { by } else { "" })?;
                match one {
                    Self::All(inner) | Self::Any(inner) if inner.len() > 1 => write!(f, "({one})")?,
                    _ => write!(f, "{one}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Always(truth) => write!(f, "{truth}"),
            Self::Holds(fact) => write!(f, "{fact}"),
            Self::Has(fact) => write!(f, "has({fact})"),
            Self::Not(inner) => match &**inner {
                Self::Has(_) | Self::Holds(_) | Self::Always(_) | Self::Not(_) => write!(f, "!{inner}"),
                _ => write!(f, "!({inner})"),
            },
            Self::All(all) => joined(f, all, " && ", true),
            Self::Any(any) => joined(f, any, " || ", false),
            Self::Compare { by, left, right } => write!(f, "{left} {by} {right}"),
            Self::OneOf { operand, values } => {
                write!(f, "{operand} in [")?;
                for (nth, value) in values.iter().enumerate() {
                    f.write_str(if nth > 0 { ", " } else { "" })?;
                    constant(value, f)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => write!(f, "{fact}"),
            Self::Constant(value) => constant(value, f),
        }
    }
}

/// A constant of a condition is the law's, nobody's data: it may be shown.
fn constant(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Integer(number) => write!(f, "{number}"),
        Value::Decimal(number) => write!(f, "{number}"),
        _ => write!(f, "{:?}", shape::spell(value).unwrap_or_default()),
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }
}

fn side<'a>(operand: &'a Operand, lookup: &impl Fn(&FactName) -> Lookup<'a>) -> Lookup<'a> {
    match operand {
        Operand::Fact(name) => lookup(name),
        Operand::Constant(value) => Lookup::Known(value),
    }
}

/// An absent fact equals nothing and is neither less nor greater: only "not equal" holds of it.
fn compare(by: Comparison, left: Lookup<'_>, right: Lookup<'_>) -> Truth {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let ordering = match (left, right) {
        (Lookup::Unknown, _) | (_, Lookup::Unknown) => return Truth::Unknown,
        (Lookup::Known(left), Lookup::Known(right)) => order(left, right),
        (Lookup::Absent, _) | (_, Lookup::Absent) => None,
    };
    match by {
        Comparison::Equal => ordering == Some(Equal),
        Comparison::NotEqual => ordering != Some(Equal),
        Comparison::Less => ordering == Some(Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Less | Equal)),
        Comparison::Greater => ordering == Some(Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Greater | Equal)),
    }
    .into()
}

/// How two values are ordered; none where they cannot be compared, or a partial date leaves it open.
fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    use rust_decimal::Decimal;
    match (left, right) {
        (Value::Text(l), Value::Text(r) | Value::Code(r) | Value::Person(r) | Value::Document(r))
        | (Value::Code(l) | Value::Person(l) | Value::Document(l), Value::Text(r))
        | (Value::Code(l), Value::Code(r))
        | (Value::Person(l), Value::Person(r))
        | (Value::Document(l), Value::Document(r)) => Some(l.cmp(r)),
        (Value::Bool(l), Value::Bool(r)) => Some(l.cmp(r)),
        (Value::Integer(l), Value::Integer(r)) => Some(l.cmp(r)),
        (Value::Decimal(l), Value::Decimal(r)) => Some(l.cmp(r)),
        (Value::Integer(l), Value::Decimal(r)) => Some(Decimal::from(*l).cmp(r)),
        (Value::Decimal(l), Value::Integer(r)) => Some(l.cmp(&Decimal::from(*r))),
        (Value::Money(l), Value::Money(r)) if l.currency == r.currency => Some(l.amount.cmp(&r.amount)),
        (Value::Instant(l), Value::Instant(r)) => Some(l.cmp(r)),
        (Value::Date(l), Value::Date(r)) if l == r => Some(std::cmp::Ordering::Equal),
        (Value::Date(l), Value::Date(r)) if l.latest() < r.earliest() => Some(std::cmp::Ordering::Less),
        (Value::Date(l), Value::Date(r)) if l.earliest() > r.latest() => Some(std::cmp::Ordering::Greater),
        (Value::Date(_), Value::Text(text)) => order(left, &Value::Date(text.parse().ok()?)),
        (Value::Text(text), Value::Date(_)) => order(&Value::Date(text.parse().ok()?), right),
        (Value::Instant(_), Value::Text(text)) => order(left, &Value::Instant(text.parse().ok()?)),
        (Value::Text(text), Value::Instant(_)) => order(&Value::Instant(text.parse().ok()?), right),
        (Value::Decimal(_), Value::Text(text)) => order(left, &Value::Decimal(text.parse().ok()?)),
        (Value::Text(text), Value::Decimal(_)) => order(&Value::Decimal(text.parse().ok()?), right),
        (Value::Address(l), Value::Address(r)) if l == r => Some(std::cmp::Ordering::Equal),
        (Value::List(l), Value::List(r)) if l == r => Some(std::cmp::Ordering::Equal),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

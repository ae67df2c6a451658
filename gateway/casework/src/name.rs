//! The names that casework knows things by. Each is parsed once, at the boundary, and cannot be empty,
//! overlong or of the wrong alphabet afterwards. Copies share the text: a decision copies names by the hundred.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest name of anything, in bytes. A plan holds names by the hundred and they travel in metrics.
pub const NAME_BYTES_MAX: usize = 96;

/// A name that is not one, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: {rule}")]
pub struct NameError {
    /// The text that was given.
    pub given: String,
    /// What it should have been.
    pub what: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

fn word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn kebab(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn dotted(text: &str) -> bool {
    let mut parts = text.split('.');
    matches!((parts.next(), parts.next(), parts.next()), (Some(a), Some(b), None) if word(a) && word(b))
}

fn slashed(text: &str) -> bool {
    let mut parts = text.split('/');
    matches!((parts.next(), parts.next(), parts.next()), (Some(a), Some(b), None) if kebab(a) && kebab(b))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                if text.len() <= NAME_BYTES_MAX && check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError { given: text.chars().take(128).collect(), what: $what, rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A public organisation that runs services, such as `municipality-oosterdam`.
    AgencyId, "an agency", "lower case letters, digits and hyphens, starting with a letter", kebab;
    /// What one agency does in a life event, such as `civil-registry/birth-registration`.
    ServiceId, "a public service", "<agency>/<service>, each of lower case letters, digits and hyphens", slashed;
    /// A kind of happening, such as `birth`.
    LifeEventId, "a life event", "lower case letters, digits and hyphens, starting with a letter", kebab;
    /// A kind of thing that facts are about, such as `person`, `vehicle`, `address`.
    Kind, "a kind", "one word of lower case letters, digits and underscores", word;
    /// A part in a life event, such as `child`, `mother`, `mover`.
    Role, "a role", "one word of lower case letters, digits and underscores", word;
    /// A concept of the dictionary, such as `person.given_names`.
    ConceptName, "a concept", "<kind>.<attribute>, each one word", dotted;
    /// A concept of a role in a life event, such as `child.given_names`.
    FactName, "a fact", "<role>.<attribute>, each one word", dotted;
    /// An outcome of a life event, such as `registered`.
    OutcomeId, "an outcome", "lower case letters, digits and hyphens, starting with a letter", kebab;
    /// A member of a group, given at its first mention: `m1`, `m2`, never an index.
    MemberId, "a member", "the letter m and a number from 1", |t| {
        t.strip_prefix('m').is_some_and(|n| n.parse::<u16>().is_ok_and(|i| i > 0 && i.to_string() == n))
    };
}

impl FactName {
    /// The fact `<role>.<attribute>`.
    ///
    /// # Errors
    /// Where the attribute is not one word.
    pub fn of(role: &Role, attribute: &str) -> Result<Self, NameError> {
        format!("{role}.{attribute}").parse()
    }

    /// The part before the dot, as text: the role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role(self.0.split('.').next().unwrap_or_default().into())
    }

    /// Whether its role is this one.
    #[must_use]
    pub fn is_of(&self, role: &Role) -> bool {
        self.0.split('.').next() == Some(role.as_str())
    }

    /// The part after the dot.
    #[must_use]
    pub fn attribute(&self) -> &str {
        self.0.split('.').nth(1).unwrap_or_default()
    }
}

impl ConceptName {
    /// The part before the dot: the kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind(self.0.split('.').next().unwrap_or_default().into())
    }

    /// The part after the dot.
    #[must_use]
    pub fn attribute(&self) -> &str {
        self.0.split('.').nth(1).unwrap_or_default()
    }
}

impl ServiceId {
    /// The agency, or kind of agency, that runs it: the part before the slash.
    #[must_use]
    pub fn agency(&self) -> AgencyId {
        AgencyId(self.0.split('/').next().unwrap_or_default().into())
    }
}

impl MemberId {
    /// The `ordinal`th member ever mentioned of its group, from 1.
    #[must_use]
    pub fn nth(ordinal: u16) -> Self {
        Self(format!("m{}", ordinal.max(1)).into())
    }
}

/// One fact of one case: the name, and the member it belongs to where its role is a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FactKey {
    /// The fact.
    pub name: FactName,
    /// The member of the role's group; none where the role is no group.
    pub member: Option<MemberId>,
}

impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{}[{member}]", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

/// One step of one case: the service, and the member it runs for. Stable over versions of the plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId {
    /// The public service.
    pub service: ServiceId,
    /// The member of the group that it runs per member of.
    pub member: Option<MemberId>,
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{}[{member}]", self.service),
            None => write!(f, "{}", self.service),
        }
    }
}

/// A party of a case: the role and, in a group, the member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyId {
    /// The role.
    pub role: Role,
    /// The member of the role's group.
    pub member: Option<MemberId>,
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{}[{member}]", self.role),
            None => write!(f, "{}", self.role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parsed_once_and_says_its_rule() {
        assert!("child.given_names".parse::<FactName>().is_ok());
        assert!("civil-registry/birth-registration".parse::<ServiceId>().is_ok());
        for bad in ["", "Child.name", "child", "a.b.c", "child.", ".name"] {
            assert!(bad.parse::<FactName>().is_err(), "{bad:?} was taken");
        }
        let error = "m0".parse::<MemberId>().unwrap_err();
        assert_eq!(error.to_string(), "`m0` is not a member: the letter m and a number from 1");
    }

    #[test]
    fn a_name_tells_its_parts() {
        let fact: FactName = "child.given_names".parse().unwrap();
        assert_eq!((fact.role().as_str(), fact.attribute()), ("child", "given_names"));
        let concept: ConceptName = "person.given_names".parse().unwrap();
        assert_eq!((concept.kind().as_str(), concept.attribute()), ("person", "given_names"));
        let service: ServiceId = "civil-registry/birth-registration".parse().unwrap();
        assert_eq!(service.agency().as_str(), "civil-registry");
        let role: Role = "child".parse().unwrap();
        assert_eq!(FactName::of(&role, "given_names").unwrap(), fact);
        assert!(FactName::of(&role, "Given").is_err());
        assert_eq!((MemberId::nth(0).as_str(), MemberId::nth(12).as_str()), ("m1", "m12"));
    }

    #[test]
    fn a_fact_a_step_and_a_party_of_a_member_name_the_member() {
        let of = |member: Option<MemberId>| {
            let fact = FactKey { name: "child.number".parse().unwrap(), member: member.clone() };
            let step = StepId { service: "civil/record".parse().unwrap(), member: member.clone() };
            let party = PartyId { role: "child".parse().unwrap(), member };
            format!("{fact} {step} {party}")
        };
        assert_eq!(of(Some(MemberId::nth(2))), "child.number[m2] civil/record[m2] child[m2]");
        assert_eq!(of(None), "child.number civil/record child");
    }
}

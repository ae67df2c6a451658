//! What the civil registry keeps.

use agency_kit::PartialDate;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the records of birth; their id is the record's number, `B-2026-000001`.
pub const BIRTH: &str = "birth";
/// Kind of the index of valid records of birth; its ids are [`birth_of`] with the record's number behind it.
pub const BIRTH_OF: &str = "birth-of";
/// Kind of the records of death; their id is the record's number, `D-2026-000001`.
pub const DEATH: &str = "death";
/// Kind of the index of valid records of death; its ids are one of [`Person::names`] with the record's number.
pub const DEATH_OF: &str = "death-of";
/// Kind of what the public prosecutor was told; their id is the number of the record that it is about.
pub const PROSECUTOR: &str = "prosecutor";
/// Kind of what the guardianship court was told: the mother is a minor; their id is the number of the record of birth.
pub const GUARDIANSHIP: &str = "guardianship";
/// Kind of the acknowledgements; their ids are [`acknowledgement`].
pub const ACKNOWLEDGEMENT: &str = "acknowledgement";
/// Kind of what was found about second parents; their id is the key of the call.
pub const PARENTAGE: &str = "parentage";
/// Kind of what registrars found about marriages concluded abroad; their id is the key of the call.
pub const FOREIGN_MARRIAGE: &str = "foreign-marriage";

/// Parts of an id are parted by what no name contains.
const PART: char = '\u{1f}';

/// Somebody as a record names them: with a number or without.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The national number.
    pub number: Option<String>,
    /// The given names.
    pub given_names: Option<String>,
    /// The family name.
    pub family_name: String,
    /// The date of birth.
    pub birth_date: PartialDate,
}

impl Person {
    /// Whether both are one and the same: by number, and where one of them has none by family name and date of birth.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(one), Some(other)) => one == other,
            _ => {
                folded(&self.family_name) == folded(&other.family_name) && self.birth_date == other.birth_date
            }
        }
    }

    /// By what this person is found in an index: by number where there is one, and by family name and date of birth.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let by_name = format!("{}{PART}{}", by_family_name(&self.family_name), self.birth_date);
        self.number.iter().map(|number| by_number(number)).chain([by_name]).collect()
    }
}

/// By what somebody with this number is found in an index.
#[must_use]
pub fn by_number(number: &str) -> String {
    format!("n{PART}{number}")
}

/// By what everybody of this family name is found in an index.
#[must_use]
pub fn by_family_name(family_name: &str) -> String {
    format!("f{PART}{}", folded(family_name))
}

/// A name as it is compared: spaces and case do not count.
pub(crate) fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().replace(PART, "")
}

/// Where valid records of the children of this mother, birth and order are found: the number of the record follows.
#[must_use]
pub fn birth_of(mother: &str, birth: Date, order: i64) -> String {
    format!("{mother}{PART}{birth}{PART}{order}{PART}")
}

/// Where valid records of the death of this person are found: the number of the record follows.
#[must_use]
pub fn death_of(person: &str) -> String {
    format!("{person}{PART}")
}

/// Id of the acknowledgement of a child of `mother` by `second_parent`, both as they are found in an index.
#[must_use]
pub fn acknowledgement(mother: &str, second_parent: &str) -> String {
    format!("{mother}{PART}{second_parent}")
}

/// A record of birth.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// The mother.
    pub mother: Person,
    /// The second parent in law.
    pub second_parent: Option<SecondParent>,
    /// The day on which the birth began.
    pub birth_began: Date,
    /// The municipality where it took place.
    pub municipality: String,
    /// Reference of the birth notice.
    pub notice: Option<String>,
    /// The child's place in the birth, from 1.
    pub order: i64,
    /// The gender.
    pub gender: String,
    /// Whether the child was born without life.
    pub stillborn: bool,
    /// The day the child was born.
    pub born_on: Date,
    /// The given names; none: not given yet, or refused.
    pub given_names: Option<String>,
    /// The last day on which a name must be given.
    pub name_by: Option<Date>,
    /// The family name.
    pub family_name: String,
    /// The day of receipt.
    pub received_on: Date,
    /// The day on which the record was marked as cancelled by correction.
    pub corrected_on: Option<Date>,
}

/// A second parent as a record of birth names them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondParent {
    /// The national number.
    pub number: Option<String>,
    /// The given names.
    pub given_names: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// The date of birth.
    pub birth_date: Option<PartialDate>,
    /// Code of the ground: `marriage`, `acknowledgement`.
    pub parentage: String,
}

/// A record of death.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// Who died.
    pub person: Person,
    /// The day of death.
    pub died_on: PartialDate,
    /// The municipality where.
    pub municipality: String,
    /// Reference of the doctor's certificate.
    pub certificate: String,
    /// Whether the prosecutor must consent before a burial.
    pub prosecutor_consents_first: bool,
    /// Where the extract goes.
    pub extract_to: ExtractTo,
    /// What the contact is to the one who died.
    pub kinship: Option<String>,
    /// The day of receipt.
    pub received_on: Date,
    /// The day on which the record was marked as cancelled by correction.
    pub corrected_on: Option<Date>,
}

/// Where the extract of a record of death goes: never to the one who died.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtractTo {
    /// To the contact with this number.
    Contact(String),
    /// To the estate, at the town hall.
    Estate,
}

/// What the public prosecutor was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToldToProsecutor {
    /// A birth was reported late.
    LateBirth,
    /// A doctor is not convinced that a death had a natural cause.
    UnnaturalDeath,
}

/// What a registrar has to look at: a marriage concluded abroad.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignMarriage {
    /// Whose marriage.
    pub person: Person,
    /// When it was concluded.
    pub concluded_on: PartialDate,
    /// Code of the country.
    pub country: String,
    /// Reference of the certificate.
    pub certificate: String,
    /// The day of receipt.
    pub received_on: Date,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn person(number: Option<&str>, family_name: &str, year: i16) -> Person {
        Person {
            number: number.map(str::to_owned),
            given_names: None,
            family_name: family_name.to_owned(),
            birth_date: date(year, 1, 1).into(),
        }
    }

    #[test]
    fn somebody_is_known_by_number_and_without_one_by_name_and_birth() {
        let known = person(Some("1"), "van Dijk", 1990);
        assert!(known.is(&person(Some("1"), "Jansen", 1991)), "a number says it all");
        assert!(!known.is(&person(Some("2"), "van Dijk", 1990)));
        assert!(known.is(&person(None, " Van  Dijk", 1990)));
        assert!(!known.is(&person(None, "van Dijk", 1991)));
        assert!(!known.is(&person(None, "Vos", 1990)));
    }

    #[test]
    fn an_index_finds_somebody_both_ways() {
        let known = person(Some("1"), "Vos", 1990);
        assert_eq!(known.names(), ["n\u{1f}1", "f\u{1f}vos\u{1f}1990-01-01"]);
        assert_eq!(person(None, "Vos", 1990).names(), known.names()[1..]);
    }
}

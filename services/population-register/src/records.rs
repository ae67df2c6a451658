//! What the population register keeps.

use agency_kit::PartialDate;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the records of persons; their id is the national number.
pub const PERSON: &str = "person";
/// Kind of the register of addresses; its ids are [`place`].
pub const DWELLING: &str = "dwelling";
/// Kind of the index of dwellings by number; its records are places.
pub const DWELLING_NUMBER: &str = "dwelling-number";
/// Kind of the index of who is or was registered at a place; its ids are [`resident`], its records numbers.
pub const RESIDENT: &str = "resident";
/// Kind of the index of newborns by record of birth; its records are national numbers.
pub const NUMBER_OF: &str = "number-of";
/// Kind of the numbers that are kept for an entry to be made anew; their id is the national number, each names the record
/// of birth.
pub const NUMBER_KEPT: &str = "number-kept";

/// Parts of an id are parted by what no address contains.
const PART: char = '\u{1f}';

/// Where a postal code and a house number are: spaces and case do not count.
#[must_use]
pub fn place(postal_code: &str, house_number: &str) -> String {
    let folded = |text: &str| -> String {
        text.chars().filter(|it| !it.is_whitespace() && *it != PART).flat_map(char::to_uppercase).collect()
    };
    format!("{}{PART}{}", folded(postal_code), folded(house_number))
}

/// Id of somebody in the index of who is or was registered at a place.
#[must_use]
pub fn resident(place: &str, number: &str) -> String {
    format!("{}{number}", residents_of(place))
}

/// With what the ids of everybody who is or was registered at a place begin.
#[must_use]
pub fn residents_of(place: &str) -> String {
    format!("{place}{PART}{PART}")
}

/// A person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Given names; none: not given yet.
    pub given_names: Option<String>,
    /// Family name; none: not known apart from the full name.
    pub family_name: Option<String>,
    /// Date of birth.
    pub birth_date: PartialDate,
    /// Code of the gender.
    pub gender: String,
    /// The numbers of the parents in law.
    pub parents: Vec<String>,
    /// Code of the civil status; none: no document was shown.
    pub civil_status: Option<String>,
    /// The latest marriage or partnership, in force or not.
    pub marriage: Option<Marriage>,
    /// Whether the address is secret.
    pub protected: bool,
    /// Whether others may not report moves of this person.
    pub moves_blocked: bool,
    /// Where the person is, was and will be registered, in the order in which it was entered.
    pub residences: Vec<Residence>,
    /// Deaths entered, of which at most the last is valid.
    pub deaths: Vec<DeathEntry>,
}

/// A marriage or registered partnership.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marriage {
    /// Number of its record.
    pub record: Option<String>,
    /// The number of the partner.
    pub partner: Option<String>,
    /// When it was concluded.
    pub concluded_on: Option<PartialDate>,
    /// Code of the country where.
    pub country: Option<String>,
    /// Reference of the certificate, where it was concluded abroad.
    pub certificate: Option<String>,
}

/// A registration at an address, until the next one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residence {
    /// The first day.
    pub from: Date,
    /// Where: as [`place`] says.
    pub place: String,
    /// The address.
    pub address: Address,
    /// The day of the move as it was reported; none: not by a report of a move.
    pub reported: Option<Date>,
    /// Whether it was cancelled by correction.
    pub cancelled: bool,
}

/// An address as on an envelope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street, house number and what else is on the lines.
    pub lines: Vec<String>,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub locality: String,
    /// Code of the municipality.
    pub municipality: String,
}

/// A death as it was entered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeathEntry {
    /// Number of the record of death.
    pub record: String,
    /// The day.
    pub died_on: PartialDate,
    /// The partner who became widowed, and their civil status before.
    pub widowed: Option<(String, String)>,
    /// Whether it was cancelled by correction.
    pub cancelled: bool,
}

/// A dwelling in the register of addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dwelling {
    /// Its number.
    pub number: String,
    /// Its address.
    pub address: Address,
    /// The numbers of those of whom its main occupant has said that they may move in.
    pub consents: Vec<String>,
}

impl Person {
    /// The death that is entered and not cancelled.
    #[must_use]
    pub fn death(&self) -> Option<&DeathEntry> {
        self.deaths.iter().rev().find(|it| !it.cancelled)
    }

    /// Where the person is registered on a day.
    #[must_use]
    pub fn residence(&self, on: Date) -> Option<&Residence> {
        self.valid().into_iter().rfind(|it| it.from <= on)
    }

    /// The registration that nothing comes after: it may begin in the future.
    #[must_use]
    pub fn last_residence(&self) -> Option<&Residence> {
        self.valid().into_iter().next_back()
    }

    /// The registration that another one ended.
    #[must_use]
    pub fn residence_before(&self, ended_by: &Residence) -> Option<&Residence> {
        let valid = self.valid();
        let at = valid.iter().position(|it| *it == ended_by)?;
        valid.get(at.checked_sub(1)?).copied()
    }

    /// By first day; of the same day the one entered later counts.
    fn valid(&self) -> Vec<&Residence> {
        let mut valid: Vec<&Residence> = self.residences.iter().filter(|it| !it.cancelled).collect();
        valid.sort_by_key(|it| it.from);
        valid
    }

    /// Whether a marriage or partnership is in force.
    #[must_use]
    pub fn is_married(&self) -> bool {
        matches!(self.civil_status.as_deref(), Some("married" | "partnership"))
    }

    /// The number of the partner whose death ended the latest marriage or partnership.
    #[must_use]
    pub fn widowed_of(&self) -> Option<&str> {
        self.marriage.as_ref().filter(|_| self.civil_status.as_deref() == Some("widowed"))?.partner.as_deref()
    }

    /// The number of the partner of a marriage or partnership in force.
    #[must_use]
    pub fn partner(&self) -> Option<&str> {
        self.marriage.as_ref().filter(|_| self.is_married())?.partner.as_deref()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;

    use super::*;

    pub(crate) fn residence(from: Date, at: &str) -> Residence {
        let address = Address {
            lines: vec![format!("Straat {at}")],
            postal_code: "1000 XZ".to_owned(),
            locality: "Oosterdam".to_owned(),
            municipality: "oosterdam".to_owned(),
        };
        Residence { from, place: place("1000 XZ", at), address, reported: None, cancelled: false }
    }

    pub(crate) fn person() -> Person {
        Person {
            given_names: Some("Eva".to_owned()),
            family_name: Some("Bakker".to_owned()),
            birth_date: date(1984, 1, 20).into(),
            gender: "female".to_owned(),
            parents: Vec::new(),
            civil_status: Some("unmarried".to_owned()),
            marriage: None,
            protected: false,
            moves_blocked: false,
            residences: vec![residence(date(1990, 1, 1), "5")],
            deaths: Vec::new(),
        }
    }

    #[test]
    fn spaces_and_case_of_a_postal_code_do_not_count() {
        assert_eq!(place("1012 ab", "12-b"), place("1012AB", " 12-B "));
        assert_ne!(place("1012AB", "1"), place("1012AB", "11"));
        assert_ne!(place("1012AB1", "1"), place("1012AB", "11"));
    }

    #[test]
    fn a_future_move_counts_from_its_day_and_a_cancelled_one_never() {
        let mut person = person();
        person.residences.push(residence(date(2026, 12, 1), "7"));
        let at = |person: &Person, on| person.residence(on).unwrap().place.clone();
        assert_eq!(at(&person, date(2026, 11, 30)), place("1000XZ", "5"));
        assert_eq!(at(&person, date(2026, 12, 1)), place("1000XZ", "7"));
        assert_eq!(person.last_residence().unwrap().place, place("1000XZ", "7"));
        let moved = person.last_residence().unwrap().clone();
        assert_eq!(person.residence_before(&moved).unwrap().place, place("1000XZ", "5"));
        person.residences[1].cancelled = true;
        assert_eq!(at(&person, date(2026, 12, 1)), place("1000XZ", "5"));
        assert!(person.residence_before(&moved).is_none());
    }
}

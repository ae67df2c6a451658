//! What a municipality keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the records of residents; their id is the national number.
pub const RESIDENT: &str = "resident";
/// Kind of the records of welcome gifts; their id is the child's national number.
pub const GIFT: &str = "gift";
/// Kind of the permits for burial; their id is the permit's number.
pub const PERMIT: &str = "permit";
/// Kind of the index of permits in force; its ids are numbers of records of death, its records permits' numbers.
pub const PERMIT_OF: &str = "permit-of";
/// Kind of what was found about addresses; their id is the key of the call.
pub const INVESTIGATION: &str = "investigation";

/// A resident, as the municipality serves them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// The day from which the municipality counts them.
    pub from: Date,
    /// Whether they are on the electoral roll.
    pub electoral_roll: bool,
    /// The day from which local taxes are due.
    pub taxed_from: Date,
    /// The address in lists that others see; none where it is secret.
    pub listed_address: Option<Vec<String>>,
    /// Whether they wait for a parking permit.
    pub waits_for_parking: bool,
    /// When and why the services ended.
    pub ended: Option<End>,
}

/// The end of what a municipality does for somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The first day on which they are no resident any more.
    pub on: Date,
    /// The day until which local taxes are due.
    pub taxed_until: Date,
    /// Why.
    pub why: Leaving,
}

/// Why somebody is no resident any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaving {
    /// They moved; where to is not told.
    Moved,
    /// They died; letters go to the contact with this number, or without one to the heirs at the notary.
    Died {
        /// Number of the record of death.
        record: String,
        /// The contact's number.
        letters_to: Option<String>,
    },
}

/// A welcome gift.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// What, in words.
    pub what: String,
    /// Its worth in euro cents; 0 where it is no money.
    pub cents: i64,
}

/// A permit to bury or cremate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// Number of the record of death.
    pub death_record: String,
    /// The first day on which it may take place: 36 hours must have passed.
    pub not_before: Date,
    /// The last day.
    pub burial_by: Date,
    /// Who gets it, by number; none: the undertaker.
    pub contact: Option<String>,
    /// Whether it was used.
    pub used: bool,
    /// Whether it was taken back.
    pub withdrawn: bool,
}

/// What an inspector has to look at: an address that is not in the register of addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Investigation {
    /// Lines of the address.
    pub lines: Vec<String>,
    /// The municipality that the address itself names.
    pub administrative_area: String,
    /// Postal code.
    pub postal_code: String,
    /// House number with its addition.
    pub house_number: String,
}

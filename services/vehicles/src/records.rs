//! What the vehicle authority keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the records of vehicles; their id is the plate.
pub const VEHICLE: &str = "vehicle";
/// Kind of the index of vehicles by holder; its ids are `<holder>/<plate>`, its records plates.
pub const HELD: &str = "held";
/// Kind of the records of licences; their id is the holder's number.
pub const LICENCE: &str = "licence";

/// A registered vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// The national number of the holder.
    pub holder: String,
    /// Where it is registered, as on an envelope; none: where its holder was registered when the books
    /// began, or by way of the population register where that is secret.
    pub address: Option<Vec<String>>,
    /// The day from which that address holds.
    pub address_from: Option<Date>,
    /// Whether its registration is suspended.
    pub suspended: bool,
    /// The day by which heirs must transfer it, while it is part of an estate.
    pub transfer_by: Option<Date>,
}

/// A driving licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// The day from which it is not valid any more.
    pub withdrawn_on: Option<Date>,
    /// Where the reminder to renew it goes, and from which day; none: by way of the population register.
    pub reminder_to: Option<(Vec<String>, Date)>,
}

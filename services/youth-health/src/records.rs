//! What youth health care keeps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of the files of children; their id is the child's number.
pub const FILE: &str = "file";

/// The file of a child.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The municipality whose health centre is responsible; none: that of the address it was born to.
    pub municipality: Option<String>,
    /// Since when it is.
    pub responsible_from: Option<Date>,
    /// The visit of the nurse.
    pub screening: Option<Screening>,
    /// The days of the vaccinations to come.
    pub vaccinations: Vec<Date>,
    /// How the invitation was addressed.
    pub invitation: Option<Invitation>,
    /// Whether the child died: nothing is sent any more.
    pub closed: bool,
}

/// A planned visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screening {
    /// When.
    pub on: Date,
    /// Whether only the hearing is tested.
    pub hearing_only: bool,
    /// Where; none: given to the nurse on the day, for a protected address.
    pub at: Option<Vec<String>>,
}

/// How an invitation was addressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// To whom: the registered name, or "your child".
    pub names: String,
    /// Where; none: by way of the population register, for a protected address.
    pub to: Option<Vec<String>>,
}

//! The rules of the three municipalities. Each says what it concludes and why; none knows books, wire or clock.

pub mod addresses;
pub mod burial;
pub mod newborns;
mod reasons;
pub mod residents;

use agency_kit::Remedy;

pub use reasons::REASONS;

/// How a party objects to what the municipality decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://municipality.example/objection" };

/// A municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Oosterdam.
    Oosterdam,
    /// Westerveen.
    Westerveen,
    /// Zuiderhaven.
    Zuiderhaven,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Oosterdam, Self::Westerveen, Self::Zuiderhaven];

    /// Its code in the list `municipality`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Oosterdam => "oosterdam",
            Self::Westerveen => "westerveen",
            Self::Zuiderhaven => "zuiderhaven",
        }
    }

    /// The agency.
    #[must_use]
    pub const fn agency(self) -> &'static str {
        match self {
            Self::Oosterdam => "municipality-oosterdam",
            Self::Westerveen => "municipality-westerveen",
            Self::Zuiderhaven => "municipality-zuiderhaven",
        }
    }

    /// Its names for people.
    #[must_use]
    pub const fn titles(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Oosterdam => [("en", "Municipality of Oosterdam"), ("nl", "Gemeente Oosterdam")],
            Self::Westerveen => [("en", "Municipality of Westerveen"), ("nl", "Gemeente Westerveen")],
            Self::Zuiderhaven => [("en", "Municipality of Zuiderhaven"), ("nl", "Gemeente Zuiderhaven")],
        }
    }

    /// The one with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_municipality() {
        for place in Place::ALL {
            assert_eq!(Place::of(place.code()), Some(place));
            assert_eq!(place.agency(), format!("municipality-{}", place.code()));
        }
        assert_eq!(Place::of("Oosterdam"), None);
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }
}

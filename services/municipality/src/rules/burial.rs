//! Permits for burial or cremation.

use agency_kit::calendar::working_day_after;
use agency_kit::{Conclusion, PartialDate, Remedy};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::records::Permit;

/// Version of the rules by which a burial is permitted.
pub const PERMIT: &str = "burial-permit/2026-01";
/// Version of the rules by which a permit is taken back.
pub const WITHDRAWAL: &str = "burial-permit-withdrawal/2026-01";
/// Where the prosecutor's consent is asked for.
const PROSECUTOR: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://public-prosecutor.example/consent" };
/// Working days after the death within which the burial takes place.
const WITHIN: u32 = 6;
/// Working days after receipt that remain where the term has passed.
const REMAIN: u32 = 2;

/// The days between which a burial may take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first: 36 hours have passed by then, whenever on the day of death it was.
    pub not_before: Date,
    /// The last.
    pub by: Date,
}

/// Whether a burial is permitted, and when; of a partial date the last possible day counts.
#[must_use]
pub fn permit(died_on: PartialDate, unnatural: bool, received_on: Date) -> (Conclusion, Option<Days>) {
    if unnatural {
        return (Conclusion::refused("prosecutor-has-not-consented").remedied_by(PROSECUTOR), None);
    }
    let died_on = died_on.last();
    let not_before = died_on.checked_add(2.days()).unwrap_or(died_on);
    let by = working_day_after(died_on, WITHIN);
    if received_on > by {
        let by = working_day_after(received_on, REMAIN);
        return (Conclusion::granted().because("term-passed"), Some(Days { not_before, by }));
    }
    (Conclusion::granted(), Some(Days { not_before, by: by.max(not_before) }))
}

/// Whether a permit is taken back.
#[must_use]
pub fn withdraw(permit: Option<&Permit>) -> Conclusion {
    match permit {
        Some(Permit { used: false, withdrawn: false, .. }) => Conclusion::granted(),
        _ => Conclusion::not_applicable("no-permit"),
    }
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::date;

    use super::*;

    /// A Friday.
    const DIED: Date = date(2026, 11, 20);

    #[test]
    fn a_burial_takes_place_within_six_working_days_and_not_within_36_hours() {
        assert_eq!(
            permit(DIED.into(), false, DIED),
            (Conclusion::granted(), Some(Days { not_before: date(2026, 11, 22), by: date(2026, 11, 30) }))
        );
        assert_eq!(permit(DIED.into(), false, date(2026, 11, 30)).0, Conclusion::granted());
    }

    #[test]
    fn christmas_does_not_count() {
        let (_, days) = permit(date(2026, 12, 22).into(), false, date(2026, 12, 22));
        assert_eq!(days.unwrap().by, date(2026, 12, 31));
    }

    #[test]
    fn of_a_partial_date_the_last_day_counts() {
        let november = PartialDate::of(&WireDate { year: 2026, month: 11, day: 0 }).unwrap();
        assert_eq!(permit(november, false, DIED).1.unwrap().by, date(2026, 12, 8));
    }

    #[test]
    fn after_the_term_two_working_days_remain() {
        assert_eq!(
            permit(DIED.into(), false, date(2026, 12, 4)),
            (
                Conclusion::granted().because("term-passed"),
                Some(Days { not_before: date(2026, 11, 22), by: date(2026, 12, 8) })
            )
        );
    }

    #[test]
    fn after_an_unnatural_death_the_prosecutor_consents_first() {
        assert_eq!(
            permit(DIED.into(), true, DIED),
            (Conclusion::refused("prosecutor-has-not-consented").remedied_by(PROSECUTOR), None)
        );
    }

    #[test]
    fn only_an_unused_permit_is_taken_back() {
        let unused = Permit {
            death_record: "D-1".to_owned(),
            not_before: DIED,
            burial_by: DIED,
            contact: None,
            used: false,
            withdrawn: false,
        };
        assert_eq!(withdraw(Some(&unused)), Conclusion::granted());
        let nothing = Conclusion::not_applicable("no-permit");
        assert_eq!(withdraw(Some(&Permit { used: true, ..unused.clone() })), nothing);
        assert_eq!(withdraw(Some(&Permit { withdrawn: true, ..unused })), nothing);
        assert_eq!(withdraw(None), nothing);
    }
}

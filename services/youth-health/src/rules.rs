//! The rules of youth health care. Each says what it concludes and why; none knows books, wire or clock.

use agency_kit::{Conclusion, ReasonTexts, Remedy};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::records::{File, Screening};

/// How a party objects to what the ministry decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://youth-health.example/objection" };

/// The reasons that youth health care gives.
pub const REASONS: ReasonTexts = &[
    (
        "hearing-only",
        "The blood test has to be done within 28 days of the birth; only the hearing is tested.",
        "De hielprik kan tot 28 dagen na de geboorte; alleen het gehoor wordt getest.",
        "eli/xz/act/2008/460/art-12a-3",
    ),
    (
        "too-old",
        "The child is past the age for which this is meant.",
        "Het kind is ouder dan waarvoor dit bedoeld is.",
        "eli/xz/act/2008/460/art-12a-4",
    ),
    (
        "address-protected",
        "The address is protected: the nurse gets it on the day itself.",
        "Het adres is geheim: de verpleegkundige krijgt het op de dag zelf.",
        "eli/xz/act/2008/460/art-15",
    ),
    (
        "catch-up",
        "An earlier vaccination is past; it is caught up with.",
        "Een eerdere vaccinatie is voorbij; die wordt ingehaald.",
        "eli/xz/act/2008/460/art-6b-2",
    ),
    (
        "already-planned",
        "It was planned already; the days stay as they are.",
        "Het was al gepland; de dagen blijven zoals ze zijn.",
        "eli/xz/act/2008/460/art-12a",
    ),
    (
        "no-file",
        "There is no file of this child.",
        "Er is geen dossier van dit kind.",
        "eli/xz/act/2008/460/art-13",
    ),
];

/// How long after a birth the blood test can be done, in days.
const BLOOD_TEST_DAYS: i32 = 28;
/// Days between receipt and the first day a vaccination can be planned on.
const INVITED_AHEAD_DAYS: i32 = 7;

/// The visit of the nurse: whether, when, and whether the hearing alone is tested. One that is planned stays.
#[must_use]
pub fn screening(
    planned: Option<&Screening>,
    born: Date,
    received_on: Date,
    protected: bool,
) -> (Conclusion, Option<Date>, bool) {
    let secret = |it: Conclusion| if protected { it.because("address-protected") } else { it };
    if let Some(planned) = planned {
        let of =
            if planned.hearing_only { Conclusion::partly("hearing-only") } else { Conclusion::granted() };
        return (secret(of.because("already-planned")), Some(planned.on), planned.hearing_only);
    }
    let next_day = later(received_on, 1.day());
    let hearing_only = received_on > later(born, BLOOD_TEST_DAYS.days());
    if received_on > later(born, 6.months()) {
        return (Conclusion::not_applicable("too-old"), None, false);
    }
    let conclusion = if hearing_only { Conclusion::partly("hearing-only") } else { Conclusion::granted() };
    let on = if hearing_only { next_day } else { later(born, 5.days()).max(next_day) };
    (secret(conclusion), Some(on), hearing_only)
}

/// The vaccinations that are still to come, the first of them first; none: the child is too old. Those that are planned
/// stay.
#[must_use]
pub fn vaccinations(planned: &[Date], born: Date, received_on: Date) -> (Conclusion, Vec<Date>) {
    if !planned.is_empty() {
        return (Conclusion::granted().because("already-planned"), planned.to_vec());
    }
    let schedule =
        [6.weeks(), 3.months(), 5.months(), 12.months()].map(|after| clinic_day(later(born, after)));
    let earliest = later(received_on, INVITED_AHEAD_DAYS.days());
    let to_come: Vec<Date> = schedule.into_iter().filter(|day| *day >= earliest).collect();
    let conclusion = match to_come.len() {
        0 => Conclusion::not_applicable("too-old"),
        4 => Conclusion::granted(),
        _ => Conclusion::granted().because("catch-up"),
    };
    (conclusion, to_come)
}

/// Whether there is a file to hand over or to close.
#[must_use]
pub fn file_at_hand(file: Option<&File>) -> Conclusion {
    match file {
        Some(file) if !file.closed => Conclusion::granted(),
        _ => Conclusion::not_applicable("no-file"),
    }
}

/// The day itself where it is a Tuesday or a Thursday, else the next of these.
fn clinic_day(day: Date) -> Date {
    let mut day = day;
    while !matches!(day.weekday(), Weekday::Tuesday | Weekday::Thursday) {
        day = later(day, 1.day());
    }
    day
}

/// The calendar ends in the year 9999; no child is born near it.
fn later(day: Date, by: Span) -> Date {
    day.checked_add(by).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }

    #[test]
    fn the_nurse_comes_on_the_fifth_day_or_the_day_after_receipt() {
        let born = date(2026, 11, 20);
        assert_eq!(
            screening(None, born, date(2026, 11, 21), false),
            (Conclusion::granted(), Some(date(2026, 11, 25)), false)
        );
        assert_eq!(screening(None, born, date(2026, 12, 1), false).1, Some(date(2026, 12, 2)));
    }

    #[test]
    fn after_four_weeks_only_the_hearing_is_tested_and_after_half_a_year_nothing() {
        let born = date(2026, 6, 1);
        assert_eq!(screening(None, born, date(2026, 6, 29), false).0, Conclusion::granted());
        let late = screening(None, born, date(2026, 6, 30), false);
        assert_eq!(late, (Conclusion::partly("hearing-only"), Some(date(2026, 7, 1)), true));
        assert_eq!(screening(None, born, date(2026, 12, 2), false).0, Conclusion::not_applicable("too-old"));
    }

    #[test]
    fn a_protected_address_is_said_to_be_so() {
        let (conclusion, ..) = screening(None, date(2026, 11, 20), date(2026, 11, 21), true);
        assert_eq!(conclusion, Conclusion::granted().because("address-protected"));
    }

    #[test]
    fn vaccinations_are_on_tuesdays_and_thursdays_a_week_ahead_at_least() {
        let born = date(2026, 11, 20);
        let (conclusion, days) = vaccinations(&[], born, date(2026, 11, 23));
        assert_eq!(conclusion, Conclusion::granted());
        assert_eq!(days.first(), Some(&date(2027, 1, 5)));
        assert!(days.iter().all(|day| matches!(day.weekday(), Weekday::Tuesday | Weekday::Thursday)));
        let (caught_up, days) = vaccinations(&[], born, date(2026, 12, 30));
        assert_eq!((caught_up, days.len()), (Conclusion::granted().because("catch-up"), 3));
        assert_eq!(
            vaccinations(&[], born, date(2027, 11, 20)),
            (Conclusion::not_applicable("too-old"), Vec::new())
        );
    }

    #[test]
    fn what_is_planned_stays_whoever_asks_again_and_when() {
        let (born, later) = (date(2026, 11, 20), date(2027, 8, 1));
        let visit = |hearing_only| Screening { on: date(2026, 11, 25), hearing_only, at: None };
        let planned = Conclusion::granted().because("already-planned");
        let again = screening(Some(&visit(false)), born, later, false);
        assert_eq!(again, (planned.clone(), Some(date(2026, 11, 25)), false));
        let hearing = Conclusion::partly("hearing-only").because("already-planned");
        let again = screening(Some(&visit(true)), born, later, true);
        assert_eq!(again, (hearing.because("address-protected"), Some(date(2026, 11, 25)), true));
        let days = [date(2027, 1, 5), date(2027, 2, 23)];
        assert_eq!(vaccinations(&days, born, date(2028, 1, 1)), (planned, days.to_vec()));
    }

    #[test]
    fn a_closed_or_missing_file_is_no_file() {
        assert_eq!(file_at_hand(Some(&File::default())), Conclusion::granted());
        let closed = File { closed: true, ..File::default() };
        for file in [None, Some(&closed)] {
            assert_eq!(file_at_hand(file), Conclusion::not_applicable("no-file"));
        }
    }
}

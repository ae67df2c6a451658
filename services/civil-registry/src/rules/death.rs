//! Records of death.

use agency_kit::{Conclusion, PartialDate};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{COURT_ORDER, is_reference, needs_the_court};

/// Version of the rules by which a death is recorded.
pub const REGISTRATION: &str = "death-registration/2026-11";
/// Version of the rules by which a record of death is corrected.
pub const CORRECTION: &str = "death-correction/2026-01";
/// Days after the death within which it must be reported.
const REPORT_WITHIN: i32 = 5;

/// A death as it was reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// When the one who died was born.
    pub birth_date: PartialDate,
    /// The day of death.
    pub died_on: PartialDate,
    /// Reference of the doctor's certificate.
    pub certificate: &'a str,
    /// Whether the doctor is not convinced of a natural cause.
    pub unnatural: bool,
    /// What the report comes to where there is a valid record of this person's death: as [`super::again`] says.
    pub recorded: Option<&'a Conclusion>,
}

/// Whether a death is recorded.
#[must_use]
pub fn register(report: &Report<'_>, received_on: Date) -> Conclusion {
    if report.died_on.first() > received_on {
        return Conclusion::refused("date-in-future");
    }
    if report.died_on.last() < report.birth_date.first() {
        return Conclusion::refused("before-birth");
    }
    if !is_reference("DC", report.certificate) {
        return Conclusion::refused("certificate-invalid");
    }
    if let Some(known) = report.recorded {
        return known.clone();
    }
    if needs_the_court(report.died_on.last(), received_on) {
        return Conclusion::refused("court-order-needed").remedied_by(COURT_ORDER);
    }
    let mut conclusion = Conclusion::granted();
    if report.unnatural {
        conclusion = conclusion.because("prosecutor-consents-first");
    }
    if report.died_on.last().checked_add(REPORT_WITHIN.days()).is_ok_and(|last| received_on > last) {
        conclusion = conclusion.because("late-report");
    }
    conclusion
}

/// Whether a record of death is marked as cancelled by correction.
#[must_use]
pub fn correct(valid: bool) -> Conclusion {
    if valid { Conclusion::granted() } else { Conclusion::not_applicable("no-valid-record") }
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::date;

    use super::*;

    const DIED: Date = date(2026, 11, 20);

    fn report() -> Report<'static> {
        Report {
            birth_date: date(1941, 2, 9).into(),
            died_on: DIED.into(),
            certificate: "DC-2026-000123",
            unnatural: false,
            recorded: None,
        }
    }

    fn partial(year: i32, month: i32) -> PartialDate {
        PartialDate::of(&WireDate { year, month, day: 0 }).unwrap()
    }

    #[test]
    fn a_death_is_recorded() {
        assert_eq!(register(&report(), DIED), Conclusion::granted());
    }

    #[test]
    fn a_death_of_which_only_the_month_is_known_is_recorded_and_not_late() {
        let some_day = Report { died_on: partial(2026, 11), ..report() };
        assert_eq!(register(&some_day, DIED), Conclusion::granted());
        assert_eq!(register(&some_day, date(2026, 12, 5)), Conclusion::granted());
        assert_eq!(register(&some_day, date(2026, 12, 6)), Conclusion::granted().because("late-report"));
    }

    #[test]
    fn nobody_died_tomorrow_or_before_they_were_born() {
        let tomorrow = Report { died_on: date(2026, 11, 21).into(), ..report() };
        assert_eq!(register(&tomorrow, DIED), Conclusion::refused("date-in-future"));
        let before = Report { died_on: partial(1940, 0), ..report() };
        assert_eq!(register(&before, DIED), Conclusion::refused("before-birth"));
        let that_year = Report { birth_date: date(2026, 3, 1).into(), died_on: partial(2026, 0), ..report() };
        assert!(register(&that_year, DIED).gives(), "it may have been after the birth");
    }

    #[test]
    fn a_doctor_has_certified_it() {
        let uncertified = Report { certificate: "BN-2026-000123", ..report() };
        assert_eq!(register(&uncertified, DIED), Conclusion::refused("certificate-invalid"));
    }

    #[test]
    fn nobody_dies_twice() {
        let known = Conclusion::granted().because("already-registered");
        let again = Report { recorded: Some(&known), ..report() };
        assert_eq!(register(&again, date(2030, 1, 1)), known);
    }

    #[test]
    fn after_two_years_the_court_orders_the_record() {
        let court = Conclusion::refused("court-order-needed").remedied_by(COURT_ORDER);
        assert!(register(&report(), date(2028, 11, 20)).gives());
        assert_eq!(register(&report(), date(2028, 11, 21)), court);
        let that_year = Report { died_on: partial(2024, 0), ..report() };
        assert!(register(&that_year, DIED).gives(), "it may have been in December");
        assert_eq!(register(&Report { died_on: partial(1950, 0), ..report() }, DIED), court);
    }

    #[test]
    fn an_unnatural_death_is_recorded_and_the_prosecutor_consents_first() {
        let unnatural = Report { unnatural: true, ..report() };
        let marked = Conclusion::granted().because("prosecutor-consents-first");
        assert_eq!(register(&unnatural, DIED), marked);
        assert_eq!(register(&unnatural, date(2026, 11, 26)), marked.because("late-report"));
        assert_eq!(register(&report(), date(2026, 11, 25)), Conclusion::granted());
    }

    #[test]
    fn only_a_valid_record_is_corrected() {
        assert_eq!(correct(true), Conclusion::granted());
        assert_eq!(correct(false), Conclusion::not_applicable("no-valid-record"));
    }
}

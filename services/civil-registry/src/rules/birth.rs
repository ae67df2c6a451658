//! Records of birth.

use agency_kit::calendar::working_day_after;
use agency_kit::{Conclusion, PartialDate};
use jiff::ToSpan;
use jiff::civil::Date;

use super::is_reference;

/// Version of the rules by which a birth is recorded.
pub const REGISTRATION: &str = "birth-registration/2026-01";
/// Version of the rules by which a record of birth is corrected.
pub const CORRECTION: &str = "birth-correction/2026-01";
/// Working days after the birth within which it must be reported.
const REPORT_WITHIN: u32 = 3;
/// Days after the birth began on which a further child can be born.
const BIRTH_LASTS: i32 = 3;
/// Characters of the longest given names.
const NAMES_MAX: usize = 200;

/// A birth as it was reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The day on which the birth began.
    pub birth_began: PartialDate,
    /// The day on which this child was born, where that is another.
    pub own_birth_date: Option<PartialDate>,
    /// Reference of the birth notice.
    pub notice: Option<&'a str>,
    /// The given names; none: no name yet.
    pub given_names: Option<&'a str>,
    /// Whether the child was born without life.
    pub stillborn: bool,
    /// Whether a second parent is one in law.
    pub second_parent: bool,
    /// Whether there is a valid record of this birth and order.
    pub registered: bool,
}

/// What is written into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The day on which the birth began.
    pub birth_began: Date,
    /// The day the child was born.
    pub born_on: Date,
    /// The given names.
    pub given_names: Option<String>,
    /// The last day on which a name must be given, where none is recorded.
    pub name_by: Option<Date>,
    /// Whether the public prosecutor is informed of a late report.
    pub late: bool,
}

/// Whether a birth is recorded, and as what.
#[must_use]
pub fn register(report: &Report<'_>, received_on: Date) -> (Conclusion, Option<Entry>) {
    match refusal(report, received_on) {
        Err(reason) => (Conclusion::refused(reason), None),
        Ok((birth_began, born_on)) => recorded(report, birth_began, born_on, received_on),
    }
}

/// The day on which the birth began and the one of this child, or why there is no record.
fn refusal(report: &Report<'_>, received_on: Date) -> Result<(Date, Date), &'static str> {
    let own = report.own_birth_date.unwrap_or(report.birth_began);
    if report.birth_began.first() > received_on || own.first() > received_on {
        return Err("date-in-future");
    }
    let (Some(began), Some(born)) = (report.birth_began.whole(), own.whole()) else {
        return Err("date-incomplete");
    };
    if born < began || began.checked_add(BIRTH_LASTS.days()).is_ok_and(|last| born > last) {
        return Err("dates-contradict");
    }
    if report.registered {
        return Err("already-registered");
    }
    if report.notice.is_some_and(|notice| !is_reference("BN", notice)) {
        return Err("notice-invalid");
    }
    Ok((began, born))
}

fn recorded(
    report: &Report<'_>,
    birth_began: Date,
    born_on: Date,
    received_on: Date,
) -> (Conclusion, Option<Entry>) {
    let acceptable =
        |names: &&str| !names.chars().any(char::is_numeric) && names.chars().count() <= NAMES_MAX;
    let mut conclusion = match report.given_names {
        None if !report.stillborn => Conclusion::partly("name-pending"),
        Some(names) if !acceptable(&names) => Conclusion::partly("name-refused"),
        _ => Conclusion::granted(),
    };
    let given_names = report.given_names.filter(acceptable).map(str::to_owned);
    let nameless = given_names.is_none() && !report.stillborn;
    let late = received_on > working_day_after(born_on, REPORT_WITHIN);
    if late {
        conclusion = conclusion.because("late-report");
    }
    if !report.second_parent {
        conclusion = conclusion.because("one-parent");
    }
    let name_by = if nameless { born_on.checked_add(3.months()).ok() } else { None };
    (conclusion, Some(Entry { birth_began, born_on, given_names, name_by, late }))
}

/// Whether a record of birth is marked as cancelled by correction.
#[must_use]
pub fn correct(valid: bool) -> Conclusion {
    if valid { Conclusion::granted() } else { Conclusion::not_applicable("no-valid-record") }
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::date;

    use super::*;

    /// A Friday.
    const BORN: Date = date(2026, 11, 20);

    fn report() -> Report<'static> {
        Report {
            birth_began: BORN.into(),
            own_birth_date: None,
            notice: Some("BN-2026-000123"),
            given_names: Some("Fien"),
            stillborn: false,
            second_parent: true,
            registered: false,
        }
    }

    fn month(year: i32, month: i32) -> PartialDate {
        PartialDate::of(&WireDate { year, month, day: 0 }).unwrap()
    }

    fn concluded(report: &Report<'_>) -> Conclusion {
        register(report, BORN).0
    }

    #[test]
    fn a_birth_with_two_parents_and_a_name_is_recorded() {
        let (conclusion, entry) = register(&report(), BORN);
        let expected = Entry {
            birth_began: BORN,
            born_on: BORN,
            given_names: Some("Fien".to_owned()),
            name_by: None,
            late: false,
        };
        assert_eq!((conclusion, entry), (Conclusion::granted(), Some(expected)));
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let tomorrow: PartialDate = date(2026, 11, 21).into();
        let refused = Conclusion::refused("date-in-future");
        assert_eq!(concluded(&Report { birth_began: tomorrow, ..report() }), refused);
        assert_eq!(concluded(&Report { own_birth_date: Some(tomorrow), ..report() }), refused);
        assert_eq!(concluded(&Report { birth_began: month(2026, 12), ..report() }), refused);
    }

    #[test]
    fn a_record_needs_the_day() {
        let refused = Conclusion::refused("date-incomplete");
        assert_eq!(concluded(&Report { birth_began: month(2026, 11), ..report() }), refused);
        assert_eq!(concluded(&Report { own_birth_date: Some(month(2026, 11)), ..report() }), refused);
    }

    #[test]
    fn a_birth_lasts_three_days_at_most() {
        let later = |day| Report { own_birth_date: Some(date(2026, 11, day).into()), ..report() };
        let received = date(2026, 11, 24);
        assert_eq!(register(&later(23), received).1.unwrap().born_on, date(2026, 11, 23));
        for day in [19, 24] {
            assert_eq!(register(&later(day), received).0, Conclusion::refused("dates-contradict"), "{day}");
        }
    }

    #[test]
    fn a_birth_is_recorded_once() {
        assert_eq!(
            concluded(&Report { registered: true, ..report() }),
            Conclusion::refused("already-registered")
        );
    }

    #[test]
    fn a_birth_notice_comes_from_a_hospital_or_there_is_none() {
        assert_eq!(
            concluded(&Report { notice: Some("123"), ..report() }),
            Conclusion::refused("notice-invalid")
        );
        assert_eq!(concluded(&Report { notice: None, ..report() }), Conclusion::granted());
    }

    #[test]
    fn a_child_without_a_name_is_recorded_and_must_get_one_within_three_months() {
        let (conclusion, entry) = register(&Report { given_names: None, ..report() }, BORN);
        assert_eq!(conclusion, Conclusion::partly("name-pending"));
        let entry = entry.unwrap();
        assert_eq!((entry.given_names, entry.name_by), (None, Some(date(2027, 2, 20))));
    }

    #[test]
    fn a_name_with_a_digit_or_without_end_is_not_recorded() {
        let long = "a".repeat(201);
        for names in ["X Æ A-12", long.as_str()] {
            let (conclusion, entry) = register(&Report { given_names: Some(names), ..report() }, BORN);
            assert_eq!(conclusion, Conclusion::partly("name-refused"));
            let entry = entry.unwrap();
            assert_eq!((entry.given_names, entry.name_by), (None, Some(date(2027, 2, 20))));
        }
        let longest = "é".repeat(200);
        assert_eq!(concluded(&Report { given_names: Some(&longest), ..report() }), Conclusion::granted());
    }

    #[test]
    fn a_stillborn_child_has_a_record_and_needs_no_name() {
        let stillborn = Report { stillborn: true, given_names: None, ..report() };
        let (conclusion, entry) = register(&stillborn, BORN);
        assert_eq!((conclusion, entry.unwrap().name_by), (Conclusion::granted(), None));
        let named = register(&Report { given_names: Some("Fien"), ..stillborn }, BORN).1.unwrap();
        assert_eq!(named.given_names.as_deref(), Some("Fien"));
    }

    #[test]
    fn a_report_after_the_third_working_day_is_late_and_recorded_all_the_same() {
        let wednesday = date(2026, 11, 25);
        assert_eq!(register(&report(), wednesday).0, Conclusion::granted());
        let (conclusion, entry) = register(&report(), date(2026, 11, 26));
        assert_eq!(conclusion, Conclusion::granted().because("late-report"));
        assert!(entry.unwrap().late);
    }

    #[test]
    fn without_parentage_the_record_names_the_mother_alone() {
        assert_eq!(
            concluded(&Report { second_parent: false, given_names: None, ..report() }),
            Conclusion::partly("name-pending").because("one-parent")
        );
    }

    #[test]
    fn only_a_valid_record_is_corrected() {
        assert_eq!(correct(true), Conclusion::granted());
        assert_eq!(correct(false), Conclusion::not_applicable("no-valid-record"));
    }
}

//! Records of birth.

use agency_kit::calendar::working_day_after;
use agency_kit::{Conclusion, PartialDate};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{COURT_ORDER, is_reference, needs_the_court, years_completed};

/// Version of the rules by which a birth is recorded.
pub const REGISTRATION: &str = "birth-registration/2026-11";
/// Version of the rules by which a record of birth is corrected.
pub const CORRECTION: &str = "birth-correction/2026-01";
/// Working days after the birth within which it must be reported.
const REPORT_WITHIN: u32 = 3;
/// Days after the birth began on which a further child can be born.
const BIRTH_LASTS: i32 = 3;
/// Years between which somebody can be a mother.
const MOTHERS: std::ops::RangeInclusive<i16> = 10..=65;
/// Years from which a mother has authority over her child herself.
const OF_AGE: i16 = 18;
/// Characters of the longest given names.
const NAMES_MAX: usize = 200;

/// A birth as it was reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The day on which the birth began.
    pub birth_began: PartialDate,
    /// The day on which this child was born, where that is another.
    pub own_birth_date: Option<PartialDate>,
    /// When the mother was born.
    pub mother_born: PartialDate,
    /// Reference of the birth notice.
    pub notice: Option<&'a str>,
    /// The given names; none: no name yet.
    pub given_names: Option<&'a str>,
    /// Whether the child was born without life.
    pub stillborn: bool,
    /// Whether a second parent is one in law.
    pub second_parent: bool,
    /// Whether the second parent who was named is the mother herself.
    pub mother_twice: bool,
    /// What the report comes to where there is a valid record of this birth and order: as [`super::again`] says.
    pub recorded: Option<&'a Conclusion>,
    /// The day the mother died, or the part of it that is known, where the register has a record of it.
    pub mother_died: Option<PartialDate>,
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
    /// Whether the guardianship court is told that the mother is a minor.
    pub minor_mother: bool,
}

/// Whether a birth is recorded, and as what; nothing is where there is a record already.
#[must_use]
pub fn register(report: &Report<'_>, received_on: Date) -> (Conclusion, Option<Entry>) {
    match refusal(report, received_on) {
        Err(not_now) => (not_now, None),
        Ok((birth_began, born_on)) => recorded(report, birth_began, born_on, received_on),
    }
}

/// The day on which the birth began and the one of this child, or why no record is made.
fn refusal(report: &Report<'_>, received_on: Date) -> Result<(Date, Date), Conclusion> {
    let refused = |reason| Err(Conclusion::refused(reason));
    let own = report.own_birth_date.unwrap_or(report.birth_began);
    if report.birth_began.first() > received_on || own.first() > received_on {
        return refused("date-in-future");
    }
    let (Some(began), Some(born)) = (report.birth_began.whole(), own.whole()) else {
        return refused("date-incomplete");
    };
    if born < began || began.checked_add(BIRTH_LASTS.days()).is_ok_and(|last| born > last) {
        return refused("dates-contradict");
    }
    if report.mother_died.is_some_and(|died| died.last() < began) {
        return refused("mother-died-before");
    }
    if let Some(known) = report.recorded {
        return Err(known.clone());
    }
    if needs_the_court(born, received_on) {
        return Err(Conclusion::refused("court-order-needed").remedied_by(COURT_ORDER));
    }
    if !may_be_mother(report.mother_born, born) {
        return refused("mother-implausible");
    }
    if report.mother_twice {
        return refused("parents-identical");
    }
    if report.notice.is_some_and(|notice| !is_reference("BN", notice)) {
        return refused("notice-invalid");
    }
    Ok((began, born))
}

/// Of a partial date of birth any day that it can be will do.
fn may_be_mother(mother_born: PartialDate, born: Date) -> bool {
    let (eldest, youngest) =
        (years_completed(mother_born.first(), born), years_completed(mother_born.last(), born));
    eldest >= *MOTHERS.start() && youngest <= *MOTHERS.end()
}

/// Given names contain letters, and no digits or control characters.
pub(super) fn acceptable(names: &str) -> bool {
    names.chars().any(char::is_alphabetic)
        && !names.chars().any(|it| it.is_numeric() || it.is_control())
        && names.chars().count() <= NAMES_MAX
}

fn recorded(
    report: &Report<'_>,
    birth_began: Date,
    born_on: Date,
    received_on: Date,
) -> (Conclusion, Option<Entry>) {
    let mut conclusion = match report.given_names {
        None if !report.stillborn => Conclusion::partly("name-pending"),
        Some(names) if !acceptable(names) => Conclusion::partly("name-refused"),
        _ => Conclusion::granted(),
    };
    let given_names = report.given_names.filter(|it| acceptable(it)).map(str::to_owned);
    let nameless = given_names.is_none() && !report.stillborn;
    let late = received_on > working_day_after(born_on, REPORT_WITHIN);
    if late {
        conclusion = conclusion.because("late-report");
    }
    if !report.second_parent {
        conclusion = conclusion.because("one-parent");
    }
    let minor_mother = years_completed(report.mother_born.last(), born_on) < OF_AGE;
    if minor_mother {
        conclusion = conclusion.because("guardian-needed");
    }
    let name_by = if nameless { born_on.checked_add(3.months()).ok() } else { None };
    (conclusion, Some(Entry { birth_began, born_on, given_names, name_by, late, minor_mother }))
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
            mother_born: date(1994, 4, 12).into(),
            notice: Some("BN-2026-000123"),
            given_names: Some("Fien"),
            stillborn: false,
            second_parent: true,
            mother_twice: false,
            recorded: None,
            mother_died: None,
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
            minor_mother: false,
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
    fn nobody_is_born_after_the_mother_died() {
        let died = |on: PartialDate| concluded(&Report { mother_died: Some(on), ..report() });
        assert_eq!(died(date(2026, 11, 19).into()), Conclusion::refused("mother-died-before"));
        assert_eq!(died(month(2026, 10)), Conclusion::refused("mother-died-before"));
        assert_eq!(died(BORN.into()), Conclusion::granted());
        assert_eq!(died(month(2026, 11)), Conclusion::granted(), "perhaps later");
    }

    #[test]
    fn a_birth_is_recorded_once() {
        let known = Conclusion::granted().because("already-registered");
        let again = register(&Report { recorded: Some(&known), ..report() }, BORN);
        assert_eq!(again, (known, None));
    }

    #[test]
    fn after_two_years_the_court_orders_the_record() {
        let court = Conclusion::refused("court-order-needed").remedied_by(COURT_ORDER);
        let two_years_later = date(2028, 11, 20);
        assert!(register(&report(), two_years_later).0.gives());
        assert_eq!(register(&report(), date(2028, 11, 21)), (court.clone(), None));
        let long_ago = Report { birth_began: date(1850, 1, 1).into(), ..report() };
        assert_eq!(concluded(&long_ago), court);
        let known = Conclusion::granted().because("already-registered");
        assert_eq!(concluded(&Report { recorded: Some(&known), ..long_ago }), known);
        let leap = Report { birth_began: date(2024, 2, 29).into(), ..report() };
        assert!(register(&leap, date(2026, 2, 28)).0.gives());
        assert_eq!(register(&leap, date(2026, 3, 1)).0, court);
    }

    #[test]
    fn a_mother_is_of_an_age_at_which_one_can_be() {
        let born = |mother_born: PartialDate| concluded(&Report { mother_born, ..report() });
        let implausible = Conclusion::refused("mother-implausible");
        assert_eq!(born(date(2016, 11, 21).into()), implausible, "nine years old");
        assert_eq!(born(date(2027, 1, 1).into()), implausible, "born after her child");
        assert_eq!(born(date(1960, 11, 20).into()), implausible, "sixty-six years old");
        assert_eq!(born(date(1960, 11, 21).into()), Conclusion::granted());
        let year = |year| PartialDate::of(&WireDate { year, month: 0, day: 0 }).unwrap();
        assert_eq!(born(year(1960)), Conclusion::granted(), "she may have been born in December");
        assert_eq!(born(year(2017)), implausible);
    }

    #[test]
    fn of_a_minor_mother_the_guardianship_court_hears() {
        let minor = |mother_born| concluded(&Report { mother_born, ..report() });
        let heard = Conclusion::granted().because("guardian-needed");
        assert_eq!(minor(date(2008, 11, 21).into()), heard);
        assert_eq!(minor(date(2008, 11, 20).into()), Conclusion::granted());
        let alone = Report { mother_born: date(2010, 1, 1).into(), second_parent: false, ..report() };
        let both = Conclusion::granted().because("one-parent").because("guardian-needed");
        assert_eq!(concluded(&alone), both);
    }

    #[test]
    fn nobody_is_both_parents() {
        let twice = Report { mother_twice: true, ..report() };
        assert_eq!(concluded(&twice), Conclusion::refused("parents-identical"));
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
    fn a_name_with_a_digit_without_a_letter_or_without_end_is_not_recorded() {
        let long = "a".repeat(201);
        for names in ["X Æ A-12", "-", "Fien\u{7}", long.as_str()] {
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

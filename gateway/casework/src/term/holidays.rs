//! The public holidays of the Republic: fixed dates, and days counted from Easter.

use jiff::civil::{Date, Weekday};

/// Names this calendar wherever a term was computed with it. A change of the law is a new version.
pub const HOLIDAYS_VERSION: &str = "holidays XZ/1";

/// Month and day of the holidays that fall on the same date each year.
const FIXED: [(i8, i8, &str); 5] = [
    (1, 1, "New Year's Day"),
    (5, 1, "Labour Day"),
    (6, 26, "Republic Day"),
    (12, 25, "Christmas Day"),
    (12, 26, "Second day of Christmas"),
];

/// Days from Easter Sunday of those that move with it.
const FROM_EASTER: [(i64, &str); 5] =
    [(-2, "Good Friday"), (0, "Easter"), (1, "Easter Monday"), (39, "Ascension Day"), (50, "Whit Monday")];

/// Whether the day is a public holiday.
#[must_use]
pub fn is_holiday(day: Date) -> bool {
    let fixed = FIXED.iter().any(|(month, of_month, _)| (day.month(), day.day()) == (*month, *of_month));
    fixed
        || easter(day.year()).is_some_and(|easter| {
            let after = day.duration_since(easter).as_hours() / 24;
            FROM_EASTER.iter().any(|(days, _)| *days == after)
        })
}

/// Whether the day is a Monday to Friday that is no public holiday.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(day)
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm: Nature, 20 April 1876); none outside it.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for (year, month, day) in
            [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2000, 4, 23), (2038, 4, 25)]
        {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    /// Knuth's algorithm (The Art of Computer Programming, 1.3.2, exercise 14): golden number, epact, Sunday.
    fn by_the_moon(year: i32) -> Date {
        let golden = year % 19 + 1;
        let century = year / 100 + 1;
        let (leap_years_dropped, moon) = (3 * century / 4 - 12, (8 * century + 5) / 25 - 5);
        let sunday = 5 * year / 4 - leap_years_dropped - 10;
        let epact = (11 * golden + 20 + moon - leap_years_dropped).rem_euclid(30);
        let epact = if (epact == 25 && golden > 11) || epact == 24 { epact + 1 } else { epact };
        let full_moon = if epact > 23 { 74 - epact } else { 44 - epact };
        let easter = full_moon + 7 - (sunday + full_moon).rem_euclid(7);
        let (month, day) = if easter > 31 { (4, easter - 31) } else { (3, easter) };
        date(i16::try_from(year).unwrap(), month, i8::try_from(day).unwrap())
    }

    #[test]
    fn easter_is_where_the_moon_has_it_in_every_year_of_the_calendar() {
        for year in 1583..=9999 {
            assert_eq!(easter(year), Some(by_the_moon(i32::from(year))), "{year}");
        }
    }

    #[test]
    fn a_year_has_these_holidays_and_no_others() {
        let first = date(2026, 1, 1);
        let free = first.series(jiff::Span::new().days(1)).take(365);
        let free: Vec<_> = free.filter(|day| is_holiday(*day)).collect();
        let expected =
            [(1, 1), (4, 3), (4, 5), (4, 6), (5, 1), (5, 14), (5, 25), (6, 26), (12, 25), (12, 26)];
        assert_eq!(free, expected.map(|(month, day)| date(2026, month, day)));
    }

    #[test]
    fn holidays_and_weekends_are_no_working_days() {
        let free =
            [date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2026, 12, 25)];
        assert!(free.into_iter().all(|day| is_holiday(day) && !is_working_day(day)));
        assert!(!is_working_day(date(2026, 11, 21)), "a Saturday");
        assert!(is_working_day(date(2026, 11, 23)), "a Monday");
    }
}

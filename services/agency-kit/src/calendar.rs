//! Working days, as the laws of the Republic count them: Monday to Friday without 1 January, 25 and 26 December.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Whether offices are open on this day.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    let free = matches!((day.month(), day.day()), (1, 1) | (12, 25 | 26));
    !free && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
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
    fn weekends_and_the_three_free_days_do_not_count() {
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

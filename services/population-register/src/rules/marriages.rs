//! For how long a marriage counts for the children born after it.

use agency_kit::PartialDate;
use jiff::ToSpan;
use jiff::civil::Date;

/// Days after a husband's death within which a child born is his in law.
const COUNTS_FOR_DAYS: i32 = 306;

/// Whether a marriage that ended by the partner's death still counts on a day; of a partial date of death the last
/// possible day does.
#[must_use]
pub fn counts_after(partner_died_on: PartialDate, on: Date) -> bool {
    partner_died_on.last().checked_add(COUNTS_FOR_DAYS.days()).is_ok_and(|last| on <= last)
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_marriage_counts_for_306_days_after_the_death() {
        let died: PartialDate = date(2026, 1, 1).into();
        assert!(counts_after(died, date(2026, 11, 3)));
        assert!(!counts_after(died, date(2026, 11, 4)));
        let in_january = PartialDate::of(&WireDate { year: 2026, month: 1, day: 0 }).unwrap();
        assert!(counts_after(in_january, date(2026, 12, 3)), "it may have been on the last of it");
    }
}

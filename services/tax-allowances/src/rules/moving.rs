//! Addresses, rent allowance and households, when somebody moves.

use agency_kit::Conclusion;
use jiff::civil::Date;

use super::next_month;
use crate::records::{Allowance, PersonBooks};

/// Rent allowance per month, in euro cents.
const RENT_CENTS: i64 = 160_00;
/// Above this yearly income there is no rent allowance, in euro cents.
const RENT_UP_TO_CENTS: i64 = 34_000_00;

/// Whether a new address is taken over.
#[must_use]
pub fn address_change(books: Option<&PersonBooks>) -> Conclusion {
    if books.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("no-books") }
}

/// Whether rent allowance goes on or starts at the new home, and the allowance as it is then; none: there is none.
#[must_use]
pub fn rent_allowance(
    income_cents: i64,
    current: Option<&Allowance>,
    resident_from: Date,
    moved_on: Date,
) -> (Conclusion, Option<Allowance>) {
    let running = current.filter(|it| it.runs_after(moved_on));
    match (running, income_cents > RENT_UP_TO_CENTS) {
        (None, true) => (Conclusion::not_applicable("no-rent-allowance"), current.cloned()),
        (Some(running), true) => {
            let ended = Allowance { stopped_on: Some(next_month(moved_on)), ..running.clone() };
            (Conclusion::refused("income-too-high"), Some(ended))
        }
        (_, false) => {
            (Conclusion::granted(), Some(Allowance::running(RENT_CENTS, next_month(resident_from))))
        }
    }
}

/// Whether an application for rent allowance is taken back.
#[must_use]
pub fn rent_allowance_withdrawal(applied: bool) -> Conclusion {
    if applied { Conclusion::granted() } else { Conclusion::not_applicable("no-application") }
}

/// Whether the allowances of somebody who stays behind are calculated anew, and from which day.
#[must_use]
pub fn household_recheck(
    has_allowances: bool,
    separation: bool,
    moved_on: Date,
) -> (Conclusion, Option<Date>) {
    if !has_allowances {
        return (Conclusion::not_applicable("no-allowances"), None);
    }
    let conclusion = Conclusion::granted().because("recalculated");
    let conclusion = if separation { conclusion.because("partner-ended") } else { conclusion };
    (conclusion, Some(next_month(moved_on)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const MOVED: Date = date(2026, 12, 10);

    #[test]
    fn rent_allowance_starts_at_the_new_home_where_the_income_is_low() {
        let expected = Allowance::running(160_00, date(2027, 1, 1));
        for current in [None, Some(Allowance::running(120_00, date(2020, 1, 1)))] {
            let decided = rent_allowance(34_000_00, current.as_ref(), MOVED, MOVED);
            assert_eq!(decided, (Conclusion::granted(), Some(expected.clone())));
        }
    }

    #[test]
    fn it_ends_with_the_month_of_the_move_where_the_income_is_too_high() {
        let current = Allowance::running(120_00, date(2020, 1, 1));
        let (conclusion, ended) = rent_allowance(34_000_01, Some(&current), MOVED, MOVED);
        assert_eq!(conclusion, Conclusion::refused("income-too-high"));
        assert_eq!(ended.unwrap().stopped_on, Some(date(2027, 1, 1)));
        let (conclusion, none) = rent_allowance(34_000_01, None, MOVED, MOVED);
        assert_eq!((conclusion, none), (Conclusion::not_applicable("no-rent-allowance"), None));
    }

    #[test]
    fn who_stays_behind_is_looked_at_again_where_there_is_anything() {
        let again = Conclusion::granted().because("recalculated");
        assert_eq!(household_recheck(true, false, MOVED), (again.clone(), Some(date(2027, 1, 1))));
        assert_eq!(household_recheck(true, true, MOVED).0, again.because("partner-ended"));
        assert_eq!(
            household_recheck(false, true, MOVED),
            (Conclusion::not_applicable("no-allowances"), None)
        );
    }

    #[test]
    fn addresses_and_applications_need_something_to_change() {
        let books = PersonBooks { income_cents: 0, letters_to: None, contact: None, alone_from: None };
        assert_eq!(address_change(Some(&books)), Conclusion::granted());
        assert_eq!(address_change(None), Conclusion::not_applicable("no-books"));
        assert_eq!(rent_allowance_withdrawal(true), Conclusion::granted());
        assert_eq!(rent_allowance_withdrawal(false), Conclusion::not_applicable("no-application"));
    }
}

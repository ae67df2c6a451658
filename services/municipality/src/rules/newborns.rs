//! How each municipality welcomes a newborn.

use agency_kit::{Conclusion, PartialDate};
use jiff::ToSpan;
use jiff::civil::Date;

use super::Place;
use crate::records::Gift;

/// Version of the rules.
pub const VERSION: &str = "welcome/2026-11";

/// What a newborn is given; what it was given before stays the only gift, whoever asks again.
#[must_use]
pub fn welcome(
    place: Place,
    before: Option<Gift>,
    born_on: PartialDate,
    birth_order: i64,
    received_on: Date,
) -> (Conclusion, Option<Gift>) {
    if before.is_some() {
        return (Conclusion::granted().because("already-given"), before);
    }
    let given = |what: &str, cents| (Conclusion::granted(), Some(Gift { what: what.to_owned(), cents }));
    let year_passed = born_on.last().checked_add(1.year()).is_ok_and(|last| received_on > last);
    match place {
        Place::Oosterdam => given("voucher", 5_000),
        Place::Westerveen if year_passed => (Conclusion::refused("register-within-a-year"), None),
        Place::Westerveen => given("tree", 0),
        Place::Zuiderhaven if birth_order < 2 => (Conclusion::not_applicable("twins-only"), None),
        Place::Zuiderhaven => given("money", 10_000),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const BORN: Date = date(2026, 11, 20);

    fn welcomed(place: Place, order: i64, received_on: Date) -> (Conclusion, Option<i64>) {
        let (conclusion, gift) = welcome(place, None, BORN.into(), order, received_on);
        (conclusion, gift.map(|it| it.cents))
    }

    #[test]
    fn oosterdam_gives_everybody_a_voucher() {
        let given = (Conclusion::granted(), Some(5_000));
        assert_eq!(welcomed(Place::Oosterdam, 1, BORN), given);
        assert_eq!(welcomed(Place::Oosterdam, 3, date(2030, 1, 1)), given);
    }

    #[test]
    fn westerveen_plants_a_tree_within_a_year() {
        assert_eq!(welcomed(Place::Westerveen, 1, date(2027, 11, 20)), (Conclusion::granted(), Some(0)));
        assert_eq!(
            welcomed(Place::Westerveen, 1, date(2027, 11, 21)),
            (Conclusion::refused("register-within-a-year"), None)
        );
    }

    #[test]
    fn a_gift_is_given_once() {
        let before = Gift { what: "tree".to_owned(), cents: 0 };
        let (conclusion, gift) = welcome(Place::Westerveen, Some(before), BORN.into(), 1, date(2029, 1, 1));
        assert_eq!(conclusion, Conclusion::granted().because("already-given"));
        assert_eq!(gift.map(|it| it.what).as_deref(), Some("tree"));
    }

    #[test]
    fn zuiderhaven_gives_something_from_the_second_child_on() {
        assert_eq!(welcomed(Place::Zuiderhaven, 1, BORN), (Conclusion::not_applicable("twins-only"), None));
        for order in [2, 3] {
            assert_eq!(welcomed(Place::Zuiderhaven, order, BORN), (Conclusion::granted(), Some(10_000)));
        }
    }
}

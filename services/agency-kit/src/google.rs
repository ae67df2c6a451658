//! Google's common types, as ministries use them in their protos, and the conversions they need.

/// `google.type`.
pub mod types {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/google.r#type.rs"));
}

use jiff::civil;
use types::{Date, Money, PostalAddress};

/// A day as the wire has it.
#[must_use]
pub fn date(day: civil::Date) -> Date {
    Date { year: i32::from(day.year()), month: i32::from(day.month()), day: i32::from(day.day()) }
}

/// The first day that a possibly partial date can be; none where it is no date.
#[must_use]
pub fn first_day(date: &Date) -> Option<civil::Date> {
    let or_one = |part: i32| i8::try_from(part.max(1)).ok();
    civil::Date::new(
        i16::try_from(date.year).ok().filter(|year| *year > 0)?,
        or_one(date.month)?,
        or_one(date.day)?,
    )
    .ok()
}

/// The last day that a possibly partial date can be; none where it is no date.
#[must_use]
pub fn last_day(date: &Date) -> Option<civil::Date> {
    let first = first_day(date)?;
    match (date.month, date.day) {
        (0, _) => civil::Date::new(first.year(), 12, 31).ok(),
        (_, 0) => Some(first.last_of_month()),
        _ => Some(first),
    }
}

/// An amount in euro cents as the wire has it.
#[must_use]
pub fn euros(cents: i64) -> Money {
    Money {
        currency_code: "EUR".to_owned(),
        units: cents / 100,
        nanos: i32::try_from(cents % 100).unwrap_or_default() * 10_000_000,
    }
}

/// The euro cents of an amount; none where it is not in euros or not in whole cents.
#[must_use]
pub fn cents(money: &Money) -> Option<i64> {
    if money.currency_code != "EUR" || money.nanos % 10_000_000 != 0 {
        return None;
    }
    money.units.checked_mul(100)?.checked_add(i64::from(money.nanos / 10_000_000))
}

/// An address in one municipality of the country, as the wire has it.
#[must_use]
pub fn address(
    street_and_number: &str,
    postal_code: &str,
    locality: &str,
    municipality: &str,
) -> PostalAddress {
    PostalAddress {
        region_code: "XZ".to_owned(),
        postal_code: postal_code.to_owned(),
        administrative_area: municipality.to_owned(),
        locality: locality.to_owned(),
        address_lines: vec![street_and_number.to_owned()],
        ..PostalAddress::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_date_has_a_first_and_a_last_day() {
        let march = Date { year: 2026, month: 3, day: 0 };
        assert_eq!(first_day(&march), Some(civil::date(2026, 3, 1)));
        assert_eq!(last_day(&march), Some(civil::date(2026, 3, 31)));
        assert_eq!(last_day(&Date { year: 2026, month: 0, day: 0 }), Some(civil::date(2026, 12, 31)));
        assert_eq!(first_day(&Date { year: 2026, month: 2, day: 30 }), None);
        assert_eq!(first_day(&Date::default()), None);
    }

    #[test]
    fn cents_survive_the_wire() {
        for amount in [0, 1, 99, 100, 12_345, -250] {
            assert_eq!(cents(&euros(amount)), Some(amount));
        }
    }
}

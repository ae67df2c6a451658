//! Marriages concluded abroad.

use agency_kit::{Conclusion, PartialDate};
use jiff::civil::{Date, date};

/// Version of the rules.
pub const VERSION: &str = "foreign-marriage/2026-01";
/// The function of the person who decides.
pub const OFFICER: &str = "registrar";
/// Marriages of before this day have no certificate that could be compared.
const EARLIEST: Date = date(1900, 1, 1);

/// Whether the Republic recognises a marriage concluded abroad.
#[must_use]
pub fn recognise(
    certificate: &str,
    country: &str,
    concluded_on: PartialDate,
    received_on: Date,
) -> Conclusion {
    if country == "XZ" {
        return Conclusion::not_applicable("concluded-here");
    }
    if !certificate.starts_with("MC-") {
        return Conclusion::refused("certificate-unreadable");
    }
    if concluded_on.first() > received_on || concluded_on.last() < EARLIEST {
        return Conclusion::refused("date-impossible");
    }
    Conclusion::granted()
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;

    use super::*;

    const RECEIVED: Date = date(2026, 11, 20);

    fn year(year: i32) -> PartialDate {
        PartialDate::of(&WireDate { year, month: 0, day: 0 }).unwrap()
    }

    #[test]
    fn a_legible_certificate_of_another_country_is_recognised() {
        assert_eq!(recognise("MC-TR-2019-77", "TR", year(2019), RECEIVED), Conclusion::granted());
        assert_eq!(recognise("MC-1", "TR", year(2026), RECEIVED), Conclusion::granted());
        assert_eq!(recognise("MC-1", "TR", year(1900), RECEIVED), Conclusion::granted());
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_refused() {
        let refused = Conclusion::refused("certificate-unreadable");
        assert_eq!(recognise("a photo of a cake", "TR", year(2019), RECEIVED), refused);
    }

    #[test]
    fn nobody_married_tomorrow_or_before_1900() {
        let refused = Conclusion::refused("date-impossible");
        assert_eq!(recognise("MC-1", "TR", date(2026, 11, 21).into(), RECEIVED), refused);
        assert_eq!(recognise("MC-1", "TR", year(1899), RECEIVED), refused);
    }

    #[test]
    fn a_marriage_of_this_country_is_in_its_own_register() {
        assert_eq!(
            recognise("MC-1", "XZ", year(2019), RECEIVED),
            Conclusion::not_applicable("concluded-here")
        );
    }
}

//! The state pension after a death (rules `pension-stop/2026-01`).

use agency_kit::Conclusion;
use jiff::civil::Date;

use crate::records::{File, Pension};

/// The day of the month on which a whole month's pension is paid.
const PAID_ON: i8 = 23;

/// Whether a pension stops, the first day for which none is paid, and what was overpaid, in euro cents; none where
/// nothing was.
#[must_use]
pub fn pension_stop(
    file: Option<&File>,
    died_on: Date,
    received_on: Date,
) -> (Conclusion, Option<Date>, Option<i64>) {
    let running = file.and_then(|it| it.pension.as_ref()).filter(|it| it.stopped_on.is_none());
    let Some(pension) = running else {
        return (Conclusion::not_applicable("no-pension"), None, None);
    };
    let stopped_on = died_on.tomorrow().unwrap_or(died_on);
    let overpaid = overpaid_cents(pension, stopped_on, received_on);
    if overpaid > 0 {
        (Conclusion::granted().because("overpaid"), Some(stopped_on), Some(overpaid))
    } else {
        (Conclusion::granted(), Some(stopped_on), None)
    }
}

/// Whether a pension that stopped goes on.
#[must_use]
pub fn pension_resumption(file: Option<&File>) -> Conclusion {
    match file.and_then(|it| it.pension.as_ref()) {
        Some(Pension { stopped_on: Some(_), .. }) => Conclusion::granted(),
        _ => Conclusion::not_applicable("not-stopped"),
    }
}

/// Per month paid until receipt: the days from the stop on, by the days of the month, rounded down to cents.
fn overpaid_cents(pension: &Pension, stopped_on: Date, received_on: Date) -> i64 {
    let mut overpaid = 0;
    let mut day = stopped_on;
    while Date::new(day.year(), day.month(), PAID_ON).is_ok_and(|paid_on| paid_on <= received_on) {
        let of_month = i64::from(day.days_in_month());
        overpaid += pension.monthly_cents * (of_month - i64::from(day.day()) + 1) / of_month;
        match day.last_of_month().tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    overpaid
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::tests::file;
    use super::*;

    fn pensioner(stopped_on: Option<Date>) -> File {
        File { pension: Some(Pension { monthly_cents: 1_350_00, stopped_on }), ..file(date(1941, 2, 9)) }
    }

    #[test]
    fn a_pension_stops_the_day_after_death_and_what_was_paid_too_much_is_said() {
        let (conclusion, stopped, overpaid) =
            pension_stop(Some(&pensioner(None)), date(2026, 11, 20), date(2026, 11, 25));
        assert_eq!(
            (conclusion, stopped),
            (Conclusion::granted().because("overpaid"), Some(date(2026, 11, 21)))
        );
        assert_eq!(overpaid, Some(1_350_00 * 10 / 30));
        let before_payday = pension_stop(Some(&pensioner(None)), date(2026, 11, 20), date(2026, 11, 22));
        assert_eq!(before_payday, (Conclusion::granted(), Some(date(2026, 11, 21)), None));
    }

    #[test]
    fn every_month_paid_until_receipt_counts() {
        let (_, _, overpaid) = pension_stop(Some(&pensioner(None)), date(2026, 10, 31), date(2026, 12, 24));
        assert_eq!(overpaid, Some(2 * 1_350_00));
    }

    #[test]
    fn no_pension_nothing_stops_and_only_what_stopped_goes_on() {
        let stopped = pensioner(Some(date(2026, 1, 1)));
        for none in [None, Some(&file(date(1990, 1, 1))), Some(&stopped)] {
            let (conclusion, ..) = pension_stop(none, date(2026, 11, 20), date(2026, 11, 23));
            assert_eq!(conclusion, Conclusion::not_applicable("no-pension"));
        }
        assert_eq!(pension_resumption(Some(&stopped)), Conclusion::granted());
        assert_eq!(pension_resumption(Some(&pensioner(None))), Conclusion::not_applicable("not-stopped"));
    }
}

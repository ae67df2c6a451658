//! Allowances after a death (rules `allowances-stop/2026-01`).

use agency_kit::Conclusion;
use jiff::ToSpan;
use jiff::civil::Date;

use super::next_month;
use crate::records::Allowance;

/// The day of the month before on which an allowance is paid.
const PAID_ON: i8 = 20;

/// Whether allowances stop, the first day for which none is paid, and what was overpaid, in euro cents; none where
/// nothing was.
#[must_use]
pub fn allowances_stop(
    allowances: &[Allowance],
    died_on: Date,
    received_on: Date,
) -> (Conclusion, Option<Date>, Option<i64>) {
    let running: Vec<&Allowance> = allowances.iter().filter(|it| it.runs_after(died_on)).collect();
    if running.is_empty() {
        return (Conclusion::not_applicable("no-allowances"), None, None);
    }
    let stopped_on = next_month(died_on);
    let overpaid: i64 =
        running.iter().map(|it| it.monthly_cents * months_paid(stopped_on, received_on)).sum();
    if overpaid > 0 {
        (Conclusion::granted().because("overpaid"), Some(stopped_on), Some(overpaid))
    } else {
        (Conclusion::granted(), Some(stopped_on), None)
    }
}

/// Whether allowances that a death stopped go on.
#[must_use]
pub fn allowances_resumption(allowances: &[Allowance]) -> Conclusion {
    if allowances.iter().any(|it| it.stopped_by_death) {
        Conclusion::granted()
    } else {
        Conclusion::not_applicable("not-stopped")
    }
}

/// How many months from `first` on had been paid by the day of receipt: each on the 20th of the month before.
fn months_paid(first: Date, received_on: Date) -> i64 {
    let mut month = first;
    let mut paid = 0;
    loop {
        let paid_on =
            month.checked_sub(1.month()).ok().and_then(|it| Date::new(it.year(), it.month(), PAID_ON).ok());
        if paid_on.is_none_or(|paid_on| paid_on > received_on) {
            return paid;
        }
        paid += 1;
        month = next_month(month);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn allowances_stop_with_the_month_and_what_was_paid_in_advance_is_said() {
        let allowances =
            [Allowance::running(160_00, date(2020, 1, 1)), Allowance::running(40_00, date(2020, 1, 1))];
        let (conclusion, stopped, overpaid) =
            allowances_stop(&allowances, date(2026, 11, 20), date(2026, 11, 23));
        assert_eq!(
            (conclusion, stopped),
            (Conclusion::granted().because("overpaid"), Some(date(2026, 12, 1)))
        );
        assert_eq!(overpaid, Some(200_00));
        let early = allowances_stop(&allowances, date(2026, 11, 18), date(2026, 11, 19));
        assert_eq!(early, (Conclusion::granted(), Some(date(2026, 12, 1)), None));
        assert_eq!(allowances_stop(&allowances, date(2026, 11, 18), date(2026, 12, 20)).2, Some(400_00));
    }

    #[test]
    fn where_none_runs_none_stops_and_only_what_a_death_stopped_goes_on() {
        let ended =
            Allowance { stopped_on: Some(date(2026, 1, 1)), ..Allowance::running(1, date(2020, 1, 1)) };
        for none in [&[][..], &[ended.clone()][..]] {
            let (conclusion, ..) = allowances_stop(none, date(2026, 11, 20), date(2026, 11, 23));
            assert_eq!(conclusion, Conclusion::not_applicable("no-allowances"));
        }
        assert_eq!(
            allowances_resumption(std::slice::from_ref(&ended)),
            Conclusion::not_applicable("not-stopped")
        );
        assert_eq!(
            allowances_resumption(&[Allowance { stopped_by_death: true, ..ended }]),
            Conclusion::granted()
        );
    }
}

//! Survivor's benefit (rules `survivor-benefit/2026-01`).

use agency_kit::Conclusion;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::records::{File, SurvivorBenefit};

/// The full benefit per month, in euro cents.
const FULL_CENTS: i64 = 1_300_00;
/// Income from work per month that is left alone, in euro cents.
const FREE_INCOME_CENTS: i64 = 1_000_00;
/// Born before this day needs no further ground.
const OLD_GENERATION: Date = date(1950, 1, 1);

/// Whether the surviving partner gets a benefit, how much per month in euro cents, and from which day.
#[must_use]
pub fn survivor_benefit(
    partner: Option<&File>,
    deceased: Option<&File>,
    died_on: Date,
    received_on: Date,
) -> (Conclusion, Option<SurvivorBenefit>) {
    if !deceased.is_some_and(|it| it.insured) {
        return (Conclusion::refused("deceased-not-insured"), None);
    }
    let Some(partner) = partner else {
        return (Conclusion::refused("no-ground"), None);
    };
    if years_completed(partner.born, received_on) >= 67 {
        return (Conclusion::not_applicable("pension-age"), None);
    }
    let minor_child = partner.children.iter().any(|born| years_completed(*born, died_on) < 18);
    if !(minor_child || partner.incapable || partner.born < OLD_GENERATION) {
        return (Conclusion::refused("no-ground"), None);
    }
    let from = first_day(died_on, received_on);
    let excess = partner.monthly_income_cents - FREE_INCOME_CENTS;
    if excess <= 0 {
        return (Conclusion::granted(), Some(SurvivorBenefit { monthly_cents: FULL_CENTS, from }));
    }
    // Two thirds of the excess are deducted and the result is rounded down: so the deduction is rounded up.
    let left = FULL_CENTS - (excess * 2 + 2) / 3;
    if left <= 0 {
        return (Conclusion::refused("income-too-high"), None);
    }
    (Conclusion::partly("income-reduced"), Some(SurvivorBenefit { monthly_cents: left, from }))
}

/// Whether an application is taken back.
#[must_use]
pub fn survivor_benefit_withdrawal(benefit: Option<&SurvivorBenefit>) -> Conclusion {
    if benefit.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("nothing-granted") }
}

/// The first of the month of the death, at most twelve months before receipt.
fn first_day(died_on: Date, received_on: Date) -> Date {
    died_on.first_of_month().max(received_on.checked_sub(12.months()).unwrap_or(died_on))
}

fn years_completed(born: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    const DIED: Date = date(2026, 11, 20);
    const RECEIVED: Date = date(2026, 11, 23);

    fn decide(partner: &File) -> (Conclusion, Option<SurvivorBenefit>) {
        survivor_benefit(Some(partner), Some(&file(date(1975, 1, 1))), DIED, RECEIVED)
    }

    fn parent() -> File {
        File { children: vec![date(2015, 1, 1)], ..file(date(1980, 1, 1)) }
    }

    #[test]
    fn a_partner_with_a_minor_child_gets_it_from_the_month_of_the_death() {
        let expected = SurvivorBenefit { monthly_cents: 1_300_00, from: date(2026, 11, 1) };
        assert_eq!(decide(&parent()), (Conclusion::granted(), Some(expected)));
        assert_eq!(decide(&File { incapable: true, ..file(date(1980, 1, 1)) }).0, Conclusion::granted());
    }

    #[test]
    fn income_from_work_reduces_it_down_to_nothing() {
        let (conclusion, benefit) = decide(&File { monthly_income_cents: 1_600_00, ..parent() });
        assert_eq!(
            (conclusion, benefit.unwrap().monthly_cents),
            (Conclusion::partly("income-reduced"), 900_00)
        );
        let (conclusion, benefit) = decide(&File { monthly_income_cents: 1_000_01, ..parent() });
        assert_eq!(
            (conclusion, benefit.unwrap().monthly_cents),
            (Conclusion::partly("income-reduced"), 1_299_99)
        );
        assert_eq!(
            decide(&File { monthly_income_cents: 2_950_00, ..parent() }).0,
            Conclusion::refused("income-too-high")
        );
    }

    #[test]
    fn without_ground_insurance_or_below_pension_age_there_is_none() {
        assert_eq!(decide(&file(date(1980, 1, 1))).0, Conclusion::refused("no-ground"));
        let grown_up = File { children: vec![date(2000, 1, 1)], ..file(date(1980, 1, 1)) };
        assert_eq!(decide(&grown_up).0, Conclusion::refused("no-ground"));
        assert_eq!(decide(&file(date(1944, 10, 17))).0, Conclusion::not_applicable("pension-age"));
        let uninsured = File { insured: false, ..file(date(1975, 1, 1)) };
        for deceased in [None, Some(&uninsured)] {
            let (conclusion, _) = survivor_benefit(Some(&parent()), deceased, DIED, RECEIVED);
            assert_eq!(conclusion, Conclusion::refused("deceased-not-insured"));
        }
        assert_eq!(
            survivor_benefit(None, Some(&parent()), DIED, RECEIVED).0,
            Conclusion::refused("no-ground")
        );
    }

    #[test]
    fn it_is_paid_back_twelve_months_at_most() {
        let late = survivor_benefit(Some(&parent()), Some(&parent()), date(2024, 1, 5), RECEIVED).1.unwrap();
        assert_eq!(late.from, date(2025, 11, 23));
        assert_eq!(survivor_benefit_withdrawal(Some(&late)), Conclusion::granted());
        assert_eq!(survivor_benefit_withdrawal(None), Conclusion::not_applicable("nothing-granted"));
    }
}

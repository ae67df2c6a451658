//! Child budget (rules `child-budget/2026-11`).

use agency_kit::Conclusion;
use jiff::civil::Date;

use super::next_month;
use crate::records::Allowance;

const FULL_CENTS: i64 = 202_00;
const SINGLE_PARENT_CENTS: i64 = 70_00;
/// Up to this yearly income it is paid in full, in euro cents.
const FULL_UP_TO_CENTS: i64 = 28_000_00;
/// Above this yearly income there is none, in euro cents.
const NONE_ABOVE_CENTS: i64 = 85_000_00;
/// Below this amount per month there is none, in euro cents.
const LEAST_CENTS: i64 = 10_00;

/// Whether child budget is granted. `incomes` are the yearly incomes of the parents given, in euro cents; none where the
/// tax office keeps no books of one.
#[must_use]
pub fn child_budget(incomes: &[Option<i64>], born: Date) -> (Conclusion, Option<Allowance>) {
    if incomes.iter().all(Option::is_none) {
        return (Conclusion::not_applicable("no-known-parent"), None);
    }
    let joint: i64 = incomes.iter().flatten().sum();
    let reduced = after_income(joint);
    if joint > NONE_ABOVE_CENTS || reduced < LEAST_CENTS {
        return (Conclusion::refused("income-too-high"), None);
    }
    let conclusion =
        if joint > FULL_UP_TO_CENTS { Conclusion::partly("income-reduced") } else { Conclusion::granted() };
    let alone = incomes.len() == 1;
    let conclusion = if alone { conclusion.because("single-parent") } else { conclusion };
    let monthly_cents = reduced + if alone { SINGLE_PARENT_CENTS } else { 0 };
    (conclusion, Some(Allowance::running(monthly_cents, next_month(born))))
}

/// What is decided anew for a child whose budget runs: it stands.
#[must_use]
pub fn child_budget_running() -> Conclusion {
    Conclusion::granted().because("already-granted")
}

/// Whether a child budget is revoked.
#[must_use]
pub fn child_budget_revocation(allowance: Option<&Allowance>) -> Conclusion {
    if allowance.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("nothing-granted") }
}

/// The full amount less 6.75 % of the excess by twelve, rounded down to cents.
fn after_income(joint_cents: i64) -> i64 {
    let excess = (joint_cents - FULL_UP_TO_CENTS).max(0);
    (FULL_CENTS * 120_000 - excess * 675).div_euclid(120_000)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const BORN: Date = date(2026, 11, 20);

    fn decide(incomes: &[Option<i64>]) -> (Conclusion, Option<i64>) {
        let (conclusion, allowance) = child_budget(incomes, BORN);
        (conclusion, allowance.map(|it| it.monthly_cents))
    }

    #[test]
    fn two_parents_of_a_low_income_get_it_in_full_from_the_next_month() {
        let (conclusion, allowance) = child_budget(&[Some(15_000_00), Some(13_000_00)], BORN);
        assert_eq!(
            (conclusion, allowance),
            (Conclusion::granted(), Some(Allowance::running(202_00, date(2026, 12, 1))))
        );
    }

    #[test]
    fn income_reduces_it_rounded_down() {
        assert_eq!(decide(&[Some(40_000_00), Some(0)]), (Conclusion::partly("income-reduced"), Some(134_50)));
        assert_eq!(decide(&[Some(28_000_01), Some(0)]), (Conclusion::partly("income-reduced"), Some(201_99)));
    }

    #[test]
    fn a_parent_alone_gets_more() {
        assert_eq!(
            decide(&[Some(20_000_00)]),
            (Conclusion::granted().because("single-parent"), Some(272_00))
        );
        let one_known = decide(&[None, Some(20_000_00)]);
        assert_eq!(one_known, (Conclusion::granted(), Some(202_00)), "two parents were given");
    }

    #[test]
    fn too_much_income_or_nobody_known_gives_none() {
        assert_eq!(decide(&[Some(85_000_01), None]), (Conclusion::refused("income-too-high"), None));
        assert_eq!(decide(&[Some(63_000_00), None]), (Conclusion::refused("income-too-high"), None));
        assert_eq!(decide(&[None, None]), (Conclusion::not_applicable("no-known-parent"), None));
    }

    #[test]
    fn only_what_was_granted_is_revoked() {
        assert_eq!(child_budget_revocation(None), Conclusion::not_applicable("nothing-granted"));
        assert_eq!(child_budget_revocation(Some(&Allowance::running(1, BORN))), Conclusion::granted());
    }
}

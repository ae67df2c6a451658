//! Child benefit (rules `child-benefit/2026-11`).

use agency_kit::Conclusion;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::iban::is_iban;
use crate::records::ChildBenefit;

/// What is granted: to which of the given parents (by index), per month in euro cents, and from which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The parent who is entitled: index into the given ones.
    pub parent: usize,
    /// Per month, in euro cents.
    pub monthly_cents: i64,
    /// The first day for which it is paid.
    pub from: Date,
}

/// A given parent, as the books know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Whether the parent is insured.
    pub insured: bool,
    /// For how many children benefit was granted to this parent before.
    pub benefits: usize,
}

/// Whether child benefit is granted. `parents` are the given ones, the mother first, none where there
/// is no file of them.
#[must_use]
pub fn child_benefit(
    parents: &[Option<Parent>],
    account: &str,
    born: Date,
    received_on: Date,
) -> (Conclusion, Option<Granted>) {
    let entitled =
        parents.iter().enumerate().find_map(|(at, parent)| parent.filter(|it| it.insured).map(|it| (at, it)));
    let Some((parent, Parent { benefits, .. })) = entitled else {
        return (Conclusion::refused("not-insured"), None);
    };
    if !is_iban(account) {
        return (Conclusion::refused("account-invalid"), None);
    }
    let monthly_cents = match benefits {
        0 => 95_00,
        1 => 112_00,
        _ => 130_00,
    };
    let mut conclusion = Conclusion::granted();
    if benefits > 0 {
        conclusion = conclusion.because("second-child-or-later");
    }
    let a_year_before = received_on.checked_sub(1.year()).unwrap_or(received_on);
    let from = if born < a_year_before {
        conclusion = conclusion.because("retroactive-limit");
        quarter_of(a_year_before)
    } else {
        quarter_after(born)
    };
    (conclusion, Some(Granted { parent, monthly_cents, from }))
}

/// What an application comes to for a child for whom benefit is paid: the award stands, to the same parent and account.
#[must_use]
pub fn child_benefit_running() -> Conclusion {
    Conclusion::granted().because("already-granted")
}

/// Whether an application is taken back.
#[must_use]
pub fn child_benefit_withdrawal(benefit: Option<&ChildBenefit>) -> Conclusion {
    if benefit.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("nothing-granted") }
}

/// The first day of the calendar quarter that a day lies in.
fn quarter_of(day: Date) -> Date {
    let month = (day.month() - 1) / 3 * 3 + 1;
    Date::new(day.year(), month, 1).unwrap_or(day)
}

/// The first day of the calendar quarter after a day.
fn quarter_after(day: Date) -> Date {
    quarter_of(day).checked_add(3.months()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::iban::iban;

    const BORN: Date = date(2026, 11, 20);
    const RECEIVED: Date = date(2026, 11, 23);
    const INSURED: Parent = Parent { insured: true, benefits: 0 };

    #[test]
    fn the_first_insured_parent_is_entitled_from_the_quarter_after_birth() {
        let parents = [Some(Parent { insured: false, benefits: 0 }), Some(INSURED)];
        let (conclusion, granted) = child_benefit(&parents, &iban(1), BORN, RECEIVED);
        let expected = Granted { parent: 1, monthly_cents: 95_00, from: date(2027, 1, 1) };
        assert_eq!((conclusion, granted), (Conclusion::granted(), Some(expected)));
    }

    #[test]
    fn amounts_rise_with_the_order_of_the_child() {
        for (benefits, cents) in [(0, 95_00), (1, 112_00), (2, 130_00), (5, 130_00)] {
            let parents = [Some(Parent { benefits, ..INSURED })];
            let (conclusion, granted) = child_benefit(&parents, &iban(1), BORN, RECEIVED);
            assert_eq!(granted.unwrap().monthly_cents, cents);
            let expected = Conclusion::granted();
            let later = expected.clone().because("second-child-or-later");
            assert_eq!(conclusion, if benefits == 0 { expected } else { later });
        }
    }

    #[test]
    fn an_application_after_more_than_a_year_is_paid_back_one_year() {
        let parents = [Some(INSURED)];
        let (conclusion, granted) = child_benefit(&parents, &iban(1), date(2024, 5, 1), RECEIVED);
        assert_eq!(conclusion, Conclusion::granted().because("retroactive-limit"));
        assert_eq!(granted.unwrap().from, date(2025, 10, 1));
    }

    #[test]
    fn nobody_insured_or_no_account_is_refused() {
        let uninsured = [Some(Parent { insured: false, benefits: 0 }), None];
        assert_eq!(
            child_benefit(&uninsured, &iban(1), BORN, RECEIVED),
            (Conclusion::refused("not-insured"), None)
        );
        let insured = [Some(INSURED)];
        assert_eq!(
            child_benefit(&insured, "12345", BORN, RECEIVED),
            (Conclusion::refused("account-invalid"), None)
        );
    }

    #[test]
    fn what_was_not_granted_cannot_be_taken_back() {
        assert_eq!(child_benefit_withdrawal(None), Conclusion::not_applicable("nothing-granted"));
        let benefit = ChildBenefit {
            parent: String::new(),
            monthly_cents: 1,
            from: date(2027, 1, 1),
            account: String::new(),
        };
        assert_eq!(child_benefit_withdrawal(Some(&benefit)), Conclusion::granted());
    }
}

//! The rules of the health insurer. Each says what it concludes and why; none knows books, wire or clock.

use agency_kit::{Conclusion, ReasonTexts, Remedy};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::records::Policy;

/// What an adult pays per month, in euro cents.
pub const PREMIUM_CENTS: i64 = 148_00;

/// How a party objects to what the ministry decides.
pub const OBJECTION: Remedy =
    Remedy { kind: "objection", term: "P6W", lodged_at: "https://health-insurance.example/objection" };

/// The reasons that the insurer gives.
pub const REASONS: ReasonTexts = &[
    (
        "no-insured-parent",
        "Neither parent has a policy in force here.",
        "Geen van beide ouders is hier verzekerd.",
        "eli/xz/act/2005/358/art-5-2",
    ),
    (
        "late-enrolment",
        "The enrolment came more than four months after the birth; cover begins on the day of receipt.",
        "De aanmelding kwam meer dan vier maanden na de geboorte; de dekking begint op de dag van ontvangst.",
        "eli/xz/act/2005/358/art-5-5",
    ),
    ("no-policy", "There was no policy.", "Er was geen polis.", "eli/xz/act/2005/358/art-6a"),
    (
        "not-insured",
        "The person is not insured here.",
        "Deze persoon is hier niet verzekerd.",
        "eli/xz/act/2005/358/art-10",
    ),
    ("not-ended", "The policy had not ended.", "De polis was niet geëindigd.", "eli/xz/act/2005/358/art-6b"),
];

/// Whether a newborn is enrolled, and from which day. `parents` are the policies of the parents given; `own` one that
/// the child has already.
#[must_use]
pub fn newborn_enrolment(
    own: Option<&Policy>,
    parents: &[Policy],
    born: Date,
    received_on: Date,
) -> (Conclusion, Option<Date>) {
    if let Some(own) = own {
        return (Conclusion::granted(), Some(own.from));
    }
    if !parents.iter().any(|policy| policy.covers(received_on)) {
        return (Conclusion::refused("no-insured-parent"), None);
    }
    let in_time = born.checked_add(4.months()).is_ok_and(|limit| received_on <= limit);
    if in_time {
        (Conclusion::granted(), Some(born))
    } else {
        (Conclusion::partly("late-enrolment"), Some(received_on))
    }
}

/// Whether an enrolment is revoked.
#[must_use]
pub fn enrolment_revocation(policy: Option<&Policy>) -> Conclusion {
    if policy.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("no-policy") }
}

/// Whether a new address is taken over.
#[must_use]
pub fn address_change(policy: Option<&Policy>) -> Conclusion {
    if policy.is_some() { Conclusion::granted() } else { Conclusion::not_applicable("not-insured") }
}

/// Whether a policy ends by death, its first day without cover, and the premium paid back, in euro cents; none where
/// there is none to pay back.
#[must_use]
pub fn policy_end(
    policy: Option<&Policy>,
    died_on: Date,
    received_on: Date,
) -> (Conclusion, Option<Date>, Option<i64>) {
    let Some(policy) = policy.filter(|policy| policy.covers(died_on)) else {
        return (Conclusion::not_applicable("not-insured"), None, None);
    };
    let ended_on = died_on.tomorrow().unwrap_or(died_on);
    let refund = if policy.premium { refund_cents(ended_on, received_on) } else { 0 };
    (Conclusion::granted(), Some(ended_on), (refund > 0).then_some(refund))
}

/// Premium is paid until the end of the month of receipt: the days without cover in each paid month, by the days of
/// that month.
fn refund_cents(from: Date, received_on: Date) -> i64 {
    let mut refund = 0;
    let mut day = from;
    while (day.year(), day.month()) <= (received_on.year(), received_on.month()) {
        let of_month = i64::from(day.days_in_month());
        let unused = of_month - i64::from(day.day()) + 1;
        refund += PREMIUM_CENTS * unused / of_month;
        match day.last_of_month().tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    refund
}

/// Whether a policy that ended goes on.
#[must_use]
pub fn policy_resumption(policy: Option<&Policy>) -> Conclusion {
    match policy {
        Some(Policy { ended_on: Some(_), .. }) => Conclusion::granted(),
        _ => Conclusion::not_applicable("not-ended"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn policy() -> Policy {
        Policy {
            number: "HP-00000001".to_owned(),
            from: date(2020, 1, 1),
            ended_on: None,
            premium: true,
            letters_to: None,
            contact: None,
            region: None,
        }
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        assert_eq!(agency_kit::faults_of(REASONS), Vec::<String>::new());
    }

    #[test]
    fn a_newborn_is_covered_from_birth_where_a_parent_is_insured() {
        let born = date(2026, 11, 20);
        let enrolled = newborn_enrolment(None, &[policy()], born, date(2026, 11, 23));
        assert_eq!(enrolled, (Conclusion::granted(), Some(born)));
        let on_the_last_day = newborn_enrolment(None, &[policy()], born, date(2027, 3, 20));
        assert_eq!(on_the_last_day, (Conclusion::granted(), Some(born)));
    }

    #[test]
    fn a_late_enrolment_covers_from_receipt() {
        let late = newborn_enrolment(None, &[policy()], date(2026, 11, 20), date(2027, 3, 21));
        assert_eq!(late, (Conclusion::partly("late-enrolment"), Some(date(2027, 3, 21))));
    }

    #[test]
    fn no_insured_parent_no_enrolment_and_a_second_time_the_same_policy() {
        let (born, received) = (date(2026, 11, 20), date(2026, 11, 23));
        let ended = Policy { ended_on: Some(date(2026, 1, 1)), ..policy() };
        for parents in [&[][..], &[ended][..]] {
            let refused = newborn_enrolment(None, parents, born, received);
            assert_eq!(refused, (Conclusion::refused("no-insured-parent"), None));
        }
        let own = Policy { from: born, premium: false, ..policy() };
        assert_eq!(newborn_enrolment(Some(&own), &[], born, received), (Conclusion::granted(), Some(born)));
    }

    #[test]
    fn a_policy_ends_the_day_after_death_and_paid_premium_comes_back_by_the_day() {
        let (conclusion, ended, refund) = policy_end(Some(&policy()), date(2026, 11, 20), date(2026, 11, 23));
        assert_eq!((conclusion, ended), (Conclusion::granted(), Some(date(2026, 11, 21))));
        assert_eq!(refund, Some(148_00 * 10 / 30));
        let (_, _, later) = policy_end(Some(&policy()), date(2026, 11, 20), date(2026, 12, 2));
        assert_eq!(later, Some(148_00 * 10 / 30 + 148_00));
        let (_, _, child) =
            policy_end(Some(&Policy { premium: false, ..policy() }), date(2026, 11, 20), date(2026, 12, 2));
        assert_eq!(child, None);
    }

    #[test]
    fn what_is_not_there_does_not_end_move_or_go_on() {
        assert_eq!(
            policy_end(None, date(2026, 1, 1), date(2026, 1, 1)).0,
            Conclusion::not_applicable("not-insured")
        );
        assert_eq!(address_change(None), Conclusion::not_applicable("not-insured"));
        assert_eq!(address_change(Some(&policy())), Conclusion::granted());
        assert_eq!(enrolment_revocation(None), Conclusion::not_applicable("no-policy"));
        assert_eq!(enrolment_revocation(Some(&policy())), Conclusion::granted());
        assert_eq!(policy_resumption(Some(&policy())), Conclusion::not_applicable("not-ended"));
        let ended = Policy { ended_on: Some(date(2026, 11, 21)), ..policy() };
        assert_eq!(policy_resumption(Some(&ended)), Conclusion::granted());
    }
}

//! Who the second parent is in law.

use agency_kit::{Conclusion, PartialDate};
use jiff::civil::Date;

use super::years_completed;

/// Version of the rules.
pub const VERSION: &str = "parentage/2026-01";
/// Code of the ground that the second parent is married to the mother.
pub const MARRIAGE: &str = "marriage";
/// Code of the ground that the second parent has acknowledged the child.
pub const ACKNOWLEDGEMENT: &str = "acknowledgement";

/// Years from which somebody can acknowledge a child.
const ACKNOWLEDGES_FROM: i16 = 16;

/// What is known of the mother, and of whom somebody named as second parent.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Code of the mother's civil status.
    pub civil_status: &'a str,
    /// The number of the one the mother is married to.
    pub marriage_partner: Option<&'a str>,
    /// Whether a marriage of hers abroad is recognised.
    pub marriage_recognised: bool,
    /// The number of the one who was named.
    pub number: Option<&'a str>,
    /// Whether that one is known by family name and date of birth.
    pub named: bool,
    /// When that one was born, as far as it is known.
    pub born: Option<PartialDate>,
    /// Whether that one is the mother.
    pub is_mother: bool,
    /// Whether the register has an acknowledgement by that one for this mother.
    pub acknowledged: bool,
}

/// Whether the second parent is one in law, and on what ground.
#[must_use]
pub fn determine(question: &Question<'_>, received_on: Date) -> (Conclusion, Option<&'static str>) {
    if question.is_mother {
        return (Conclusion::refused("parents-identical"), None);
    }
    let in_force = matches!(question.civil_status, "married" | "partnership");
    let widowed = question.civil_status == "widowed";
    let partner = question.marriage_partner.filter(|_| in_force || widowed);
    let abroad = question.marriage_recognised && question.marriage_partner.is_none();
    if abroad || partner.is_some() && partner == question.number {
        let ground = if widowed { "widowed-of-parent" } else { "married-to-mother" };
        return (Conclusion::granted().because(ground), Some(MARRIAGE));
    }
    if partner.is_some() {
        return (Conclusion::refused("two-parents-already"), None);
    }
    if question.acknowledged {
        return acknowledged(question, received_on);
    }
    if question.number.is_none() && !question.named {
        return (Conclusion::refused("unidentified"), None);
    }
    (Conclusion::refused("not-acknowledged"), None)
}

/// Of a partial date of birth the first possible day counts: whoever may be old enough is.
fn acknowledged(question: &Question<'_>, received_on: Date) -> (Conclusion, Option<&'static str>) {
    let too_young =
        question.born.is_some_and(|it| years_completed(it.first(), received_on) < ACKNOWLEDGES_FROM);
    if too_young {
        return (Conclusion::refused("too-young-to-acknowledge"), None);
    }
    (Conclusion::granted().because("acknowledged"), Some(ACKNOWLEDGEMENT))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const RECEIVED: Date = date(2026, 11, 23);

    fn concluded(question: &Question<'_>) -> (Conclusion, Option<&'static str>) {
        determine(question, RECEIVED)
    }

    const NEITHER: Question<'static> = Question {
        civil_status: "unmarried",
        marriage_partner: None,
        marriage_recognised: false,
        number: Some("999000002"),
        named: true,
        born: None,
        is_mother: false,
        acknowledged: false,
    };

    fn by_marriage() -> (Conclusion, Option<&'static str>) {
        (Conclusion::granted().because("married-to-mother"), Some(MARRIAGE))
    }

    #[test]
    fn who_is_married_to_the_mother_is_the_second_parent() {
        for civil_status in ["married", "partnership"] {
            let married = Question { civil_status, marriage_partner: Some("999000002"), ..NEITHER };
            assert_eq!(concluded(&married), by_marriage());
        }
    }

    #[test]
    fn a_marriage_that_ended_or_with_somebody_else_is_no_ground() {
        let refused = (Conclusion::refused("not-acknowledged"), None);
        let divorced = Question { civil_status: "divorced", marriage_partner: Some("999000002"), ..NEITHER };
        assert_eq!(concluded(&divorced), refused);
        let numberless = Question { civil_status: "married", number: None, ..NEITHER };
        assert_eq!(concluded(&numberless), refused, "two unknown numbers are not the same person");
    }

    #[test]
    fn a_child_has_two_parents_at_most() {
        let taken = (Conclusion::refused("two-parents-already"), None);
        for acknowledged in [false, true] {
            let to_another = Question {
                civil_status: "married",
                marriage_partner: Some("999000003"),
                acknowledged,
                ..NEITHER
            };
            assert_eq!(concluded(&to_another), taken);
        }
        let herself = Question { is_mother: true, acknowledged: true, ..NEITHER };
        assert_eq!(concluded(&herself), (Conclusion::refused("parents-identical"), None));
    }

    #[test]
    fn a_husband_who_died_before_the_birth_is_the_second_parent() {
        let widow = Question { civil_status: "widowed", marriage_partner: Some("999000002"), ..NEITHER };
        let granted = (Conclusion::granted().because("widowed-of-parent"), Some(MARRIAGE));
        assert_eq!(concluded(&widow), granted);
        let long_ago = Question { marriage_partner: None, ..widow };
        assert_eq!(concluded(&long_ago), (Conclusion::refused("not-acknowledged"), None));
    }

    #[test]
    fn who_is_under_sixteen_acknowledges_nobody() {
        let by = |born: Date| concluded(&Question { acknowledged: true, born: Some(born.into()), ..NEITHER });
        let too_young = (Conclusion::refused("too-young-to-acknowledge"), None);
        assert_eq!(by(date(2010, 11, 24)), too_young);
        assert_eq!(by(date(2010, 11, 23)).1, Some(ACKNOWLEDGEMENT));
    }

    #[test]
    fn a_recognised_marriage_abroad_counts_where_its_partner_is_not_known_to_be_another() {
        let abroad = Question { marriage_recognised: true, civil_status: "married", ..NEITHER };
        assert_eq!(concluded(&abroad), by_marriage());
        let to_another = Question { marriage_partner: Some("999000003"), ..abroad };
        assert_eq!(concluded(&to_another), (Conclusion::refused("two-parents-already"), None));
    }

    #[test]
    fn an_acknowledgement_is_a_ground() {
        let acknowledged = Question { acknowledged: true, ..NEITHER };
        assert_eq!(
            concluded(&acknowledged),
            (Conclusion::granted().because("acknowledged"), Some(ACKNOWLEDGEMENT))
        );
    }

    #[test]
    fn without_either_the_mother_is_alone_and_so_far_as_nobody_is_identified() {
        assert_eq!(concluded(&NEITHER), (Conclusion::refused("not-acknowledged"), None));
        let unknown = Question { number: None, named: false, ..NEITHER };
        assert_eq!(concluded(&unknown), (Conclusion::refused("unidentified"), None));
    }
}

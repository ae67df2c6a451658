//! Who the second parent is in law.

use agency_kit::Conclusion;

/// Version of the rules.
pub const VERSION: &str = "parentage/2026-01";
/// Code of the ground that the second parent is married to the mother.
pub const MARRIAGE: &str = "marriage";
/// Code of the ground that the second parent has acknowledged the child.
pub const ACKNOWLEDGEMENT: &str = "acknowledgement";

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
    /// Whether the register has an acknowledgement by that one for this mother.
    pub acknowledged: bool,
}

/// Whether the second parent is one in law, and on what ground.
#[must_use]
pub fn determine(question: &Question<'_>) -> (Conclusion, Option<&'static str>) {
    let in_force = matches!(question.civil_status, "married" | "partnership");
    let to_mother =
        in_force && question.marriage_partner.is_some() && question.marriage_partner == question.number;
    let abroad = question.marriage_recognised && question.marriage_partner.is_none();
    if to_mother || abroad {
        return (Conclusion::granted().because("married-to-mother"), Some(MARRIAGE));
    }
    if question.acknowledged {
        return (Conclusion::granted().because("acknowledged"), Some(ACKNOWLEDGEMENT));
    }
    if question.number.is_none() && !question.named {
        return (Conclusion::refused("unidentified"), None);
    }
    (Conclusion::refused("not-acknowledged"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEITHER: Question<'static> = Question {
        civil_status: "unmarried",
        marriage_partner: None,
        marriage_recognised: false,
        number: Some("999000002"),
        named: true,
        acknowledged: false,
    };

    fn by_marriage() -> (Conclusion, Option<&'static str>) {
        (Conclusion::granted().because("married-to-mother"), Some(MARRIAGE))
    }

    #[test]
    fn who_is_married_to_the_mother_is_the_second_parent() {
        for civil_status in ["married", "partnership"] {
            let married = Question { civil_status, marriage_partner: Some("999000002"), ..NEITHER };
            assert_eq!(determine(&married), by_marriage());
        }
    }

    #[test]
    fn a_marriage_that_ended_or_with_somebody_else_is_no_ground() {
        let refused = (Conclusion::refused("not-acknowledged"), None);
        let divorced = Question { civil_status: "divorced", marriage_partner: Some("999000002"), ..NEITHER };
        assert_eq!(determine(&divorced), refused);
        let to_another = Question { civil_status: "married", marriage_partner: Some("999000003"), ..NEITHER };
        assert_eq!(determine(&to_another), refused);
        let numberless = Question { civil_status: "married", number: None, ..NEITHER };
        assert_eq!(determine(&numberless), refused, "two unknown numbers are not the same person");
    }

    #[test]
    fn a_recognised_marriage_abroad_counts_where_its_partner_is_not_known_to_be_another() {
        let abroad = Question { marriage_recognised: true, civil_status: "married", ..NEITHER };
        assert_eq!(determine(&abroad), by_marriage());
        let to_another = Question { marriage_partner: Some("999000003"), ..abroad };
        assert_eq!(determine(&to_another), (Conclusion::refused("not-acknowledged"), None));
    }

    #[test]
    fn an_acknowledgement_is_a_ground() {
        let acknowledged = Question { acknowledged: true, ..NEITHER };
        assert_eq!(
            determine(&acknowledged),
            (Conclusion::granted().because("acknowledged"), Some(ACKNOWLEDGEMENT))
        );
    }

    #[test]
    fn without_either_the_mother_is_alone_and_so_far_as_nobody_is_identified() {
        assert_eq!(determine(&NEITHER), (Conclusion::refused("not-acknowledged"), None));
        let unknown = Question { number: None, named: false, ..NEITHER };
        assert_eq!(determine(&unknown), (Conclusion::refused("unidentified"), None));
    }
}

//! Decisions, as every ministry writes them.

use std::collections::HashMap;

use proto::loket::v1::decision::{DecidedBy, Reason, Result as DecisionResult};
use proto::loket::v1::{Decision, Text};

/// How a party can have a decision looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// What it is: `objection`, `appeal`, `correction`.
    pub kind: &'static str,
    /// For how long after the decision was notified, ISO 8601: `P6W`.
    pub term: &'static str,
    /// Where it is lodged.
    pub lodged_at: &'static str,
}

impl From<Remedy> for proto::loket::v1::Remedy {
    fn from(Remedy { kind, term, lodged_at }: Remedy) -> Self {
        Self { kind: kind.to_owned(), term: term.to_owned(), r#where: lodged_at.to_owned() }
    }
}

/// What a ministry's rules concluded: the result and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    result: DecisionResult,
    reasons: Vec<&'static str>,
    remedy: Option<Remedy>,
}

impl Conclusion {
    /// As asked.
    #[must_use]
    pub fn granted() -> Self {
        Self::of(DecisionResult::Granted, Vec::new())
    }

    /// Partly, for this reason.
    #[must_use]
    pub fn partly(reason: &'static str) -> Self {
        Self::of(DecisionResult::PartlyGranted, vec![reason])
    }

    /// Refused, for this reason.
    #[must_use]
    pub fn refused(reason: &'static str) -> Self {
        Self::of(DecisionResult::Refused, vec![reason])
    }

    /// The law does not apply, for this reason.
    #[must_use]
    pub fn not_applicable(reason: &'static str) -> Self {
        Self::of(DecisionResult::NotApplicable, vec![reason])
    }

    /// With a further reason.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reasons.push(reason);
        self
    }

    /// With a remedy of its own in place of the ministry's usual one.
    #[must_use]
    pub fn remedied_by(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    fn of(result: DecisionResult, reasons: Vec<&'static str>) -> Self {
        Self { result, reasons, remedy: None }
    }

    /// Whether it gives anything.
    #[must_use]
    pub fn gives(&self) -> bool {
        matches!(self.result, DecisionResult::Granted | DecisionResult::PartlyGranted)
    }
}

/// The reasons that a ministry may give: code, English, Dutch, article of law.
pub type ReasonTexts = &'static [(&'static str, &'static str, &'static str, &'static str)];

/// Writes down a conclusion of a ministry's rules as a decision made by machine under `rule_version`, with the texts
/// of its reasons, notified at this moment, and with its remedy: the conclusion's own, else the `usual` one. Where the
/// law does not apply there is nothing to object to.
#[must_use]
pub fn decision(
    conclusion: &Conclusion,
    rule_version: &str,
    reference: String,
    texts: ReasonTexts,
    usual: Remedy,
) -> Decision {
    let known: HashMap<&str, _> = texts.iter().map(|row| (row.0, row)).collect();
    let reasons = conclusion.reasons.iter().map(|code| {
        debug_assert!(known.contains_key(code), "the reason `{code}` has no text");
        let (english, dutch, basis) = known.get(code).map_or((*code, *code, ""), |row| (row.1, row.2, row.3));
        Reason {
            code: (*code).to_owned(),
            texts: [("en", english), ("nl", dutch)]
                .map(|(language, value)| Text { language: language.to_owned(), value: value.to_owned() })
                .to_vec(),
            legal_basis: basis.to_owned(),
        }
    });
    let objectionable = conclusion.result != DecisionResult::NotApplicable;
    Decision {
        result: conclusion.result.into(),
        reasons: reasons.collect(),
        rule_version: rule_version.to_owned(),
        decided_by: Some(DecidedBy::Automated(true)),
        notified_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        remedy: objectionable.then(|| conclusion.remedy.unwrap_or(usual).into()),
        reference,
    }
}

/// What is wrong with the texts of a ministry's reasons: each has a sentence in both languages and an article of law,
/// and no code is there twice.
#[must_use]
pub fn faults_of(texts: ReasonTexts) -> Vec<String> {
    let mut faults = Vec::new();
    for (code, english, dutch, basis) in texts {
        if !english.ends_with('.') || !dutch.ends_with('.') || english == dutch {
            faults.push(format!("{code}: a sentence in English and one in Dutch"));
        }
        if !basis.starts_with("eli/xz/") {
            faults.push(format!("{code}: an article of law"));
        }
        if texts.iter().filter(|it| it.0 == *code).count() > 1 {
            faults.push(format!("{code} is there twice"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: ReasonTexts = &[("late", "It came late.", "Het kwam laat.", "eli/xz/act/1/art-1")];
    const USUAL: Remedy = Remedy { kind: "objection", term: "P6W", lodged_at: "https://a.example/objection" };
    const COURT: Remedy = Remedy { kind: "appeal", term: "P6W", lodged_at: "https://court.example" };

    #[test]
    fn a_decision_says_everything_that_its_party_has_to_know() {
        let said = decision(&Conclusion::refused("late"), "rules/1", "A-1".to_owned(), TEXTS, USUAL);
        let reason = &said.reasons[0];
        assert_eq!((said.result(), reason.code.as_str()), (DecisionResult::Refused, "late"));
        assert_eq!((reason.texts.len(), reason.legal_basis.as_str()), (2, "eli/xz/act/1/art-1"));
        assert_eq!((said.rule_version.as_str(), said.reference.as_str()), ("rules/1", "A-1"));
        assert_eq!(said.decided_by, Some(DecidedBy::Automated(true)));
        assert!(said.notified_at.parse::<jiff::Timestamp>().is_ok(), "{}", said.notified_at);
        assert_eq!(said.remedy, Some(USUAL.into()));
    }

    #[test]
    fn a_reason_may_have_a_remedy_of_its_own_and_what_does_not_apply_has_none() {
        let of =
            |conclusion: &Conclusion| decision(conclusion, "rules/1", String::new(), TEXTS, USUAL).remedy;
        assert_eq!(of(&Conclusion::refused("late").remedied_by(COURT)), Some(COURT.into()));
        assert_eq!(of(&Conclusion::granted()), Some(USUAL.into()));
        assert_eq!(of(&Conclusion::not_applicable("late")), None);
    }

    #[test]
    fn texts_that_lack_something_are_found() {
        const TWICE: ReasonTexts = &[TEXTS[0], TEXTS[0]];
        assert_eq!(faults_of(TEXTS), Vec::<String>::new());
        let bad: ReasonTexts = &[("a", "No stop", "Geen punt", "eli/xz/1"), ("b", "Yes.", "Ja.", "law")];
        assert_eq!(faults_of(bad).len(), 2);
        assert_eq!(faults_of(TWICE).len(), 2);
    }
}

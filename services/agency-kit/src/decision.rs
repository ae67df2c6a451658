//! Decisions, as every ministry writes them.

use std::collections::HashMap;

use proto::loket::v1::decision::{DecidedBy, Reason, Result as DecisionResult};
use proto::loket::v1::{Decision, Text};

/// What a ministry's rules concluded: the result and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    result: DecisionResult,
    reasons: Vec<&'static str>,
}

impl Conclusion {
    /// As asked.
    #[must_use]
    pub fn granted() -> Self {
        Self { result: DecisionResult::Granted, reasons: Vec::new() }
    }

    /// Partly, for this reason.
    #[must_use]
    pub fn partly(reason: &'static str) -> Self {
        Self { result: DecisionResult::PartlyGranted, reasons: vec![reason] }
    }

    /// Refused, for this reason.
    #[must_use]
    pub fn refused(reason: &'static str) -> Self {
        Self { result: DecisionResult::Refused, reasons: vec![reason] }
    }

    /// The law does not apply, for this reason.
    #[must_use]
    pub fn not_applicable(reason: &'static str) -> Self {
        Self { result: DecisionResult::NotApplicable, reasons: vec![reason] }
    }

    /// With a further reason.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reasons.push(reason);
        self
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
/// of its reasons. A code without text is written as it is.
#[must_use]
pub fn decision(
    conclusion: &Conclusion,
    rule_version: &str,
    reference: String,
    texts: ReasonTexts,
) -> Decision {
    let known: HashMap<&str, _> = texts.iter().map(|row| (row.0, row)).collect();
    let reasons = conclusion.reasons.iter().map(|code| {
        let (english, dutch, basis) = known.get(code).map_or((*code, *code, ""), |row| (row.1, row.2, row.3));
        Reason {
            code: (*code).to_owned(),
            texts: [("en", english), ("nl", dutch)]
                .map(|(language, value)| Text { language: language.to_owned(), value: value.to_owned() })
                .to_vec(),
            legal_basis: basis.to_owned(),
        }
    });
    Decision {
        result: conclusion.result.into(),
        reasons: reasons.collect(),
        rule_version: rule_version.to_owned(),
        decided_by: Some(DecidedBy::Automated(true)),
        notified_at: String::new(),
        remedy: None,
        reference,
    }
}

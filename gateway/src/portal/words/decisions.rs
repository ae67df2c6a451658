//! Decisions and remedies, as agencies gave them.

use casework::entry::{DecidedBy, Decision, DecisionResult};
use casework::service::Remedy;
use proto::loket::v1 as pb;

/// The decision on the wire.
pub(super) fn decision(decision: &Decision) -> pb::Decision {
    use pb::decision::{DecidedBy as By, Reason, Result};
    let result = match decision.result {
        DecisionResult::Granted => Result::Granted,
        DecisionResult::PartlyGranted => Result::PartlyGranted,
        DecisionResult::Refused => Result::Refused,
        DecisionResult::NotApplicable => Result::NotApplicable,
    };
    let reasons = decision.reasons.iter().map(|reason| Reason {
        code: reason.code.clone(),
        texts: reason
            .texts
            .iter()
            .map(|(language, text)| pb::Text { language: language.clone(), value: text.clone() })
            .collect(),
        legal_basis: reason.legal_basis.clone(),
    });
    pb::Decision {
        result: result.into(),
        reasons: reasons.collect(),
        rule_version: decision.rule_version.clone(),
        decided_by: Some(match &decision.decided_by {
            DecidedBy::Machine => By::Automated(true),
            DecidedBy::Officer(function) => By::Officer(function.clone()),
        }),
        notified_at: decision.notified_at.map(|moment| moment.to_string()).unwrap_or_default(),
        remedy: decision.remedy.as_ref().map(remedy),
        reference: decision.reference.clone(),
    }
}

/// The remedy on the wire.
pub(super) fn remedy(remedy: &Remedy) -> pb::Remedy {
    pb::Remedy { kind: remedy.kind.clone(), term: remedy.term.clone(), r#where: remedy.lodged_at.clone() }
}

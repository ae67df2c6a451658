//! An agency's decision, read from its response and checked: what it lacks is a breach of contract.

use casework::entry::{DecidedBy, Decision, DecisionResult, Reason};
use casework::service::Remedy;
use prost::Message;
use proto::loket::v1 as annotations;
use proto::loket::v1::decision::{DecidedBy as By, Result as Outcome};

use super::extract::Malformed;

/// Most bytes of a decision: it is kept with the case and shown to the party.
const DECISION_BYTES_MAX: usize = 32 << 10;

/// Reads a decision.
pub(super) fn read(bytes: &[u8]) -> Result<Decision, Malformed> {
    let wrong = |why| Malformed::at("decision", why);
    if bytes.len() > DECISION_BYTES_MAX {
        return Err(wrong("is larger than is kept"));
    }
    let said = annotations::Decision::decode(bytes).map_err(|_| wrong("is no message of its type"))?;
    let result = match said.result() {
        Outcome::Granted => DecisionResult::Granted,
        Outcome::PartlyGranted => DecisionResult::PartlyGranted,
        Outcome::Refused => DecisionResult::Refused,
        Outcome::NotApplicable => DecisionResult::NotApplicable,
        Outcome::Unspecified => return Err(wrong("does not say its result")),
    };
    let decided_by = match said.decided_by {
        Some(By::Automated(true)) => DecidedBy::Machine,
        Some(By::Officer(function)) if !function.is_empty() => DecidedBy::Officer(function),
        _ => return Err(wrong("does not say who decided")),
    };
    let notified_at = match said.notified_at.as_str() {
        "" => None,
        moment => {
            Some(moment.parse().map_err(|_| wrong("says when the party was notified, and it is no moment"))?)
        }
    };
    let reason = |reason: annotations::decision::Reason| Reason {
        code: reason.code,
        texts: reason.texts.into_iter().map(|text| (text.language, text.value)).collect(),
        legal_basis: reason.legal_basis,
    };
    Ok(Decision {
        result,
        reasons: said.reasons.into_iter().map(reason).collect(),
        rule_version: said.rule_version,
        decided_by,
        notified_at,
        remedy: said.remedy.map(|remedy| Remedy {
            kind: remedy.kind,
            term: remedy.term,
            lodged_at: remedy.r#where,
        }),
        reference: said.reference,
    })
}

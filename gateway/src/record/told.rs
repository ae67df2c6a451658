//! What entries tell: knowledge, sources, calls, decisions, owners.

use casework::entry::{
    CallKind, DecidedBy, Decision, DecisionResult, Disclosure, Known, NotDoneReason, Owner, Reason, Source,
};
use casework::service::{Remedy, ReversalKind};
use casework::time::Instant;
use proto::loket::log::v1 as log;
use proto::loket::log::v1::{decision, known, owner, source};

use super::RecordFault;
use super::aside::Kept;
use super::names::*;
use super::values;

/// A closed set of words and its enum in the log.
macro_rules! enums {
    ($($to:ident $from:ident: $ours:ty = $theirs:ty, $what:literal { $($our:ident $their:ident,)* })*) => {$(
        pub(super) fn $to(value: &$ours) -> i32 {
            match value { $(<$ours>::$our => <$theirs>::$their as i32,)* }
        }

        pub(super) fn $from(value: i32) -> Result<$ours, RecordFault> {
            match <$theirs>::try_from(value) {
                $(Ok(<$theirs>::$their) => Ok(<$ours>::$our),)*
                _ => Err(RecordFault::unknown($what)),
            }
        }
    )*};
}

enums! {
    call_to_log call_from_log: CallKind = log::CallKind, "a call" {
        Perform Perform, Status Status, Cancel Cancel, Reverse Reverse,
    }
    not_done_to_log not_done_from_log: NotDoneReason = log::NotDoneReason, "a reason" {
        Unavailable Unavailable, Overloaded Overloaded, BreakerOpen BreakerOpen, NoEndpoint NoEndpoint,
        StaleFact StaleFact, NeverSeen NeverSeen,
    }
    reversal_to_log reversal_from_log: ReversalKind = log::ReversalKind, "a reversal" {
        Correction Correction, Revocation Revocation, Withdrawal Withdrawal,
    }
    result_to_log result_from_log: DecisionResult = decision::Result, "a decision" {
        Granted Granted, PartlyGranted PartlyGranted, Refused Refused, NotApplicable NotApplicable,
    }
}

/// What is known; `put` says what becomes of a value.
pub(super) fn known_to_log(known: &Known, put: impl FnOnce(log::Value) -> log::Value) -> log::Known {
    let kind = match known {
        Known::Value(value) => known::Kind::Value(put(values::to_log(value))),
        Known::Absent => known::Kind::Absent(known::Nothing {}),
        Known::Unknown => known::Kind::Unknown(known::Nothing {}),
    };
    log::Known { kind: Some(kind) }
}

pub(super) fn known_from_log(known: Option<&log::Known>, kept: &Kept) -> Result<Known, RecordFault> {
    Ok(match required(known.and_then(|known| known.kind.as_ref()), "what is known")? {
        known::Kind::Value(value) => Known::Value(values::from_log(value, kept)?),
        known::Kind::Absent(_) => Known::Absent,
        known::Kind::Unknown(_) => Known::Unknown,
    })
}

pub(super) fn source_to_log(from: &Source) -> log::Source {
    let kind = match from {
        Source::Party { party } => {
            source::Kind::Party(source::PartySource { party: party.as_ref().map(party_to_log) })
        }
        Source::Step { step, agency } => source::Kind::Step(source::StepSource {
            step: Some(step_to_log(step)),
            agency: agency.to_string(),
        }),
        Source::Agency(agency) => source::Kind::Agency(agency.to_string()),
    };
    log::Source { kind: Some(kind) }
}

pub(super) fn source_from_log(from: Option<&log::Source>) -> Result<Source, RecordFault> {
    Ok(match required(from.and_then(|from| from.kind.as_ref()), "a source")? {
        source::Kind::Party(by) => Source::Party { party: optional_party(by.party.as_ref())? },
        source::Kind::Step(by) => {
            Source::Step { step: step_from_log(by.step.as_ref())?, agency: name(&by.agency, "an agency")? }
        }
        source::Kind::Agency(agency) => Source::Agency(name(agency, "an agency")?),
    })
}

pub(super) fn disclosures_to_log(disclosures: &[Disclosure]) -> Vec<log::Disclosure> {
    let one = |disclosure: &Disclosure| log::Disclosure {
        fact: Some(fact_to_log(&disclosure.key)),
        revision: disclosure.revision,
        field: disclosure.field.clone(),
    };
    disclosures.iter().map(one).collect()
}

pub(super) fn disclosures_from_log(disclosures: &[log::Disclosure]) -> Result<Vec<Disclosure>, RecordFault> {
    let one = |disclosure: &log::Disclosure| {
        Ok(Disclosure {
            key: fact_from_log(disclosure.fact.as_ref())?,
            revision: disclosure.revision,
            field: disclosure.field.clone(),
        })
    };
    disclosures.iter().map(one).collect()
}

pub(super) fn owner_to_log(who: &Owner) -> log::Owner {
    let kind = match who {
        Owner::Agency(agency) => owner::Kind::Agency(agency.to_string()),
        Owner::Operators => owner::Kind::Operators(owner::Operators {}),
        Owner::Party(party) => owner::Kind::Party(party_to_log(party)),
    };
    log::Owner { kind: Some(kind) }
}

pub(super) fn owner_from_log(who: Option<&log::Owner>) -> Result<Owner, RecordFault> {
    Ok(match required(who.and_then(|who| who.kind.as_ref()), "an owner")? {
        owner::Kind::Agency(agency) => Owner::Agency(name(agency, "an agency")?),
        owner::Kind::Operators(_) => Owner::Operators,
        owner::Kind::Party(party) => Owner::Party(party_from_log(party)?),
    })
}

pub(super) fn remedy_to_log(remedy: &Remedy) -> log::Remedy {
    let Remedy { kind, term, lodged_at } = remedy.clone();
    log::Remedy { kind, term, lodged_at }
}

pub(super) fn remedy_from_log(remedy: log::Remedy) -> Remedy {
    let log::Remedy { kind, term, lodged_at } = remedy;
    Remedy { kind, term, lodged_at }
}

pub(super) fn decision_to_log(decision: &Decision) -> log::Decision {
    let text = |(language, text): (&String, &String)| decision::Text {
        language: language.clone(),
        text: text.clone(),
    };
    let reason = |reason: &Reason| decision::Reason {
        code: reason.code.clone(),
        texts: reason.texts.iter().map(text).collect(),
        legal_basis: reason.legal_basis.clone(),
    };
    log::Decision {
        result: result_to_log(&decision.result),
        reasons: decision.reasons.iter().map(reason).collect(),
        rule_version: decision.rule_version.clone(),
        officer: match &decision.decided_by {
            DecidedBy::Machine => None,
            DecidedBy::Officer(function) => Some(function.clone()),
        },
        notified_at: decision.notified_at.map(|at| at.0),
        remedy: decision.remedy.as_ref().map(remedy_to_log),
        reference: decision.reference.clone(),
    }
}

pub(super) fn decision_from_log(decision: log::Decision) -> Result<Decision, RecordFault> {
    let reason = |reason: decision::Reason| Reason {
        code: reason.code,
        texts: reason.texts.into_iter().map(|text| (text.language, text.text)).collect(),
        legal_basis: reason.legal_basis,
    };
    Ok(Decision {
        result: result_from_log(decision.result)?,
        reasons: decision.reasons.into_iter().map(reason).collect(),
        rule_version: decision.rule_version,
        decided_by: decision.officer.map_or(DecidedBy::Machine, DecidedBy::Officer),
        notified_at: decision.notified_at.map(Instant),
        remedy: decision.remedy.map(remedy_from_log),
        reference: decision.reference,
    })
}

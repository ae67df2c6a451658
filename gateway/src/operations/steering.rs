//! The acts of operators and officers on a case.

use std::collections::BTreeMap;

use casework::input::{Gifts, Given, Input, Mentioned, Steering};
use casework::name::{FactKey, MemberId};
use proto::loket::operations::v1 as pb;
use proto::loket::operations::v1::decide_member_request::Who;
use proto::loket::operations::v1::steer_step_request::Act;
use tonic::Status;

use super::sight::{self, Sight};
use crate::callers::Principal;
use crate::caseworker::{Found, Sameness};
use crate::portal::names;
use crate::portal::words::reports::{FactFault, Faults, Reader};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 2_000;

/// Most facts that are corrected in one call.
const FACTS_MAX: usize = 200;

/// What steering a step asks of the case. Whether this person may is casework's to say.
pub(super) fn steer(request: &pb::SteerStepRequest, caller: &Principal) -> Result<Input, Status> {
    let step = names::step(&request.service, &request.member)?;
    let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
    let act = match request.act() {
        Act::Retry => Steering::Retry,
        Act::Park => Steering::Park,
        Act::NotDone => Steering::NotDone,
        Act::Done => Steering::Done(Gifts::default()),
        Act::Skip => Steering::Skip,
        Act::Route => Steering::Route(names::agency(&request.agency, "agency")?),
        Act::Unspecified => {
            return Err(names::wrong(
                "act",
                "ACT_RETRY, ACT_PARK, ACT_NOT_DONE, ACT_DONE, ACT_SKIP or ACT_ROUTE",
            ));
        }
    };
    Ok(Input::Steer { by: sight::actor(caller)?, step, act, reason })
}

/// What is decided about sameness.
pub(super) fn sameness(request: &pb::DecideSamenessRequest, caller: &Principal) -> Result<Sameness, Status> {
    let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
    let (by, named) = (sight::actor(caller)?, request.same_as.trim());
    let found = match (request.same, named) {
        (false, "") => Found::ItsOwn,
        (false, _) => return Err(names::wrong("same_as", "left out, unless `same` is true")),
        (true, "") => Found::TheSame,
        (true, other) => Found::TheSameAs(other.strip_prefix("cases/").unwrap_or(other).to_owned()),
    };
    Ok(Sameness { by, found, reason })
}

/// What a decision about a claim asks of the case.
pub(super) fn claim(request: &pb::DecideClaimRequest, caller: &Principal) -> Result<Input, Status> {
    let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
    let receipt = u32::try_from(request.receipt).ok().filter(|receipt| *receipt > 0);
    let receipt = receipt.ok_or_else(|| names::wrong("receipt", "the number of a receipt, from 1"))?;
    Ok(Input::ClaimDecided { by: sight::actor(caller)?, receipt, upheld: request.upheld, reason })
}

/// What a decision about a member asks of the case.
pub(super) fn member(request: &pb::DecideMemberRequest, caller: &Principal) -> Result<Input, Status> {
    let role = request.role.parse().map_err(|_| names::wrong("role", "a role, such as `child`"))?;
    let mention = u16::try_from(request.mention).ok().filter(|mention| *mention > 0);
    let mention = mention.ok_or_else(|| names::wrong("mention", "the number of a mention, from 1"))?;
    let known = |member: &str| -> Result<MemberId, Status> {
        names::member(member, "member")?.ok_or_else(|| names::wrong("member", "a member, such as `m1`"))
    };
    let member = match &request.who {
        Some(Who::Member(member)) => Mentioned::Known(known(member)?),
        Some(Who::New(true)) => Mentioned::New,
        Some(Who::Nobody(true)) => Mentioned::Nobody,
        Some(Who::New(false) | Who::Nobody(false)) | None => {
            return Err(names::wrong("who", "one of `member`, `new: true` or `nobody: true`"));
        }
    };
    Ok(Input::MemberDecided { by: sight::actor(caller)?, role, mention, member })
}

/// What an officer's correction asks of the case.
pub(super) fn correction(
    request: &pb::CorrectFactsRequest,
    caller: &Principal,
    sight: &Sight,
) -> Result<Input, Status> {
    let reason = names::some_words(&request.reason, "reason", REASON_CHARS_MAX)?;
    if request.facts.is_empty() || request.facts.len() > FACTS_MAX {
        return Err(names::wrong("facts", &format!("1 to {FACTS_MAX} facts")));
    }
    let plan = sight.snapshot.plan(&sight.file.case.plan);
    let life_event = plan.map(|plan| &plan.life_event).ok_or_else(names::no_such_case)?;
    let reader = Reader { life_event, dictionary: &sight.snapshot.dictionary };
    let mut facts: BTreeMap<FactKey, Given> = BTreeMap::new();
    let mut faults = Faults::default();
    for (index, fact) in request.facts.iter().enumerate() {
        let key = names::fact(&fact.fact, &fact.member, &format!("facts[{index}].fact"))?;
        match reader.fact(&key.name, fact.value.as_ref()) {
            Ok(given) => {
                facts.insert(key, given);
            }
            Err(FactFault::Unknown(description)) => {
                faults.unknown(format!("facts[{index}].fact"), description)
            }
            Err(FactFault::WrongType(expected)) => {
                faults.wrong_type(format!("facts[{index}].value"), format!("must be {expected}"));
            }
        }
    }
    faults.none_or_all()?;
    Ok(Input::Correct { by: sight::actor(caller)?, facts, reason })
}

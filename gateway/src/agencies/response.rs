//! A response, read by its contract and the plan: what it gives, as facts of the life event, and what was decided.

use std::collections::BTreeMap;

use casework::dictionary::Dictionary;
use casework::entry::Decision;
use casework::input::{Answer, Gifts};
use casework::name::{FactName, Role};
use casework::plan::{Plan, PlanGift, PlanStep};
use casework::value::Value;
use prost::Message;
use proto::google::longrunning::Operation;
use proto::google::longrunning::operation::Result as Finished;

use super::decision;
use super::extract::{Found, Malformed, walk};
use super::refusal;
use super::values::Reader;
use crate::lowering::Direct;
use crate::lowering::wire::{Carried, Holds, Node};

/// Longest name of an operation, in bytes.
const OPERATION_BYTES_MAX: usize = 512;

/// What a response is read by.
#[derive(Clone, Copy)]
pub(crate) struct ReadBy<'a> {
    pub(crate) direct: &'a Direct,
    pub(crate) plan: &'a Plan,
    pub(crate) step: &'a PlanStep,
    pub(crate) dictionary: &'a Dictionary,
}

impl ReadBy<'_> {
    /// The answer in the body of an OK response.
    pub(crate) fn answer(&self, operation: bool, body: &[u8]) -> Answer {
        if !operation {
            return self.direct_answer(body);
        }
        let Ok(operation) = Operation::decode(body) else {
            return breach("the response is no google.longrunning.Operation");
        };
        match operation.result {
            Some(Finished::Response(response)) => self.announced(&response.type_url, &response.value),
            Some(Finished::Error(error)) => refusal::of_operation(&error),
            None if operation.done => breach("the operation is done and has neither response nor error"),
            None if operation.name.is_empty() || operation.name.len() > OPERATION_BYTES_MAX => {
                breach("the operation has no name, or one longer than 512 bytes")
            }
            None => Answer::Pending { operation: operation.name },
        }
    }

    /// The answer in a message that names its type: it must be the one announced.
    pub(crate) fn announced(&self, type_url: &str, body: &[u8]) -> Answer {
        let name = type_url.rsplit('/').next().unwrap_or_default();
        if name != self.direct.response_type {
            return breach(&format!("the response is not the announced `{}`", self.direct.response_type));
        }
        self.direct_answer(body)
    }

    fn direct_answer(&self, body: &[u8]) -> Answer {
        match self.read(body) {
            Ok((gifts, decision)) => Answer::Done { gifts, decision },
            Err(malformed) => breach(&malformed.to_string()),
        }
    }

    fn read(&self, body: &[u8]) -> Result<(Gifts, Option<Decision>), Malformed> {
        let found = walk(&self.direct.response, body)?;
        let mut gifts = Gifts::default();
        // Members by the repeated message they come in: two such messages may give members of one role.
        let mut created: BTreeMap<(&Role, &str), Vec<Member>> = BTreeMap::new();
        let roles: BTreeMap<&FactName, Role> =
            self.step.gifts.iter().map(|gift| (&gift.fact, gift.fact.role())).collect();
        for gift in &self.step.gifts {
            let place = locate(&self.direct.response, &gift.field, None)
                .ok_or_else(|| Malformed::at(&gift.field, "is not in the contract"))?;
            match (place.member_of, gift.creates) {
                (None, false) => {
                    gifts.facts.insert(gift.fact.clone(), self.value(gift, &place, &found)?);
                }
                (Some(message), true) => {
                    let elements = found.members.get(message).map(Vec::as_slice).unwrap_or_default();
                    let members = created.entry((&roles[&gift.fact], message)).or_default();
                    members.resize_with(elements.len(), Member::new);
                    for (member, element) in members.iter_mut().zip(elements) {
                        member.insert(gift.fact.clone(), self.value(gift, &place, element)?);
                    }
                }
                _ => return Err(Malformed::at(&gift.field, "repeats otherwise than the plan says")),
            }
        }
        for ((role, _), members) in created {
            gifts.members.entry(role.clone()).or_default().extend(members);
        }
        let decision = found.decision.as_deref().map(decision::read).transpose()?;
        Ok((gifts, decision))
    }

    fn value(
        &self,
        gift: &PlanGift,
        place: &Place<'_>,
        found: &Found<'_>,
    ) -> Result<Option<Value>, Malformed> {
        let not_planned = || Malformed::at(&gift.field, "gives a fact that the plan does not have");
        let fact = self.plan.facts.get(&gift.fact).ok_or_else(not_planned)?;
        let reader = Reader {
            field: &gift.field,
            carried: place.carried,
            list: place.list,
            kind: &fact.value,
            dictionary: self.dictionary,
        };
        let raw = found.facts.get(gift.field.as_str()).map(Vec::as_slice).unwrap_or_default();
        let value = reader.value(raw)?;
        let concept = self.dictionary.concept(&fact.concept);
        match (&value, concept) {
            (Some(value), Some(concept)) if !self.dictionary.admits(concept, value) => {
                Err(Malformed::at(&gift.field, "is set to a code that its list lacks"))
            }
            _ => Ok(value),
        }
    }
}

type Member = BTreeMap<FactName, Option<Value>>;

/// Where a field's facts are.
struct Place<'a> {
    carried: &'a Carried,
    list: bool,
    /// The repeated message that the field is in.
    member_of: Option<&'a str>,
}

fn locate<'a>(nodes: &'a [Node], field: &str, member_of: Option<&'a str>) -> Option<Place<'a>> {
    nodes.iter().find_map(|node| match &node.holds {
        Holds::Fact { carried, list, .. } if node.field == field => {
            Some(Place { carried, list: *list, member_of })
        }
        Holds::Message { repeated, nodes } if field.starts_with(node.field.as_str()) => {
            locate(nodes, field, if *repeated { Some(&node.field) } else { member_of })
        }
        _ => None,
    })
}

pub(super) fn breach(what: &str) -> Answer {
    Answer::Breach { what: what.to_owned() }
}

#[cfg(test)]
mod tests;

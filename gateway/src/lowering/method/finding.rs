//! The method that finds an effect by business facts, where no key does.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::MethodDescriptor;
use proto::loket::desk::v1::MethodRule;
use proto::loket::v1::Fact;

use super::Reading;
use super::companions::{self, Answers};
use crate::lowering::DescriptorSet;
use crate::lowering::contract::FindCall;
use crate::lowering::fields::LoweredMessage;

const OPERATION: &str = "google.longrunning.Operation";

/// Lowers it. Its facts are some of those that the service itself needs: nothing else was ever disclosed to it. Rules
/// beside the service's own request hold for fields of the same name here.
pub(super) fn lower(
    set: &DescriptorSet,
    find: &MethodDescriptor,
    (request, rule): (&LoweredMessage, Option<&MethodRule>),
    answers: &Answers,
    reading: &mut Reading,
) -> Option<FindCall> {
    let has =
        |path: &str| path.split('.').next().and_then(|root| find.input().get_field_by_name(root)).is_some();
    let beside: Option<HashMap<String, Fact>> = rule.map(|rule| {
        let here = rule.request_facts.iter().filter(|(path, _)| has(path));
        here.map(|(path, fact)| (path.clone(), fact.clone())).collect()
    });
    let own = reading.fields(set, beside.as_ref(), &find.input(), false);
    if own.facts.is_empty() {
        reading.fault(format!(
            "`find` names `{}`, whose request has no fact; mark the fields that it finds by, as in the service's own \
             request",
            find.name()
        ));
        return None;
    }
    let mut fields = BTreeMap::new();
    for fact in &own.facts {
        match request.facts.iter().find(|need| need.name == fact.name && need.per_member == fact.per_member) {
            Some(need) => {
                fields.insert(need.field.clone(), fact.field.clone());
            }
            None => reading.fault(format!(
                "`find` names `{}`, which finds by `{}`; the service itself does not need it, so it was never told",
                find.name(),
                fact.name
            )),
        }
    }
    companions::same_answer("find", find, answers, reading);
    Some(FindCall {
        path: companions::path_of(find),
        request: own.nodes,
        fields,
        operation: find.output().full_name() == OPERATION,
    })
}

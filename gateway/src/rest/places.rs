//! Where the things of a report stand as they were sent. A refusal names the contract's places
//! (`report.members[0].facts["child.gender"]`); whoever wrote the report by role looks for theirs
//! (`facts.child[0].gender`).

use std::collections::HashMap;

use tonic::Status;

use super::json::Json;
use super::read::below;
use crate::portal::words::reports::of_a_group;
use crate::reasons::{Refusal, Violation, violations};

/// The refusal with the places of this body. One that names no place of a report stays as it is.
pub(super) fn as_sent(refused: Status, body: &Json) -> Status {
    let refusal = Refusal::of(&refused);
    let Some(places) = Places::of(body).filter(|_| !refusal.fields.is_empty()) else { return refused };
    let mut detail = refusal.detail;
    let mut fields = Vec::new();
    for Violation { field, description } in refusal.fields {
        let (sent, said) = (places.sent(&field), places.said(&field, &description));
        detail = detail.replace(&description, &said).replace(&field, &sent);
        fields.push(Violation::new(sent, said));
    }
    violations(refusal.reason, detail, &fields)
}

/// The places of a report that was written by role.
struct Places {
    /// Where the facts are.
    facts: String,
    /// Where the role of the reporter is.
    role: String,
    /// As the contract has it, and as it was sent.
    sent: HashMap<String, String>,
}

impl Places {
    /// None where the report was written as the contract has it: with members.
    fn of(body: &Json) -> Option<Self> {
        let (report, at) = match member(body, "report") {
            Some(report) => (report, "report"),
            None => (body, ""),
        };
        if member(report, "members").is_some() {
            return None;
        }
        let mut places = Self { facts: below(at, "facts"), role: below(at, "role"), sent: HashMap::new() };
        let Some(Json::Object(roles)) = member(report, "facts") else { return Some(places) };
        let mut members = 0;
        for (role, value) in roles {
            places.role(role, value, &mut members);
        }
        Some(places)
    }

    fn role(&mut self, role: &str, value: &Json, members: &mut usize) {
        let place = below(&self.facts, role);
        match value {
            _ if role.contains('.') => {
                self.sent.insert(format!("report.facts[\"{role}\"]"), place);
            }
            Json::Object(facts) => {
                for (name, _) in facts {
                    self.sent.insert(format!("report.facts[\"{role}.{name}\"]"), below(&place, name));
                }
            }
            Json::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.one(role, item, &format!("{place}[{index}]"), *members);
                    *members += 1;
                }
            }
            _ => {}
        }
    }

    fn one(&mut self, role: &str, item: &Json, place: &str, index: usize) {
        let contract = format!("report.members[{index}]");
        let Json::Object(facts) = item else { return };
        for (name, _) in facts {
            let full = if name.contains('.') { name.clone() } else { format!("{role}.{name}") };
            self.sent.insert(format!("{contract}.facts[\"{full}\"]"), below(place, name));
        }
        self.sent.insert(format!("{contract}.role"), place.to_owned());
        self.sent.insert(contract, place.to_owned());
    }

    /// A place of the contract as it was sent; of a fact that was not, where it would be.
    fn sent(&self, contract: &str) -> String {
        let bare = contract.strip_prefix("draft.").unwrap_or(contract);
        if let Some(sent) = self.sent.get(bare) {
            return sent.clone();
        }
        match bare {
            "report.role" => return self.role.clone(),
            "report" | "report.facts" | "report.members" => return self.facts.clone(),
            _ => {}
        }
        if let Some((role, attribute)) = fact(bare) {
            return below(&below(&self.facts, role), attribute);
        }
        let list = |rest: &&str| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let rest = bare.strip_prefix("report.facts.").or(bare.strip_prefix("report.").filter(list));
        rest.map_or_else(|| contract.to_owned(), |rest| format!("{}.{rest}", self.facts))
    }

    /// What is said of a place, without the contract's words for what is written otherwise here.
    fn said(&self, contract: &str, description: &str) -> String {
        let role = fact(contract.strip_prefix("draft.").unwrap_or(contract)).map(|(role, _)| role);
        match role.filter(|role| of_a_group(role) == description) {
            Some(role) => {
                let list = below(&self.facts, role);
                format!("is of a group: send a list under `{list}`, with an object for each of them")
            }
            None => description.to_owned(),
        }
    }
}

/// The role and the attribute of a fact's place.
fn fact(place: &str) -> Option<(&str, &str)> {
    place.strip_prefix("report.facts[\"")?.strip_suffix("\"]")?.split_once('.')
}

/// A member of an object.
fn member<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    let Json::Object(pairs) = json else { return None };
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reasons::Reason;

    fn sent(body: &str, field: &str) -> String {
        let violation = Violation::new(field, "must be another");
        let refused = violations(Reason::WrongFactType, format!("`{field}` must be another"), &[violation]);
        let refused = Refusal::of(&as_sent(refused, &Json::parse(body.as_bytes(), 64).unwrap()));
        let place = refused.fields[0].field.clone();
        assert_eq!(
            (refused.reason, refused.detail),
            (Reason::WrongFactType, format!("`{place}` must be another"))
        );
        place
    }

    #[test]
    fn a_place_is_told_as_it_was_sent() {
        let body = r#"{"facts": {"mother": {"number": 1}, "birth.date": 2, "child": [{}, {"gender": 3}], "parent": [{}]}}"#;
        for (contract, place) in [
            (r#"report.facts["mother.number"]"#, "facts.mother.number"),
            (r#"report.facts["birth.date"]"#, r#"facts["birth.date"]"#),
            (r#"report.facts["birth.municipality"]"#, "facts.birth.municipality"),
            (r#"report.members[1].facts["child.gender"]"#, "facts.child[1].gender"),
            ("report.members[2].role", "facts.parent[0]"),
            ("report.members", "facts"),
            ("report.facts", "facts"),
            ("report.parent", "facts.parent"),
            ("report", "facts"),
            ("report.facts.child[1]", "facts.child[1]"),
            ("report.role", "role"),
            ("request_id", "request_id"),
        ] {
            assert_eq!(sent(body, contract), place);
        }
        let draft = r#"{"report": {"facts": {"mother": {"number": 1}}}}"#;
        assert_eq!(sent(draft, r#"draft.report.facts["mother.number"]"#), "report.facts.mother.number");
    }

    #[test]
    fn a_report_as_the_contract_has_it_keeps_the_contracts_places() {
        let body = r#"{"report": {"facts": {"birth.date": 2}, "members": [{"role": "child", "facts": {}}]}}"#;
        for contract in [r#"report.facts["birth.date"]"#, r#"report.members[0].facts["child.gender"]"#] {
            assert_eq!(sent(body, contract), contract);
        }
    }

    #[test]
    fn a_group_that_was_sent_as_an_object_is_told_to_be_a_list() {
        let what = of_a_group("child");
        let violation = Violation::new(r#"report.facts["child.gender"]"#, &what);
        let refused = violations(Reason::UnknownFact, format!("`{}` {what}", violation.field), &[violation]);
        let body = Json::parse(br#"{"facts": {"child": {"gender": "female"}}}"#, 64).unwrap();
        let refused = Refusal::of(&as_sent(refused, &body));
        assert!(refused.detail.starts_with("`facts.child.gender` is of a group"), "{}", refused.detail);
        for said in [&refused.detail, &refused.fields[0].description] {
            assert!(said.contains("list under `facts.child`") && !said.contains("members"), "{said}");
        }
    }
}

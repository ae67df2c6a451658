//! Who may report, and as whom.

use std::collections::BTreeMap;

use casework::condition::Condition;
use casework::plan::PlanFact;
use casework::value::ValueType;
use tonic::Code;

use super::*;

fn texts(text: &str) -> serde_json::Value {
    serde_json::json!({"en": text})
}

fn plan() -> Plan {
    let role = |id: &str, may: bool, group: bool| {
        let mut role =
            serde_json::json!({"id": id, "kind": "person", "titles": texts(id), "may_report": may});
        if group {
            role["group"] = serde_json::json!({"same_when": ["number"], "closed_by": "report"});
        }
        role
    };
    let life_event: LifeEvent = serde_json::from_value(serde_json::json!({
        "id": "birth", "titles": texts("Birth"), "summary": texts("A birth."), "owner": "Interior",
        "roles": [
            role("child", true, true), role("mother", true, false), role("second_parent", true, false),
            role("midwife", false, false),
        ],
        "identity": {"date": "mother.since", "blocking": [["mother.number"]], "sure": ["mother.number"]},
        "outcomes": [],
    }))
    .unwrap();
    let fact = PlanFact {
        concept: "person.number".parse().unwrap(),
        value: ValueType::Person,
        givers: Vec::new(),
        askable: true,
        propagates: false,
    };
    Plan {
        life_event,
        steps: Vec::new(),
        reversals: Vec::new(),
        facts: BTreeMap::from([("second_parent.number".parse().unwrap(), fact)]),
        outcomes: BTreeMap::<_, Condition>::new(),
    }
}

fn citizen(person: Option<&str>) -> Citizen {
    Citizen {
        subject: "s".to_owned(),
        person: person.map(str::to_owned),
        assurance: Assurance::High,
        portal: "web".to_owned(),
    }
}

fn report(numbers: &[(&str, Given)]) -> Report {
    let facts = numbers.iter().map(|(name, given)| (name.parse().unwrap(), given.clone())).collect();
    Report { facts, ..Report::default() }
}

fn number(number: &str) -> Given {
    Given::Value(Value::Person(number.to_owned()))
}

/// What was sent: in this role, with so many elements in the list of both parents.
fn sent(role: &str, listed: usize) -> pb::Report {
    let member = pb::Member { role: "parent".to_owned(), ..Default::default() };
    pb::Report { role: role.to_owned(), members: vec![member; listed], ..Default::default() }
}

#[test]
fn who_lists_the_other_parent_alone_is_asked_to_list_themselves() {
    let mut event = plan().life_event;
    let roles = ["mother", "second_parent"].map(|role| role.parse().unwrap());
    event.together.insert("parent".parse().unwrap(), roles.to_vec());
    let of = |said: &str, listed: usize, numbers: &[(&str, Given)], person| {
        let part = party(&event, &sent(said, listed), &report(numbers), &citizen(person));
        part.map(|part| part.role.to_string())
    };
    let husband = [("mother.number", number("2"))];
    let refused = of("", 1, &husband, Some("1")).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("must list whoever reports too"), "{}", refused.message());
    let strangers = [("mother.number", number("2")), ("second_parent.number", number("3"))];
    assert!(of("", 2, &strangers, Some("1")).is_err());
    // Whoever says who they are, or leaves their own number out, is understood.
    assert_eq!(of("second_parent", 1, &husband, Some("1")).unwrap(), "second_parent");
    let both = [("mother.name", text()), ("second_parent.number", number("2"))];
    assert_eq!(of("", 2, &both, Some("1")).unwrap(), "mother");
    assert_eq!(of("", 0, &husband, Some("1")).unwrap(), "second_parent", "named by role, not by place");
}

fn text() -> Given {
    Given::Value(Value::Text("Noor".to_owned()))
}

#[test]
fn the_part_is_the_one_said_or_the_one_of_the_number() {
    let event = plan().life_event;
    let mother = report(&[("mother.number", number("1")), ("second_parent.number", number("2"))]);
    let role = |said: &str, person| {
        party(&event, &sent(said, 0), &mother, &citizen(person)).map(|p| p.role.to_string())
    };
    assert_eq!(role("second_parent", Some("1")).unwrap(), "second_parent");
    assert_eq!(role("", Some("1")).unwrap(), "mother");
    assert_eq!(role("", Some("2")).unwrap(), "second_parent");
    for (said, person) in
        [("", Some("3")), ("", None), ("midwife", Some("1")), ("child", Some("1")), ("x", None)]
    {
        let status = role(said, person).unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("`mother` or `second_parent`"), "{status}");
    }
}

#[test]
fn the_reporters_own_number_is_that_of_the_token() {
    let plan = plan();
    let party = |role: &str| PartyId { role: role.parse().unwrap(), member: None };
    let own = |numbers: &[(&str, Given)], role: &str, person: Option<&str>| {
        let mut said = report(numbers);
        own_number(&mut said, &party(role), &citizen(person), &plan).map(|()| said)
    };
    let filled = own(&[], "mother", Some("1")).unwrap();
    assert_eq!(filled.facts[&"mother.number".parse().unwrap()], number("1"));
    let filled = own(&[], "second_parent", Some("1")).unwrap();
    assert_eq!(filled.facts[&"second_parent.number".parse().unwrap()], number("1"));
    assert!(own(&[("mother.number", number("1"))], "mother", Some("1")).is_ok());
    // The other parent's number is for the reporter to say.
    assert!(own(&[("mother.number", number("9"))], "second_parent", Some("1")).is_ok());
    assert!(own(&[("mother.number", Given::Absent)], "mother", None).is_ok());
    for (given, person) in [(number("2"), Some("1")), (number("2"), None), (Given::Absent, Some("1"))] {
        let status = own(&[("mother.number", given)], "mother", person).unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        assert!(status.message().contains("mother.number"), "{status}");
    }
}

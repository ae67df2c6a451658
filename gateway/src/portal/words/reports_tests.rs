//! Reports as portals send them.

use casework::dictionary::DictionaryFile;
use tonic::Code;

use super::*;
use crate::reasons::Refusal;

fn texts(text: &str) -> serde_json::Value {
    serde_json::json!({"en": text})
}

fn birth() -> (LifeEvent, Dictionary) {
    let role = |id: &str, kind: &str, group: bool| {
        let mut role = serde_json::json!({"id": id, "kind": kind, "titles": texts(id), "may_report": true});
        if group {
            role["group"] = serde_json::json!({"same_when": ["order"], "closed_by": "report"});
        }
        role
    };
    let life_event = serde_json::json!({
        "id": "birth", "titles": texts("Birth"), "summary": texts("A birth."), "owner": "Interior",
        "roles": [
            role("child", "person", true), role("mother", "person", false), role("second_parent", "person", false),
        ],
        "together": {"parent": ["mother", "second_parent"]},
        "identity": {"date": "mother.since", "blocking": [["mother.number"]], "sure": ["mother.number"]},
        "outcomes": [],
    });
    let concept = |name: &str, kind: &str| serde_json::json!({"name": name, "definition": "It.", "type": kind, "owner": "a", "source": "law"});
    let file: DictionaryFile = serde_json::from_value(serde_json::json!({"concepts": [
        concept("person.number", "person"), concept("person.order", "integer"), concept("person.since", "date"),
    ]}))
    .unwrap();
    (serde_json::from_value(life_event).unwrap(), Dictionary::assemble([file]).unwrap())
}

fn value(text: &str) -> pb::Value {
    pb::Value { kind: Some(pb::value::Kind::Text(text.to_owned())) }
}

fn facts(all: &[(&str, &str)]) -> HashMap<String, pb::Value> {
    all.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
}

fn read(report: &pb::Report) -> Result<Report, Status> {
    let (life_event, dictionary) = birth();
    Reader { life_event: &life_event, dictionary: &dictionary }.report(report, "report")
}

fn fields(status: &Status) -> Vec<String> {
    Refusal::of(status).fields.into_iter().map(|violation| violation.field).collect()
}

#[test]
fn members_are_kept_in_the_reporters_order() {
    let member = |order| pb::Member { role: "child".to_owned(), facts: facts(&[("child.order", order)]) };
    let report = pb::Report {
        facts: facts(&[("mother.number", "999990019")]),
        members: vec![member("2"), member("1")],
        ..pb::Report::default()
    };
    let read = read(&report).unwrap();
    let orders: Vec<_> = read.members[&"child".parse().unwrap()]
        .iter()
        .map(|facts| facts[&"child.order".parse().unwrap()].clone())
        .collect();
    let given = |n| Given::Value(casework::value::Value::Integer(n));
    assert_eq!(orders, [given(2), given(1)]);
}

#[test]
fn every_fault_is_named_by_its_field_and_none_by_its_value() {
    let report = pb::Report {
        facts: facts(&[
            ("mother.since", "yesterday!"),
            ("mother.shoe_size", "43"),
            ("uncle.number", "1"),
            ("child.order", "1"),
            ("Mother", "x"),
        ]),
        members: vec![
            pb::Member { role: "midwife".to_owned(), facts: HashMap::new() },
            pb::Member {
                role: "child".to_owned(),
                facts: facts(&[("mother.number", "1"), ("child.order", "first")]),
            },
        ],
        ..pb::Report::default()
    };
    let status = read(&report).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(Refusal::of(&status).reason, Reason::InvalidRequest);
    assert_eq!(
        fields(&status),
        [
            "report.facts[\"Mother\"]",
            "report.facts[\"child.order\"]",
            "report.facts[\"mother.shoe_size\"]",
            "report.facts[\"mother.since\"]",
            "report.facts[\"uncle.number\"]",
            "report.members[0].role",
            "report.members[1].facts[\"child.order\"]",
            "report.members[1].facts[\"mother.number\"]",
        ]
    );
    assert!(!format!("{status:?}").contains("yesterday!"), "the answer echoes a value");
}

#[test]
fn a_wrong_type_alone_is_told_as_such() {
    let report = pb::Report { facts: facts(&[("mother.since", "23-11-2026")]), ..pb::Report::default() };
    let status = read(&report).unwrap_err();
    assert_eq!(Refusal::of(&status).reason, Reason::WrongFactType);
    assert!(status.message().contains("report.facts[\"mother.since\"]"), "{status}");
    assert!(status.message().contains("2026-11-23"), "{status}");
}

#[test]
fn a_report_has_limits_that_are_told() {
    let member = pb::Member { role: "child".to_owned(), facts: HashMap::new() };
    let report = pb::Report { members: vec![member; MEMBERS_MAX + 1], ..pb::Report::default() };
    assert!(read(&report).unwrap_err().message().contains("200"));
}

fn members(role: &str, all: &[&[(&str, &str)]]) -> Vec<pb::Member> {
    all.iter().map(|one| pb::Member { role: role.to_owned(), facts: facts(one) }).collect()
}

#[test]
fn roles_listed_together_are_the_roles_in_their_order_and_the_same_report() {
    let listed = pb::Report {
        members: members("parent", &[&[("parent.number", "1")], &[("parent.number", "2")]]),
        ..pb::Report::default()
    };
    let each = pb::Report {
        facts: facts(&[("mother.number", "1"), ("second_parent.number", "2")]),
        ..pb::Report::default()
    };
    let one = pb::Report {
        facts: facts(&[("second_parent.number", "2")]),
        members: members("mother", &[&[("mother.number", "1")]]),
        ..pb::Report::default()
    };
    assert_eq!(read(&listed).unwrap(), read(&each).unwrap());
    assert_eq!(read(&one).unwrap(), read(&each).unwrap());
}

#[test]
fn a_list_of_roles_has_no_more_of_them_and_says_nothing_twice() {
    let parent: &[(&str, &str)] = &[("parent.number", "1")];
    let three = pb::Report { members: members("parent", &[parent, parent, parent]), ..pb::Report::default() };
    let status = read(&three).unwrap_err();
    assert_eq!(fields(&status), ["report.members[2].role"]);
    assert!(status.message().contains("mother, then second_parent"), "{status}");
    let twice = pb::Report {
        facts: facts(&[("mother.number", "1")]),
        members: members("parent", &[parent]),
        ..pb::Report::default()
    };
    assert!(read(&twice).unwrap_err().message().contains("`mother.number`, which is given elsewhere too"));
    let several = pb::Report {
        members: members("mother", &[&[("mother.number", "1")], &[("mother.number", "2")]]),
        ..pb::Report::default()
    };
    assert!(read(&several).unwrap_err().message().contains("is no group"));
}

#[test]
fn more_than_a_group_may_have_is_a_wrong_request_at_the_first_too_many() {
    let one: &[(&str, &str)] = &[("child.order", "1")];
    let max = usize::from(birth().0.roles[0].group.as_ref().unwrap().max);
    let sent =
        |many: usize| pb::Report { members: members("child", &vec![one; many]), ..pb::Report::default() };
    assert!(read(&sent(max)).is_ok());
    let status = read(&sent(max + 3)).unwrap_err();
    assert_eq!((status.code(), Refusal::of(&status).reason), (Code::InvalidArgument, Reason::InvalidRequest));
    assert_eq!(fields(&status), [format!("report.members[{max}]")]);
    assert!(status.message().contains(&format!("at most {max} of `child`")), "{status}");
}

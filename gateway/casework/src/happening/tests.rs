use proptest::prelude::*;

use super::*;
use crate::compile::fixture;
use crate::name::Role;
use crate::value::Address;

fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

fn text(text: &str) -> Given {
    Given::Value(Value::Text(text.to_owned()))
}

fn person(number: &str) -> Given {
    Given::Value(Value::Person(number.to_owned()))
}

fn day(date: &str) -> Given {
    Given::Value(Value::Date(date.parse().unwrap()))
}

fn report(facts: &[(&str, Given)]) -> Report {
    let facts = facts.iter().map(|(name, given)| (fact(name), given.clone())).collect();
    Report { facts, ..Report::default() }
}

fn movers(date: &str, numbers: &[Option<&str>]) -> Report {
    let mut report = report(&[("birth.date", day(date))]);
    let mover = |number: &Option<&str>| {
        number.map(|number| (fact("mover.number"), person(number))).into_iter().collect()
    };
    report.members.insert("mover".parse::<Role>().unwrap(), numbers.iter().map(mover).collect());
    report
}

/// By the mother and the day; three days apart is perhaps the same.
fn birth() -> LifeEvent {
    fixture::life_event()
}

/// By who moves, and the day.
fn moving() -> LifeEvent {
    let mut moving = fixture::life_event();
    moving.identity.blocking = vec![vec![fact("birth.date")]];
    moving.identity.sure = vec![fact("birth.date"), fact("mover.number")];
    moving
}

fn compared(life_event: &LifeEvent, one: &Report, other: &Report) -> Match {
    compare(life_event, &features(life_event, one), &features(life_event, other))
}

fn of_mother(number: &str, date: &str) -> Report {
    report(&[("mother.number", person(number)), ("birth.date", day(date))])
}

#[test]
fn mother_and_hospital_report_one_birth_however_they_spell_the_mother() {
    let mother = of_mother("123456782", "2026-11-20");
    let hospital = of_mother("1234.56.782", "2026-11-20");
    assert_eq!(blocking_key(&birth(), &mother), blocking_key(&birth(), &hospital));
    assert_eq!(compared(&birth(), &mother, &hospital), Match::Sure);
}

#[test]
fn a_day_or_three_apart_a_person_decides_and_further_it_is_another() {
    let first = of_mother("123456782", "2026-11-20");
    assert_eq!(compared(&birth(), &first, &of_mother("123456782", "2026-11-23")), Match::Near);
    assert_eq!(compared(&birth(), &first, &of_mother("123456782", "2026-11-24")), Match::None);
    assert_eq!(compared(&birth(), &first, &of_mother("999999990", "2026-11-20")), Match::None);
}

#[test]
fn without_near_days_only_sure_is_the_same() {
    let mut birth = birth();
    birth.identity.near_days = None;
    let first = of_mother("123456782", "2026-11-20");
    assert_eq!(compared(&birth, &first, &of_mother("123456782", "2026-11-21")), Match::None);
    assert_eq!(compared(&birth, &first, &first), Match::Sure);
}

#[test]
fn a_date_known_in_part_is_never_sure() {
    let november = of_mother("123456782", "2026-11");
    assert_eq!(compared(&birth(), &november, &november), Match::Near);
    assert_eq!(compared(&birth(), &november, &of_mother("123456782", "2026-11-20")), Match::Near);
    assert_eq!(compared(&birth(), &november, &of_mother("123456782", "2026-12-03")), Match::Near);
    assert_eq!(compared(&birth(), &november, &of_mother("123456782", "2026-12-04")), Match::None);
}

#[test]
fn members_are_compared_as_a_set() {
    let both = movers("2026-11-20", &[Some("1"), Some("2")]);
    assert_eq!(compared(&moving(), &both, &movers("2026-11-20", &[Some("2"), Some("1")])), Match::Sure);
    assert_eq!(compared(&moving(), &both, &movers("2026-11-20", &[Some("2")])), Match::Near);
    assert_eq!(compared(&moving(), &both, &movers("2026-11-20", &[Some("3")])), Match::None);
    let one_without = movers("2026-11-20", &[Some("1"), None]);
    assert_eq!(
        compared(&moving(), &one_without, &one_without),
        Match::Near,
        "who has no number may be anybody"
    );
}

#[test]
fn the_first_set_known_in_full_is_the_key() {
    let by_name = report(&[("mother.given_names", text("Anna Maria")), ("birth.date", day("2026-11-20"))]);
    let respelt = report(&[("mother.given_names", text("anna-maria")), ("birth.date", day("2026-11-20"))]);
    assert_eq!(blocking_key(&birth(), &by_name), blocking_key(&birth(), &respelt));
    let by_number = of_mother("123456782", "2026-11-20");
    assert_ne!(blocking_key(&birth(), &by_name), blocking_key(&birth(), &by_number));
}

#[test]
fn a_report_that_says_too_little_is_told_what_would_do() {
    let report = report(&[("birth.date", day("2026-11")), ("mother.number", Given::Unknown)]);
    let lacking = blocking_key(&birth(), &report).unwrap_err();
    assert_eq!(
        lacking.to_string(),
        "the report does not say which happening it is about: give `mother.number`, or `mother.given_names`"
    );
}

#[test]
fn somebody_is_looked_for_by_the_year_and_told_apart_by_the_day() {
    let mut birth = birth();
    birth.identity.blocking.push(vec![fact("mother.given_names"), fact("mother.birth_date")]);
    birth.identity.blocking.remove(1);
    let born = |on: &str| {
        report(&[
            ("mother.given_names", text("Anna")),
            ("mother.birth_date", day(on)),
            ("birth.date", day("2026-11-20")),
        ])
    };
    let (year, first, last) = (born("1990"), born("1990-01-01"), born("1990-12-31"));
    for other in [&first, &last] {
        assert_eq!(blocking_key(&birth, &year), blocking_key(&birth, other));
        assert_eq!(compared(&birth, &year, other), Match::Near);
    }
    assert_eq!(compared(&birth, &first, &last), Match::None, "they are two mothers");
    assert_ne!(blocking_key(&birth, &year), blocking_key(&birth, &born("1991")));
}

#[test]
fn no_value_shows_in_debug() {
    let report = report(&[("mother.number", person("123456782")), ("birth.date", day("2026-11-20"))]);
    let shown = format!("{:?} {:?}", features(&birth(), &report), blocking_key(&birth(), &report).unwrap());
    assert_eq!(shown, "{birth.date, mother.number} <blocking key>");
}

#[test]
fn an_empty_text_is_no_knowledge() {
    assert!(blocking_key(&birth(), &report(&[("mother.number", text(" - "))])).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{0,12}".prop_map(Value::Text),
        "[0-9]{1,9}".prop_map(Value::Person),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Bool),
        "\\PC{0,6}"
            .prop_map(|line| Value::Address(Address { address_lines: vec![line], ..Address::default() })),
    ]
}

fn reports() -> impl Strategy<Value = Report> {
    let given = prop_oneof![values().prop_map(Given::Value), Just(Given::Absent), Just(Given::Unknown)];
    let date =
        (2026i16..2028, 1i8..=12, proptest::option::of(1i8..=28)).prop_map(|(year, month, of_month)| {
            Given::Value(Value::Date(PartialDate::new(year, Some(month), of_month).unwrap()))
        });
    let members = proptest::collection::vec(proptest::option::of(given.clone()), 0..4);
    (given, date, members).prop_map(|(number, date, members)| {
        let mut report = report(&[("mother.number", number), ("birth.date", date)]);
        let member =
            |given: Option<Given>| given.map(|given| (fact("mover.number"), given)).into_iter().collect();
        report.members.insert("mover".parse().unwrap(), members.into_iter().map(member).collect());
        report
    })
}

proptest! {
    #[test]
    fn it_does_not_matter_who_reported_first(one in reports(), other in reports()) {
        for life_event in [birth(), moving()] {
            prop_assert_eq!(compared(&life_event, &one, &other), compared(&life_event, &other, &one));
        }
    }

    #[test]
    fn the_same_report_again_is_never_another_happening(report in reports()) {
        for life_event in [birth(), moving()] {
            prop_assert_ne!(compared(&life_event, &report, &report), Match::None);
        }
    }

    #[test]
    fn what_is_surely_the_same_shares_the_blocking_key_where_it_is_part_of_the_identity(
        one in reports(), other in reports()
    ) {
        let keys = (blocking_key(&birth(), &one), blocking_key(&birth(), &other));
        if compared(&birth(), &one, &other) == Match::Sure {
            prop_assert_eq!(keys.0, keys.1);
        }
    }

    #[test]
    fn features_written_and_read_again_compare_the_same(one in reports(), other in reports()) {
        let known = features(&birth(), &one);
        let read: Features = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
        prop_assert_eq!(&read, &known);
        let new = features(&birth(), &other);
        prop_assert_eq!(compare(&birth(), &new, &read), compare(&birth(), &new, &known));
    }
}

//! Each error, as people read it.

use std::fmt::Write as _;

use super::*;
use crate::condition::{Comparison, Condition, Operand};
use crate::life_event::ClosedBy;
use crate::service::{Act, Effect, Mode, Remedy, Reversal, ReversalKind};
use crate::shape::Direction;
use crate::value::Value;

/// The errors of a country with these services beside the usual ones; one of the same id takes its place.
fn told(services: impl IntoIterator<Item = Declared>) -> String {
    told_in(services, |_| {})
}

fn told_in(services: impl IntoIterator<Item = Declared>, change: impl FnOnce(&mut Country)) -> String {
    let mut all = ministries();
    for service in services {
        all.retain(|declared| declared.0.id != service.0.id || declared.0 == service.0);
        all.push(service);
    }
    let mut country = Country::of(all);
    change(&mut country);
    let errors = country.compile().expect_err("it compiles");
    let mut text = String::new();
    for error in &errors.0 {
        writeln!(text, "{error}").unwrap();
    }
    text
}

fn serving(id: &str) -> Declared {
    declared(id).serves("birth", &[("person", "child")]).needs("birth.date")
}

fn one_of(id: &str) -> Declared {
    serving(id).needs("person.order")
}

fn page(cases: &[(&str, String)]) -> String {
    cases.iter().map(|(name, text)| format!("=== {name}\n{text}")).collect()
}

#[test]
fn errors_of_words_and_types() {
    let float = || one_of("civil-registry/x").needs_as("weight", "person.order", Shape::Float);
    let genders = |codes: &[&str]| Shape::Enum(codes.iter().map(|code| (*code).to_owned()).collect());
    insta::assert_snapshot!(page(&[
        (
            "a bind to no role",
            told([declared("civil-registry/x").serves("birth", &[("person", "baby")]).needs("person.order")])
        ),
        (
            "a word that is no role",
            told([declared("civil-registry/x").serves("birth", &[]).needs("person.order")])
        ),
        ("a concept misspelt", told([one_of("civil-registry/x").needs("person.adress")])),
        ("a concept unheard of", told([one_of("civil-registry/x").needs("person.shoe_size")])),
        (
            "a condition over no concept",
            told([one_of("civil-registry/x").with(|service| {
                service.when = Some(Condition::Has(fact("person.nam")));
            })])
        ),
        ("a float", told([float()])),
        (
            "a date as a number",
            told([one_of("civil-registry/x").needs_as(
                "on",
                "birth.date",
                Shape::Integer { bits: 64, signed: true }
            )])
        ),
        (
            "an enum that lacks a code",
            told([one_of("civil-registry/x").needs_as("gender", "person.gender", genders(&["female"]))])
        ),
        (
            "an enum that exceeds the list",
            told([one_of("civil-registry/x").gives_as(
                "gender",
                "person.gender",
                genders(&["female", "male", "other"])
            )])
        ),
        (
            "a gift that cannot be absent",
            told([one_of("civil-registry/x").gives_without_presence("birth.place")])
        ),
    ]));
}

#[test]
fn errors_of_conditions_and_options() {
    let when = |condition: Condition| {
        told([one_of("civil-registry/x").with(|service| service.when = Some(condition))])
    };
    let same = |name: &str, text: &str| Condition::Compare {
        by: Comparison::Equal,
        left: Operand::Fact(fact(name)),
        right: Operand::Constant(Value::Text(text.to_owned())),
    };
    insta::assert_snapshot!(page(&[
        ("a fact that is neither true nor false", when(Condition::Holds(fact("person.order")))),
        ("a code that is none", when(same("person.gender", "femal"))),
        ("a number that is a word", when(same("person.order", "first"))),
        ("a date that is none", when(same("birth.date", "yesterday"))),
        (
            "two types",
            when(Condition::Not(Box::new(Condition::Compare {
                by: Comparison::Equal,
                left: Operand::Fact(fact("person.order")),
                right: Operand::Fact(fact("birth.date")),
            }))),
        ),
        (
            "an agency chosen by a name",
            told([one_of("civil-registry/x")
                .with(|service| service.competence = Some(fact("mother.given_names")))]),
        ),
        (
            "a term from a number",
            told([one_of("civil-registry/x")
                .with(|service| service.term = Some(term("P3D", Some("person.order"))))]),
        ),
    ]));
}

#[test]
fn errors_of_flows() {
    let mut ungranted = serving("health-insurance/enrolment");
    ungranted = ungranted.needs("person.number");
    let other_purpose = serving("municipality/welcome").with(|service| service.purpose = "gifts".to_owned());
    insta::assert_snapshot!(page(&[
        ("a fact of another's", told([one_of("municipality/x").gives("person.name")])),
        ("nothing gives it", told([one_of("civil-registry/x").needs("birth.place")])),
        (
            "nothing gives what a condition asks",
            told([one_of("civil-registry/x").with(|service| {
                service.when = Some(Condition::Has(fact("birth.place")));
            })])
        ),
        (
            "needed and given",
            told([one_of("population-register/x")
                .needs("person.nationalities")
                .with(|service| {
                    service.needs[2].shape = Shape::List(Box::new(Shape::String));
                })
                .gives_as("out", "person.nationalities", Shape::List(Box::new(Shape::String)))])
        ),
        ("not granted", told([ungranted])),
        ("granted for another purpose", told([other_purpose.needs("person.number")])),
    ]));
}

#[test]
fn errors_of_groups() {
    insta::assert_snapshot!(page(&[
        ("two groups", told([one_of("civil-registry/x").needs("mover.number")])),
        (
            "one and all",
            told([one_of("civil-registry/x").needs_all("children.stillborn", "child.stillborn")])
        ),
        (
            "a repeated field of no group",
            told([one_of("civil-registry/x").needs_all("parents.number", "mother.number")])
        ),
        (
            "a gift of members that the report closes",
            told([declared("civil-registry/x")
                .serves("birth", &[])
                .needs("birth.date")
                .creates("children.record", "child.record"),])
        ),
        (
            "members of each member",
            told([one_of("population-register/x").creates("siblings.number", "sibling.number"),])
        ),
        (
            "a condition about no member",
            told([serving("civil-registry/x").with(|service| {
                service.when = Some(Condition::Holds(fact("person.stillborn")));
            })])
        ),
        (
            "a competence of one member for a service of all",
            told([declared("civil-registry/x")
                .serves("birth", &[])
                .needs_all("children.order", "child.order")
                .with(|service| {
                    service.competence = Some(fact("child.number"));
                }),])
        ),
    ]));
}

#[test]
fn errors_of_order() {
    let circle = [
        one_of("social-insurance/a").needs("person.benefit").gives("mother.family_benefit"),
        one_of("social-insurance/b").after("social-insurance/a").gives("mother.benefit"),
        one_of("social-insurance/c").needs("mother.benefit").gives("mother.account"),
    ];
    let circle = circle.map(|declared| match declared.0.id.as_str() {
        "social-insurance/a" => declared
            .with(|service| {
                service.needs.retain(|need| need.name != fact("person.benefit"));
            })
            .needs("mother.account"),
        _ => declared,
    });
    let creators = |id: &str, gift: &str| {
        declared(id)
            .serves("birth", &[])
            .needs("birth.date")
            .creates(&format!("all.{gift}"), &format!("sibling.{gift}"))
    };
    insta::assert_snapshot!(page(&[
        (
            "neither first",
            told([declared("population-register/x")
                .serves("birth", &[("person", "mother")])
                .needs("birth.date")
                .gives("person.address"),])
        ),
        (
            "two that create",
            told([creators("population-register/x", "number"), creators("civil-registry/y", "record")])
        ),
        ("a circle", told(circle)),
        ("after itself", told([one_of("civil-registry/x").after("civil-registry/x")])),
        ("too many", told((0..130).map(|nth| one_of(&format!("civil-registry/s{nth}"))))),
    ]));
}

#[test]
fn errors_of_declarations() {
    let with = |change: fn(&mut Service)| told([one_of("civil-registry/x").with(change)]);
    insta::assert_snapshot!(page(&[
        ("no legal basis", with(|service| service.legal_basis = " ".to_owned())),
        ("no purpose", with(|service| service.purpose.clear())),
        ("no title", with(|service| service.titles.clear())),
        (
            "a term without a law",
            with(|service| {
                service.term = Some(term("P3D", None));
                service.term.as_mut().unwrap().legal_basis.clear();
            })
        ),
        ("a term that is none", with(|service| service.term = Some(term("3 days", None)))),
        ("a term of no time", with(|service| service.term = Some(term("P0D", None)))),
        (
            "a remedy without end",
            with(|service| {
                service.remedy = Some(Remedy {
                    kind: "objection".to_owned(),
                    term: "P1000000D".to_owned(),
                    lodged_at: String::new(),
                });
            })
        ),
        ("a wait in months", with(|service| service.wait_for = Some("P1M".to_owned()))),
        ("a usual time in words", with(|service| service.usual_time = Some("soon".to_owned()))),
        ("too slow", with(|service| service.timeout_ms = 4_001)),
        ("no time at all", with(|service| service.timeout_ms = 0)),
        (
            "unguarded, yet with cancel and status",
            with(|service| {
                (service.effect, service.cancel, service.status) = (Effect::Unguarded, true, true);
            })
        ),
        ("guarded without status", with(|service| service.effect = Effect::Guarded)),
        ("a read that is undone", with(|service| (service.effect, service.cancel) = (Effect::Read, true))),
        (
            "told only, and gives",
            told([one_of("civil-registry/x")
                .with(|service| service.mode = Mode::Inform)
                .gives("birth.place")])
        ),
        (
            "a duty withdrawn",
            with(|service| {
                service.act = Act::Duty;
                let reversal = "civil-registry/birth-correction".parse().unwrap();
                service.reversal = Some(Reversal { service: reversal, kind: ReversalKind::Withdrawal });
            })
        ),
        (
            "too many needs",
            told([(0..65).fold(serving("civil-registry/x"), |declared, _| declared.needs("person.order"))])
        ),
        ("served twice", told([one_of("civil-registry/x").serves("birth", &[])])),
    ]));
}

#[test]
fn errors_of_offers() {
    let two = |change: fn(&mut Service)| {
        told_in([], |country| {
            let first = one_of("civil-registry/x").0;
            let mut second = first.clone();
            change(&mut second);
            country.services.extend([first, second]);
        })
    };
    insta::assert_snapshot!(page(&[
        ("offers that differ", two(|service| service.contract = "another contract".to_owned())),
        ("two services of one id", two(|service| service.purpose = "another".to_owned())),
    ]));
}

#[test]
fn errors_of_reversals() {
    let reversed_by = |id: &str, named: &str| {
        let service = named.parse().unwrap();
        one_of(id).gives("birth.place").with(|declared| {
            declared.reversal = Some(Reversal { service, kind: ReversalKind::Correction });
        })
    };
    let undone = || reversed_by("civil-registry/x", "civil-registry/undo");
    insta::assert_snapshot!(page(&[
        ("no such service", told([reversed_by("civil-registry/x", "civil-registry/birth-corection")])),
        (
            "it needs what may never have come",
            told([undone(), declared("civil-registry/undo").needs("birth.place")])
        ),
        (
            "it changes nothing",
            told([
                undone(),
                declared("civil-registry/undo")
                    .needs("birth.date")
                    .with(|service| service.effect = Effect::Read)
            ])
        ),
        ("for other members", told([undone(), declared("civil-registry/undo").needs("mover.number")])),
        (
            "two meanings",
            told([
                undone(),
                declared("civil-registry/undo").needs("person.number"),
                declared("civil-registry/z")
                    .serves("birth", &[("person", "mother")])
                    .needs("person.number")
                    .with(|service| {
                        let undo = "civil-registry/undo".parse().unwrap();
                        service.reversal = Some(Reversal { service: undo, kind: ReversalKind::Correction });
                    }),
            ])
        ),
    ]));
}

#[test]
fn errors_of_the_life_events_file() {
    let file = |change: fn(&mut LifeEvent)| told_in([], |country| change(&mut country.life_event));
    insta::assert_snapshot!(page(&[
        ("an unknown fact", file(|birth| birth.identity.blocking[0] = vec![fact("mother.nummer")])),
        ("nothing to look by", file(|birth| birth.identity.blocking.clear())),
        ("looked by what is not sure", file(|birth| birth.identity.blocking.reverse())),
        (
            "who hears nothing reports, and others' matters are told them",
            file(|birth| {
                birth.roles[1].hears_nothing = true;
                birth.roles[1].may_report = true;
                birth.roles[2].about = Some("mother".parse().unwrap());
            }),
        ),
        ("a group is named by services", file(|birth| birth.roles[3].named_by_services = true),),
        ("a group of nobody", file(|birth| birth.roles[0].group.as_mut().unwrap().max = 0)),
        ("nobody may be asked", file(|birth| birth.identity.sure.push(fact("child.record")))),
        ("the date is no date", file(|birth| birth.identity.date = fact("mother.given_names"))),
        (
            "a role twice, of no kind, about nobody",
            file(|birth| {
                let mut again = birth.roles[1].clone();
                again.kind = "ghost".parse().unwrap();
                again.about = Some("nobody".parse().unwrap());
                birth.roles.push(again);
            })
        ),
        (
            "members told apart by nothing",
            file(|birth| {
                let group = birth.roles[0].group.as_mut().unwrap();
                (group.same_when, group.closed_by) = (vec!["ordr".to_owned()], ClosedBy::Report);
            })
        ),
        (
            "an outcome of one child, per nobody, in no time",
            file(|birth| {
                (birth.outcomes[0].per, birth.outcomes[0].target) = (None, "soon".to_owned());
            })
        ),
        (
            "roles that cannot be listed together",
            file(|birth| {
                let listed = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
                birth.together.insert("mother".parse().unwrap(), listed(&["mother", "child"]));
            })
        ),
        ("an outcome per no group", file(|birth| birth.outcomes[0].per = Some("mother".parse().unwrap()))),
        ("an outcome without a condition", told_in([], |country| country.outcomes.clear())),
    ]));
}

#[test]
fn all_errors_are_told_at_once() {
    let errors = told([
        one_of("civil-registry/x").needs("person.shoe_size").with(|service| service.timeout_ms = 9_000),
        serving("health-insurance/y").needs("person.number").with(|service| service.purpose.clear()),
    ]);
    let codes: Vec<&str> = errors.lines().filter_map(|line| line.strip_prefix("error[")?.get(..5)).collect();
    assert_eq!(codes, ["L0104", "L0107", "L0203", "L0404"]);
}

#[test]
fn every_error_says_where_and_what_to_do() {
    let errors =
        Country::of([one_of("civil-registry/x").needs("birth.place").needs("person.shoe_size")]).compile();
    for error in errors.unwrap_err().0 {
        let text = error.to_string();
        assert!(text.contains("  --> civil-registry/x request."), "{text}");
        assert!(text.contains("  help: "), "{text}");
        assert_eq!(error.services(), ["civil-registry/x".parse().unwrap()]);
    }
    let misfit =
        crate::shape::carries(&Shape::Float, &crate::value::ValueType::Money, Direction::Need, &dictionary());
    assert!(misfit.is_err());
}

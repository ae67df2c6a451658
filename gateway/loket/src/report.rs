//! Facts on the command line: `birth.date=2026-11-20`, `child[1].gender=female`.

use std::collections::BTreeMap;

use proto::loket::portal::v1 as portal;
use proto::loket::portal::v1::value::Kind;

use crate::failure::Failure;

/// A fact that was set: its name, the member it belongs to (counted from 1 in a report, an id in a case), its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) fact: String,
    pub(crate) member: Option<String>,
    pub(crate) value: String,
}

/// Parses `role[member].attribute=value`.
pub(crate) fn parse(text: &str) -> Result<Set, Failure> {
    let wrong = || {
        Failure::usage(format!("`{text}` is no fact; write birth.date=2026-11-20 or child[1].gender=female"))
    };
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let (role, attribute) = name.trim().split_once('.').ok_or_else(wrong)?;
    let (role, member) = match role.split_once('[') {
        Some((role, member)) => (role, Some(member.strip_suffix(']').ok_or_else(wrong)?.to_owned())),
        None => (role, None),
    };
    Ok(Set { fact: format!("{role}.{attribute}"), member, value: value.trim().to_owned() })
}

/// A value as it was typed, for a fact of this type (as the dictionary writes it). Text stands for most; the counter
/// says what is wrong with it.
pub(crate) fn value(kind: &str, typed: &str) -> portal::Value {
    let kind = match (kind, typed) {
        (_, "") => Kind::Lack(portal::Lack::Absent.into()),
        (_, "?") => Kind::Lack(portal::Lack::Unknown.into()),
        ("bool", yes) if matches!(yes.to_lowercase().as_str(), "yes" | "y" | "true" | "ja" | "j") => {
            Kind::Bool(true)
        }
        ("bool", no) if matches!(no.to_lowercase().as_str(), "no" | "n" | "false" | "nee") => {
            Kind::Bool(false)
        }
        ("money", amount) => money(amount),
        ("address", lines) => address(lines),
        (list, items) if list.starts_with("list(") => Kind::List(portal::ValueList {
            values: items
                .split(';')
                .map(|item| value(list.trim_start_matches("list(").trim_end_matches(')'), item.trim()))
                .collect(),
        }),
        (_, text) => Kind::Text(text.to_owned()),
    };
    portal::Value { kind: Some(kind) }
}

/// `12.50 EUR`.
fn money(typed: &str) -> Kind {
    let (amount, currency) = typed.split_once(' ').unwrap_or((typed, "EUR"));
    Kind::Money(portal::Money { amount: amount.to_owned(), currency: currency.trim().to_owned() })
}

/// `Havenstraat 12, 1000 XZ, Oosterdam, oosterdam`: street and number, postal code, town, municipality's code.
fn address(typed: &str) -> Kind {
    let mut parts = typed.split(',').map(|part| part.trim().to_owned());
    let mut next = || parts.next().unwrap_or_default();
    let line = next();
    Kind::Address(portal::Address {
        region_code: "XZ".to_owned(),
        postal_code: next(),
        locality: next(),
        administrative_area: next(),
        address_lines: vec![line],
    })
}

/// Puts the facts that were set into a report. Types are those of the questions; a fact that is not asked for is sent
/// as text, and the counter says whether it may be.
pub(crate) fn report(
    role: &str,
    set: &[Set],
    questions: &[portal::Question],
) -> Result<portal::Report, Failure> {
    let kind_of =
        |fact: &str| questions.iter().find(|it| it.fact == fact).map_or("text", |it| it.r#type.as_str());
    let mut report = portal::Report { role: role.to_owned(), ..portal::Report::default() };
    let mut members: BTreeMap<(String, u16), portal::Member> = BTreeMap::new();
    for one in set {
        let typed = value(kind_of(&one.fact), &one.value);
        match &one.member {
            None => {
                report.facts.insert(one.fact.clone(), typed);
            }
            Some(number) => {
                let of = one.fact.split('.').next().unwrap_or_default().to_owned();
                let number: u16 = number.parse().map_err(|_| {
                    Failure::usage(format!("`{number}` is no member; count them from 1: {of}[1]"))
                })?;
                let member = members.entry((of.clone(), number)).or_default();
                member.role = of;
                member.facts.insert(one.fact.clone(), typed);
            }
        }
    }
    report.members = members.into_values().collect();
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_of_a_member_names_the_member_by_its_place() {
        let set = parse("child[2].given_names=Anna Maria").unwrap();
        assert_eq!(
            (set.fact.as_str(), set.member.as_deref(), set.value.as_str()),
            ("child.given_names", Some("2"), "Anna Maria")
        );
        for bad in ["child", "child=1", "child[1.gender=female"] {
            assert!(parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_report_has_a_member_for_each_place() {
        let set: Vec<Set> = ["mother.number=999000001", "child[1].birth_order=1", "child[2].birth_order=2"]
            .iter()
            .map(|text| parse(text).unwrap())
            .collect();
        let report = report("mother", &set, &[]).unwrap();
        assert_eq!((report.facts.len(), report.members.len()), (1, 2));
        assert!(report.members.iter().all(|member| member.role == "child"));
    }

    #[test]
    fn nothing_typed_means_that_there_is_none() {
        assert_eq!(value("text", "").kind, Some(Kind::Lack(portal::Lack::Absent.into())));
        assert_eq!(value("bool", "ja").kind, Some(Kind::Bool(true)));
    }
}

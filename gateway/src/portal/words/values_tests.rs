//! Every type there and back, and what is refused.

use casework::dictionary::DictionaryFile;
use casework::value::Address;
use proptest::prelude::*;

use super::*;

fn dictionary(kind: &str) -> Dictionary {
    let file = serde_json::json!({
        "concepts": [{
            "name": "thing.fact", "definition": "A fact.", "type": kind, "owner": "agency", "source": "law"
        }],
        "codes": {"gender": {"female": {"en": "Girl"}, "male": {"en": "Boy"}}},
    });
    Dictionary::assemble([serde_json::from_value::<DictionaryFile>(file).unwrap()]).unwrap()
}

fn read(kind: &str, value: Kind) -> Result<Given, String> {
    let dictionary = dictionary(kind);
    let concept = dictionary.concept(&"thing.fact".parse().unwrap()).unwrap();
    given(&pb::Value { kind: Some(value) }, concept, &dictionary)
}

fn text(text: &str) -> Kind {
    Kind::Text(text.to_owned())
}

#[test]
fn a_text_stands_for_whatever_is_spelt_so() {
    for (kind, spelt, expected) in [
        ("text", "Anna", Value::Text("Anna".to_owned())),
        ("integer", "-12", Value::Integer(-12)),
        ("decimal", "12.50", Value::Decimal(Decimal::from_str_exact("12.50").unwrap())),
        ("date", "2026-11", Value::Date("2026-11".parse().unwrap())),
        ("instant", "2026-11-23T09:30:00Z", Value::Instant("2026-11-23T09:30:00Z".parse().unwrap())),
        ("code(gender)", "female", Value::Code("female".to_owned())),
        ("person", "999990019", Value::Person("999990019".to_owned())),
        ("document", "1-AB-2026", Value::Document("1-AB-2026".to_owned())),
    ] {
        assert_eq!(read(kind, text(spelt)), Ok(Given::Value(expected)), "{kind}");
    }
}

#[test]
fn another_type_is_refused_with_what_it_must_be() {
    for (kind, sent, part) in [
        ("date", text("23-11-2026"), "2026-11-23"),
        ("date", Kind::Integer(2026), "2026-11-23"),
        ("bool", text("true"), "true or false"),
        ("integer", text("12.5"), "whole number"),
        ("integer", Kind::Bool(true), "whole number"),
        ("decimal", text("1e9"), "12.50"),
        ("code(gender)", text("x"), "female, male"),
        ("text", text("  "), "leave it out"),
        ("text", text(""), "leave it out"),
        ("text", text("a\u{0}b"), "text of"),
        ("text", Kind::Integer(1), "text of"),
        ("person", text("99 99"), "national number"),
        ("money", Kind::Money(pb::Money { amount: "1".to_owned(), currency: "euro".to_owned() }), "EUR"),
        ("list(date)", text("2026"), "a list, each of it a date"),
        ("address", Kind::Address(pb::Address::default()), "region_code"),
    ] {
        let error = read(kind, sent).unwrap_err();
        assert!(error.contains(part), "{kind}: {error}");
    }
    let long = "x".repeat(TEXT_CHARS_MAX + 1);
    let error = read("text", text(&long)).unwrap_err();
    assert!(!error.contains("xx"), "the error echoes the value");
}

#[test]
fn a_lack_is_said_in_so_many_words() {
    assert_eq!(read("date", Kind::Lack(pb::Lack::Absent.into())), Ok(Given::Absent));
    assert_eq!(read("date", Kind::Lack(pb::Lack::Unknown.into())), Ok(Given::Unknown));
    assert!(read("date", Kind::Lack(0)).is_err());
    assert!(read("date", Kind::Lack(77)).is_err());
}

#[test]
fn a_list_is_of_one_type_and_not_too_long() {
    let of = |n: usize| Kind::List(pb::ValueList { values: vec![pb::Value { kind: Some(text("2026")) }; n] });
    assert!(matches!(read("list(date)", of(2)), Ok(Given::Value(Value::List(dates))) if dates.len() == 2));
    assert!(read("list(date)", of(LIST_MAX + 1)).is_err());
    let nested = Kind::List(pb::ValueList { values: vec![pb::Value { kind: Some(of(1)) }] });
    assert!(read("list(date)", nested).is_err());
}

fn any_value() -> impl Strategy<Value = (String, Value)> {
    let typed = |kind: &str| kind.to_owned();
    prop_oneof![
        "[a-zA-Z é]{0,20}x".prop_map(move |t| (typed("text"), Value::Text(t))),
        any::<bool>().prop_map(move |b| (typed("bool"), Value::Bool(b))),
        any::<i64>().prop_map(move |n| (typed("integer"), Value::Integer(n))),
        (any::<i64>(), 0_u32..18)
            .prop_map(move |(n, scale)| (typed("decimal"), Value::Decimal(Decimal::new(n, scale)))),
        any::<i64>().prop_map(move |n| {
            let money = Money { amount: Decimal::new(n, 2), currency: "EUR".to_owned() };
            (typed("money"), Value::Money(money))
        }),
        (1_i16..=9999, 1_i8..=12).prop_map(move |(y, m)| {
            (typed("date"), Value::Date(PartialDate::new(y, Some(m), None).unwrap()))
        }),
        (-62_135_596_800_000_i64..=253_402_300_799_999)
            .prop_map(move |ms| (typed("instant"), Value::Instant(Instant(ms)))),
        "[0-9]{1,12}".prop_map(move |n| (typed("person"), Value::Person(n))),
        ("[A-Z]{2}", "[0-9]{4} [A-Z]{2}", "[a-z]{1,9} 1").prop_map(
            move |(region_code, postal_code, line)| {
                let address =
                    Address { region_code, postal_code, address_lines: vec![line], ..Address::default() };
                (typed("address"), Value::Address(address))
            }
        ),
        proptest::collection::vec(any::<i64>(), 0..5).prop_map(move |all| {
            (typed("list(integer)"), Value::List(all.into_iter().map(Value::Integer).collect()))
        }),
    ]
}

proptest! {
    #[test]
    fn every_value_comes_back_as_it_was((kind, sent) in any_value()) {
        let written = value(&sent);
        prop_assert_eq!(read(&kind, written.kind.unwrap()), Ok(Given::Value(sent)));
    }
}

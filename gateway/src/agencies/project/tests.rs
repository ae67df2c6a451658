use casework::name::MemberId;
use casework::time::{Instant, PartialDate};
use casework::value::{Address, Money};
use proptest::prelude::*;
use prost::Message;

use super::*;

fn fact(tag: u32, field: &str, carried: Carried) -> Node {
    Node { tag, field: field.to_owned(), holds: Holds::Fact { carried, list: false, packed: false } }
}

fn list(tag: u32, field: &str, carried: Carried, packed: bool) -> Node {
    Node { tag, field: field.to_owned(), holds: Holds::Fact { carried, list: true, packed } }
}

fn message(tag: u32, field: &str, repeated: bool, nodes: Vec<Node>) -> Node {
    Node { tag, field: field.to_owned(), holds: Holds::Message { repeated, nodes } }
}

fn one(field: &str, value: Value) -> RequestField {
    RequestField { field: field.to_owned(), content: Content::One(value) }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// What the bytes say, as the receiver reads them who knows the whole message.
#[derive(Clone, PartialEq, Message)]
struct Everything {
    #[prost(string, tag = "1")]
    text: String,
    #[prost(sint32, tag = "2")]
    small: i32,
    #[prost(fixed64, tag = "3")]
    fixed: u64,
    #[prost(int32, tag = "4")]
    shelf: i32,
    #[prost(int64, repeated, tag = "5")]
    numbers: Vec<i64>,
    #[prost(message, optional, tag = "6")]
    parent: Option<Person>,
    #[prost(message, repeated, tag = "7")]
    children: Vec<Person>,
    #[prost(message, optional, tag = "8")]
    when: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "9")]
    price: Option<WireMoney>,
    #[prost(bool, tag = "10")]
    yes: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Person {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, repeated, tag = "2")]
    nicknames: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct WireMoney {
    #[prost(string, tag = "1")]
    currency: String,
    #[prost(int64, tag = "2")]
    units: i64,
    #[prost(int32, tag = "3")]
    nanos: i32,
}

fn person(path: &str) -> Vec<Node> {
    vec![
        fact(1, &format!("{path}.name"), Carried::String),
        list(2, &format!("{path}.nicknames"), Carried::String, false),
    ]
}

fn everything() -> Vec<Node> {
    let shelves = vec![("picture-books".to_owned(), 1), ("novels".to_owned(), 2)];
    vec![
        fact(1, "text", Carried::String),
        fact(2, "small", Carried::Sint { bits: 32 }),
        fact(3, "fixed", Carried::Fixed { bits: 64, signed: false }),
        fact(4, "shelf", Carried::Enum(shelves)),
        list(5, "numbers", Carried::Int { bits: 64 }, true),
        message(6, "parent", false, person("parent")),
        message(7, "children", true, person("children")),
        fact(8, "when", Carried::Timestamp),
        fact(9, "price", Carried::Money),
        fact(10, "yes", Carried::Bool),
    ]
}

fn sent(fields: &[RequestField]) -> Everything {
    Everything::decode(project(&everything(), fields).unwrap().as_slice()).unwrap()
}

#[test]
fn each_value_is_written_as_its_field_carries_it() {
    let money = Money { amount: "-12.05".parse().unwrap(), currency: "EUR".to_owned() };
    let numbers = Value::List(vec![Value::Integer(1), Value::Integer(-1)]);
    let read = sent(&[
        one("text", Value::Date("2026-11".parse().unwrap())),
        one("small", Value::Integer(-7)),
        one("fixed", Value::Integer(7)),
        one("shelf", Value::Code("picture_books".to_owned())),
        one("numbers", numbers),
        one("parent.name", text("Anna")),
        one("when", Value::Instant(Instant(-1))),
        one("price", Value::Money(money)),
        one("yes", Value::Bool(true)),
    ]);
    assert_eq!((read.text.as_str(), read.small, read.fixed, read.shelf), ("2026-11", -7, 7, 1));
    assert_eq!(read.numbers, [1, -1]);
    assert_eq!(read.parent.unwrap().name.unwrap(), "Anna");
    assert_eq!(read.when.unwrap(), prost_types::Timestamp { seconds: -1, nanos: 999_000_000 });
    assert_eq!(read.price.unwrap(), WireMoney { currency: "EUR".to_owned(), units: -12, nanos: -50_000_000 });
    assert!(read.yes && read.children.is_empty());
}

#[test]
fn members_are_messages_of_their_own_in_their_order_even_where_one_has_nothing() {
    let names = Content::Each(vec![Some(text("Anna")), None, Some(text("Bert"))]);
    let nicknames = Content::Each(vec![None, None, Some(Value::List(vec![text("B"), text("Bertje")]))]);
    let read = sent(&[
        RequestField { field: "children.name".to_owned(), content: names },
        RequestField { field: "children.nicknames".to_owned(), content: nicknames },
    ]);
    let named: Vec<Option<&str>> = read.children.iter().map(|child| child.name.as_deref()).collect();
    assert_eq!(named, [Some("Anna"), None, Some("Bert")]);
    assert_eq!(read.children[2].nicknames, ["B", "Bertje"]);
}

#[test]
fn what_a_field_cannot_carry_is_refused_by_its_name_and_never_by_its_value() {
    for (field, value, why) in [
        ("small", Value::Integer(i64::from(i32::MAX) + 1), "does not fit"),
        ("fixed", Value::Integer(-1), "does not fit"),
        ("shelf", Value::Code("comics".to_owned()), "no such code"),
        ("text", Value::Bool(true), "another type"),
        ("when", text("secret"), "another type"),
        ("other", text("secret"), "no such field"),
        (
            "price",
            Value::Money(Money { amount: "0.0000000001".parse().unwrap(), currency: "EUR".to_owned() }),
            "digits",
        ),
    ] {
        let error = project(&everything(), &[one(field, value)]).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(&format!("`{field}`")), "{field}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn an_address_and_a_partial_date_are_googles() {
    let address = Address {
        region_code: "XZ".to_owned(),
        address_lines: vec!["Dijk 1".to_owned(), "2nd floor".to_owned()],
        ..Address::default()
    };
    let nodes = [fact(1, "address", Carried::PostalAddress), fact(2, "date", Carried::Date)];
    let date = PartialDate::new(2026, Some(11), None).unwrap();
    let bytes = project(&nodes, &[one("address", Value::Address(address)), one("date", Value::Date(date))]);
    let wanted = b"\x0a\x17\x12\x02XZ\x4a\x06Dijk 1\x4a\x092nd floor\x12\x05\x08\xea\x0f\x10\x0b";
    assert_eq!(bytes.unwrap(), wanted);
}

/// Fields of the message, each with a value that is found again in the bytes if it leaves.
fn duties() -> impl Strategy<Value = Vec<RequestField>> {
    let marked = |field: &'static str| {
        any::<bool>().prop_map(move |sent| sent.then(|| one(field, text(&format!("<<{field}>>")))))
    };
    let members = prop::option::of(0usize..4).prop_map(|count| {
        let names = (1..=count?).map(|n| Some(text(&format!("<<{}>>", MemberId::nth(n as u16)))));
        let content = Content::Each(names.collect());
        Some(RequestField { field: "children.name".to_owned(), content })
    });
    (marked("text"), marked("parent.name"), members)
        .prop_map(|(text, parent, members)| [text, parent, members].into_iter().flatten().collect())
}

/// All texts within the bytes of a message, however deep.
fn texts_in(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let marks = text.match_indices("<<").filter_map(|(from, _)| {
        let rest = &text[from..];
        rest.find(">>").map(|to| rest[..to + 2].to_owned())
    });
    marks.collect()
}

proptest! {
    #[test]
    fn nothing_leaves_but_the_fields_of_the_duty(fields in duties()) {
        let bytes = project(&everything(), &fields).unwrap();
        let mut wanted = Vec::new();
        for field in &fields {
            match &field.content {
                Content::One(Value::Text(text)) => wanted.push(text.clone()),
                Content::Each(values) => wanted.extend(values.iter().flatten().map(|value| match value {
                    Value::Text(text) => text.clone(),
                    _ => unreachable!("only texts are made"),
                })),
                Content::One(_) => unreachable!("only texts are made"),
            }
        }
        let mut found = texts_in(&bytes);
        found.sort();
        wanted.sort();
        prop_assert_eq!(&found, &wanted);
        // And the bytes are what a receiver reads, to the last: encoded again they are as long.
        let read = Everything::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(read.encoded_len(), bytes.len());
        let named = usize::from(!read.text.is_empty()) + usize::from(read.parent.is_some()) + read.children.len();
        prop_assert_eq!(named, found.len());
    }

    #[test]
    fn whole_numbers_arrive_as_they_left(number: i64, small: i32) {
        let read = sent(&[
            one("numbers", Value::List(vec![Value::Integer(number)])),
            one("small", Value::Integer(i64::from(small))),
        ]);
        prop_assert_eq!(read.numbers, vec![number]);
        prop_assert_eq!(read.small, small);
    }

    #[test]
    fn amounts_arrive_as_they_left(units in -1_000_000_000_000i64..1_000_000_000_000, nanos in 0u32..1_000_000_000) {
        let sign = if units < 0 { -1 } else { 1 };
        let amount = Decimal::from(units) + Decimal::new(sign * i64::from(nanos), 9);
        let money = Money { amount, currency: "EUR".to_owned() };
        let price = sent(&[one("price", Value::Money(money))]).price.unwrap();
        prop_assert_eq!(Decimal::from(price.units) + Decimal::new(i64::from(price.nanos), 9), amount);
    }
}

use casework::dictionary::{DictionaryFile, Texts};
use casework::input::{Content, RequestField};
use casework::time::{Instant, PartialDate};
use casework::value::{Address, Money, ValueType};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::agencies::extract::Raw;
use crate::agencies::project::project;

fn dictionary() -> Dictionary {
    let code = |code: &str| (code.to_owned(), Texts::new());
    let shelf = ["picture_books", "novels"].map(code).into();
    let file = DictionaryFile { concepts: Vec::new(), codes: [("shelf".to_owned(), shelf)].into() };
    Dictionary::assemble([file]).unwrap()
}

fn kind(text: &str) -> ValueType {
    ValueType::try_from(text.to_owned()).unwrap()
}

fn field(carried: Carried, list: bool, packed: bool) -> Vec<Node> {
    let holds = Holds::Fact { carried, list, packed };
    vec![Node { tag: 3, field: "gift".to_owned(), holds }]
}

/// What the bytes give, in a field that is carried so.
fn given(nodes: &[Node], kind: &ValueType, bytes: &[u8]) -> Result<Option<Value>, String> {
    let Holds::Fact { carried, list, .. } = &nodes[0].holds else { panic!("no fact") };
    let found = walk(nodes, bytes).map_err(|error| error.to_string())?;
    let dictionary = dictionary();
    let reader = Reader { field: "gift", carried, list: *list, kind, dictionary: &dictionary };
    let raw: Vec<Raw<'_>> = found.facts.get("gift").cloned().unwrap_or_default();
    reader.value(&raw).map_err(|error| error.to_string())
}

fn shelves() -> Carried {
    Carried::Enum(vec![("picture-books".to_owned(), 1), ("novels".to_owned(), -2)])
}

/// Every way a value is carried, with a value of it.
fn carried_values() -> impl Strategy<Value = (Carried, ValueType, Value)> {
    let amounts = (-1_000_000_000i64..1_000_000_000, 0u32..9).prop_map(|(m, scale)| Decimal::new(m, scale));
    let dates = (1i16..=9999, prop::option::of(1i8..=12), prop::option::of(1i8..=28))
        .prop_map(|(year, month, day)| PartialDate::new(year, month, month.and(day)).unwrap());
    prop_oneof![
        ".{0,30}".prop_map(|text| (Carried::String, kind("text"), Value::Text(text))),
        any::<bool>().prop_map(|truth| (Carried::Bool, kind("bool"), Value::Bool(truth))),
        any::<i64>().prop_map(|n| (Carried::Int { bits: 64 }, kind("integer"), Value::Integer(n))),
        any::<i64>().prop_map(|n| (Carried::Sint { bits: 64 }, kind("integer"), Value::Integer(n))),
        any::<i32>().prop_map(|n| (Carried::Int { bits: 32 }, kind("integer"), Value::Integer(n.into()))),
        any::<u32>().prop_map(|n| (Carried::Uint { bits: 32 }, kind("integer"), Value::Integer(n.into()))),
        any::<i32>().prop_map(|n| {
            (Carried::Fixed { bits: 32, signed: true }, kind("integer"), Value::Integer(n.into()))
        }),
        any::<i64>().prop_map(|n| {
            (Carried::Fixed { bits: 64, signed: true }, kind("integer"), Value::Integer(n))
        }),
        prop::sample::select(vec!["picture_books", "novels"]).prop_map(|code| (
            shelves(),
            kind("code(shelf)"),
            Value::Code(code.to_owned())
        )),
        dates.clone().prop_map(|date| (Carried::Date, kind("date"), Value::Date(date))),
        dates.prop_map(|date| (Carried::String, kind("date"), Value::Date(date))),
        any::<i32>().prop_map(|ms| (Carried::Timestamp, kind("instant"), Value::Instant(Instant(ms.into())))),
        amounts.clone().prop_map(|amount| (Carried::Decimal, kind("decimal"), Value::Decimal(amount))),
        amounts.prop_map(|amount| {
            let money = Money { amount, currency: "EUR".to_owned() };
            (Carried::Money, kind("money"), Value::Money(money))
        }),
        (".{0,20}", prop::collection::vec(".{0,20}", 0..3)).prop_map(|(locality, address_lines)| {
            let address =
                Address { region_code: "XZ".to_owned(), locality, address_lines, ..Address::default() };
            (Carried::PostalAddress, kind("address"), Value::Address(address))
        }),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read_again((carried, kind, value) in carried_values()) {
        let nodes = field(carried, false, false);
        let sent = RequestField { field: "gift".to_owned(), content: Content::One(value.clone()) };
        let bytes = project(&nodes, &[sent]).unwrap();
        prop_assert_eq!(given(&nodes, &kind, &bytes), Ok(Some(value)));
    }

    #[test]
    fn lists_are_read_packed_or_not(
        numbers in prop::collection::vec(any::<i64>(), 1..20), packed: bool, read_packed: bool,
    ) {
        let carried = Carried::Int { bits: 64 };
        let list = Value::List(numbers.into_iter().map(Value::Integer).collect());
        let sent = RequestField { field: "gift".to_owned(), content: Content::One(list.clone()) };
        let bytes = project(&field(carried.clone(), true, packed), &[sent]).unwrap();
        let nodes = field(carried, true, read_packed);
        prop_assert_eq!(given(&nodes, &kind("list(integer)"), &bytes), Ok(Some(list)));
    }

    #[test]
    fn no_bytes_make_it_panic_and_no_error_shows_them(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (carried, of) in [
            (Carried::String, "text"), (Carried::Date, "date"), (Carried::Money, "money"), (shelves(), "code(shelf)"),
            (Carried::PostalAddress, "address"), (Carried::Timestamp, "instant"), (Carried::Decimal, "decimal"),
        ] {
            let mut framed = Vec::new();
            crate::agencies::project::write_bytes(3, &bytes, &mut framed);
            for bytes in [&bytes, &framed] {
                let nodes = field(carried.clone(), false, false);
                let _ = given(&nodes, &kind(of), bytes);
            }
        }
        let _ = decision::read(&bytes);
    }
}

#[test]
fn an_unset_field_is_absent_and_unknown_fields_are_passed_over() {
    let nodes = field(Carried::String, false, false);
    assert_eq!(given(&nodes, &kind("text"), b""), Ok(None));
    // A varint, a text and a group that the contract does not name.
    let others = b"\x08\x01\x12\x01x\x23\x08\x01\x24";
    assert_eq!(given(&nodes, &kind("text"), others), Ok(None));
    assert_eq!(given(&nodes, &kind("text"), b"\x1a\x00"), Ok(Some(Value::Text(String::new()))));
}

#[test]
fn of_a_field_that_comes_twice_the_last_counts_and_of_a_message_all_pieces() {
    let nodes = field(Carried::String, false, false);
    assert_eq!(given(&nodes, &kind("text"), b"\x1a\x01a\x1a\x01b"), Ok(Some(Value::Text("b".to_owned()))));
    let nodes = field(Carried::Date, false, false);
    let pieces = b"\x1a\x03\x08\xea\x0f\x1a\x02\x10\x0b";
    assert_eq!(given(&nodes, &kind("date"), pieces), Ok(Some(Value::Date("2026-11".parse().unwrap()))));
}

#[test]
fn what_is_malformed_or_of_another_type_is_named() {
    let text = kind("text");
    for (carried, of, bytes, says) in [
        (Carried::String, &text, b"\x1a\x05a".as_slice(), "no message"),
        (Carried::String, &text, b"\x1a\x01\xff", "UTF-8"),
        (Carried::String, &text, b"\x18\x01", "another type on the wire"),
        (Carried::String, &kind("date"), b"\x1a\x01x", "does not spell"),
        (Carried::Date, &kind("date"), b"\x1a\x00", "no date"),
        (Carried::Date, &kind("date"), b"\x1a\x07\x08\xea\x0f\x10\x02\x18\x1e", "no date"),
        (Carried::Date, &kind("date"), b"\x1a\x01\x08", "no message of its type"),
        (Carried::Money, &kind("money"), b"\x1a\x02\x10\x01", "no amount of money"),
        (
            Carried::Money,
            &kind("money"),
            b"\x1a\x0e\x0a\x03EUR\x10\x01\x18\xff\xff\xff\xff\xff\xff",
            "no message",
        ),
        (Carried::Decimal, &kind("decimal"), b"\x1a\x05\x0a\x03NaN", "no exact decimal"),
        (Carried::Timestamp, &kind("instant"), b"\x1a\x06\x10\x80\x94\xeb\xdc\x03", "no moment"),
        (shelves(), &kind("code(shelf)"), b"\x18\x00", "no code"),
        (shelves(), &kind("code(shelf)"), b"\x18\x07", "no code"),
        (
            Carried::Uint { bits: 64 },
            &kind("integer"),
            b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "beyond 64",
        ),
    ] {
        let error = given(&field(carried, false, false), of, bytes).expect_err(says);
        assert!(error.contains(says), "{error} lacks {says}");
    }
}

#[test]
fn a_decision_says_its_result_and_who_decided_or_breaks_the_contract() {
    use casework::entry::{DecidedBy, DecisionResult};
    use proto::loket::v1 as annotations;
    let said = annotations::Decision {
        result: annotations::decision::Result::Refused.into(),
        reasons: vec![annotations::decision::Reason { code: "not-insured".to_owned(), ..Default::default() }],
        decided_by: Some(annotations::decision::DecidedBy::Automated(true)),
        notified_at: "2026-11-23T09:30:00Z".to_owned(),
        ..Default::default()
    };
    let read = decision::read(&said.encode_to_vec()).unwrap();
    assert_eq!((read.result, read.decided_by), (DecisionResult::Refused, DecidedBy::Machine));
    assert_eq!(read.reasons[0].code, "not-insured");
    for (broken, says) in [
        (annotations::Decision { result: 0, ..said.clone() }, "result"),
        (annotations::Decision { result: 99, ..said.clone() }, "result"),
        (annotations::Decision { decided_by: None, ..said.clone() }, "who decided"),
        (annotations::Decision { notified_at: "yesterday".to_owned(), ..said }, "notified"),
    ] {
        let error = decision::read(&broken.encode_to_vec()).unwrap_err().to_string();
        assert!(error.contains(says), "{error} lacks {says}");
    }
}

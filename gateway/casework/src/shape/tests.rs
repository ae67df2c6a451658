use super::*;
use crate::dictionary::{DictionaryFile, Texts};
use crate::time::Instant;
use proptest::prelude::*;

fn dictionary() -> Dictionary {
    let code = |code: &str| (code.to_owned(), Texts::new());
    let lists = [
        ("gender".to_owned(), ["female", "male"].map(code).into()),
        ("evidence".to_owned(), ["birth_notice", "XZ"].map(code).into()),
    ];
    Dictionary::assemble([DictionaryFile { concepts: Vec::new(), codes: lists.into() }]).unwrap()
}

fn enumeration(values: &[&str]) -> Shape {
    Shape::Enum(values.iter().map(|value| (*value).to_owned()).collect())
}

fn fits(shape: &Shape, kind: &str, direction: Direction) -> Result<(), String> {
    let kind = ValueType::try_from(kind.to_owned()).unwrap();
    carries(shape, &kind, direction, &dictionary()).map_err(|misfit| misfit.to_string())
}

#[test]
fn each_type_has_its_message_and_its_string() {
    for (kind, message) in [
        ("decimal", "google.type.Decimal"),
        ("money", "google.type.Money"),
        ("date", "google.type.Date"),
        ("instant", "google.protobuf.Timestamp"),
        ("address", "google.type.PostalAddress"),
    ] {
        for direction in [Direction::Need, Direction::Gift] {
            assert_eq!(fits(&Shape::Message(message.to_owned()), kind, direction), Ok(()));
            assert!(fits(&Shape::Message("gov.Other".to_owned()), kind, direction).is_err());
        }
        assert_eq!(fits(&Shape::String, kind, Direction::Need).is_ok(), kind != "address");
    }
}

#[test]
fn a_float_and_bytes_carry_nothing() {
    for kind in ["text", "integer", "decimal", "money", "date", "bool", "person", "list(text)"] {
        assert!(fits(&Shape::Float, kind, Direction::Gift).is_err());
        assert!(fits(&Shape::Bytes, kind, Direction::Need).is_err());
    }
    let error = fits(&Shape::Float, "decimal", Direction::Gift).unwrap_err();
    assert_eq!(error, "a floating-point number cannot carry decimal without loss");
}

#[test]
fn an_enum_for_a_need_has_every_code_and_for_a_gift_no_other() {
    let wide = enumeration(&["unspecified", "female", "male", "other"]);
    let narrow = enumeration(&["unspecified", "female"]);
    assert_eq!(fits(&wide, "code(gender)", Direction::Need), Ok(()));
    assert_eq!(fits(&narrow, "code(gender)", Direction::Gift), Ok(()));
    assert_eq!(
        fits(&narrow, "code(gender)", Direction::Need).unwrap_err(),
        "the enum has no value for `male` of the list `gender`"
    );
    assert_eq!(
        fits(&wide, "code(gender)", Direction::Gift).unwrap_err(),
        "the list `gender` has no code for `other` of the enum"
    );
    assert_eq!(fits(&enumeration(&["birth-notice", "xz"]), "code(evidence)", Direction::Need), Ok(()));
}

#[test]
fn a_list_is_repeated_of_what_carries_its_items() {
    let texts = Shape::List(Box::new(Shape::String));
    assert_eq!(fits(&texts, "list(text)", Direction::Need), Ok(()));
    assert!(fits(&Shape::String, "list(text)", Direction::Need).is_err());
    assert!(fits(&texts, "text", Direction::Need).is_err());
}

fn values() -> impl Strategy<Value = (ValueType, Value)> {
    let amount = || (any::<i64>(), 0u32..12).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale));
    prop_oneof![
        ".{0,30}".prop_map(|text| (ValueType::Text, Value::Text(text))),
        any::<i64>().prop_map(|number| (ValueType::Integer, Value::Integer(number))),
        amount().prop_map(|number| (ValueType::Decimal, Value::Decimal(number))),
        (amount(), "[A-Z]{3}")
            .prop_map(|(amount, currency)| (ValueType::Money, Value::Money(Money { amount, currency }))),
        (1i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| {
            let date = crate::time::PartialDate::new(y, (d != 1).then_some(m), (d > 2).then_some(d));
            (ValueType::Date, Value::Date(date.unwrap()))
        }),
        (-62_000_000_000_000i64..250_000_000_000_000)
            .prop_map(|millis| (ValueType::Instant, Value::Instant(Instant(millis)))),
    ]
}

proptest! {
    #[test]
    fn what_is_spelt_is_read_back_as_it_was((kind, value) in values()) {
        let text = spell(&value).unwrap();
        prop_assert_eq!(read(&kind, &text), Some(value));
    }

    #[test]
    fn no_text_makes_reading_panic(text in ".{0,40}") {
        for kind in ["integer", "decimal", "money", "date", "instant", "bool", "address"] {
            let kind = ValueType::try_from(kind.to_owned()).unwrap();
            let _ = read(&kind, &text);
        }
    }
}

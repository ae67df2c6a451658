use proptest::prelude::*;

use super::*;

fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

#[test]
fn a_condition_is_lowered_as_it_reads() {
    let both = condition("person.civil_status == \"married\" && !has(marriage.record)").unwrap();
    let married = Condition::Compare {
        by: Comparison::Equal,
        left: Operand::Fact(fact("person.civil_status")),
        right: Operand::Constant(Value::Text("married".to_owned())),
    };
    let unrecorded = Condition::Not(Box::new(Condition::Has(fact("marriage.record"))));
    assert_eq!(both, Condition::All(vec![married, unrecorded]));
    assert_eq!(condition("child.stillborn").unwrap(), Condition::Holds(fact("child.stillborn")));
}

#[test]
fn what_is_joined_alike_is_one_list_and_precedence_is_cels() {
    let Condition::Any(any) = condition("a.a || b.b || c.c && d.d").unwrap() else { panic!("no any") };
    assert_eq!(any.len(), 3);
    assert!(matches!(&any[2], Condition::All(all) if all.len() == 2));
}

#[test]
fn numbers_keep_their_sign_and_their_decimals() {
    for (text, value) in [
        ("a.b >= 18", Value::Integer(18)),
        ("a.b >= -3", Value::Integer(-3)),
        ("a.b >= 0.1", Value::Decimal("0.1".parse().unwrap())),
    ] {
        let Condition::Compare { right: Operand::Constant(found), .. } = condition(text).unwrap() else {
            panic!("no comparison")
        };
        assert_eq!(found, value, "{text}");
    }
}

#[test]
fn what_conditions_have_not_is_refused_with_the_way_out() {
    for (text, says) in [
        ("a.b == null", "has(a.b)"),
        ("a.list.all(x, x == 1)", "runs per member"),
        ("a.b ? c.d : e.f", "(a && b) || (!a && c)"),
        ("a.b.matches(\"x\")", "matches"),
        ("timestamp(a.b) < now", "timestamp"),
        ("a.b + 1 == 2", "_+_"),
        ("a == 1", "<role>.<attribute>"),
        ("a.b.c == 1", "<role>.<attribute>"),
        ("1 == 1", "compare a fact"),
        ("has(a.b) == true", "has(a.b)"),
        ("a.b in c.d", "write the constants out"),
        ("A.b == 1", "one word"),
        ("a.b ==", "not CEL"),
        ("", "not CEL"),
        ("a.b == \"é\"", "escape"),
    ] {
        let error = condition(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn neither_length_nor_depth_reaches_the_parser() {
    let long = format!("a.b == \"{}\"", "x".repeat(1024));
    assert!(matches!(condition(&long), Err(ConditionError::TooLong(_))));
    for deep in ["(".repeat(1000), "!".repeat(1000), "-".repeat(1000), "[".repeat(1000)] {
        assert!(matches!(condition(&deep), Err(ConditionError::TooDeep(_))));
    }
    let hidden = format!("{}a.b", "\")\" == (".repeat(70));
    assert!(matches!(condition(&hidden), Err(ConditionError::TooDeep('('))));
    let chain = vec!["a.b"; 200].join("&&");
    assert!(condition(&chain).is_ok());
    let dots = vec!["a"; 500].join(".");
    assert!(condition(&dots).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        let _ = condition(&text);
    }

    #[test]
    fn no_heap_of_tokens_makes_it_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "a.b", "has(", "(", ")", "[", "]", "&&", "||", "!", "==", "!=", "<", "in", "\"x\"", "'", "\"\"\"",
                "1", "-", "0.5", "1e999", "0x", "?", ":", ".", ",", "{", "}", "`", "\\u", "r\"", "b'", "//", " ",
            ]),
            0..60,
        )
    ) {
        let _ = condition(&tokens.concat());
        let _ = condition(&tokens.join(" "));
    }
}

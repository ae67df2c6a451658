use super::*;
use proptest::prelude::*;

use crate::value::Money;

fn fact(name: &str) -> FactName {
    name.parse().unwrap()
}

fn older_than(date: &str) -> Condition {
    Condition::Compare {
        by: Comparison::Less,
        left: Operand::Fact(fact("child.birth_date")),
        right: Operand::Constant(Value::Text(date.to_owned())),
    }
}

#[test]
fn a_condition_over_a_fact_not_yet_known_is_neither_true_nor_false() {
    let condition = older_than("2026-11-23");
    assert_eq!(condition.truth(&|_| Lookup::Unknown), Truth::Unknown);
    let date = Value::Date("2026-11-20".parse().unwrap());
    assert_eq!(condition.truth(&|_| Lookup::Known(&date)), Truth::True);
    assert_eq!(condition.truth(&|_| Lookup::Absent), Truth::False);
}

#[test]
fn one_false_part_decides_although_another_is_unknown() {
    let both = Condition::All(vec![older_than("2026-11-23"), Condition::Always(false)]);
    assert_eq!(both.truth(&|_| Lookup::Unknown), Truth::False);
    let either = Condition::Any(vec![older_than("2026-11-23"), Condition::Always(true)]);
    assert_eq!(either.truth(&|_| Lookup::Unknown), Truth::True);
}

#[test]
fn a_condition_reads_as_it_would_be_written() {
    let known = Condition::Has(fact("child.number"));
    let condition = Condition::All(vec![
        Condition::Not(Box::new(Condition::Holds(fact("child.stillborn")))),
        Condition::Any(vec![known.clone(), older_than("2026-11-23")]),
        Condition::Not(Box::new(Condition::OneOf {
            operand: Operand::Fact(fact("child.order")),
            values: vec![Value::Integer(1), Value::Code("two".to_owned())],
        })),
    ]);
    assert_eq!(
        condition.to_string(),
        "!child.stillborn && (has(child.number) || child.birth_date < \"2026-11-23\") && \
         !(child.order in [1, \"two\"])"
    );
}

#[test]
fn a_partial_date_that_leaves_the_order_open_is_not_earlier() {
    let year = Value::Date("2026".parse().unwrap());
    assert_eq!(older_than("2026-11-23").truth(&|_| Lookup::Known(&year)), Truth::False);
    assert_eq!(older_than("2027-01-01").truth(&|_| Lookup::Known(&year)), Truth::True);
}

fn conditions() -> impl Strategy<Value = Condition> {
    let facts = || (0..4u8).prop_map(|n| fact(&format!("child.f{n}")));
    let number = || (-2i64..3).prop_map(|n| Operand::Constant(Value::Integer(n)));
    let operand = || prop_oneof![facts().prop_map(Operand::Fact), number()];
    let by = proptest::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Condition::Always),
        facts().prop_map(Condition::Holds),
        facts().prop_map(Condition::Has),
        (by, operand(), operand()).prop_map(|(by, left, right)| Condition::Compare { by, left, right }),
        (operand(), proptest::collection::vec((-2i64..3).prop_map(Value::Integer), 0..3))
            .prop_map(|(operand, values)| Condition::OneOf { operand, values }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let some = || proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            some().prop_map(Condition::All),
            some().prop_map(Condition::Any),
        ]
    })
}

/// What is known of each of the four facts: nothing yet, that there is none, or a value.
fn knowledge() -> impl Strategy<Value = Vec<Option<Option<Value>>>> {
    let value = prop_oneof![(-2i64..3).prop_map(Value::Integer), any::<bool>().prop_map(Value::Bool),];
    proptest::collection::vec(proptest::option::of(proptest::option::of(value)), 4)
}

fn truth(condition: &Condition, known: &[Option<Option<Value>>]) -> Truth {
    let facts: Vec<FactName> = (0..4).map(|n| fact(&format!("child.f{n}"))).collect();
    condition.truth(&|name| {
        let nth = facts.iter().position(|fact| fact == name).unwrap();
        match &known[nth] {
            None => Lookup::Unknown,
            Some(None) => Lookup::Absent,
            Some(Some(value)) => Lookup::Known(value),
        }
    })
}

proptest! {
    #[test]
    fn what_is_decided_stays_so_whatever_becomes_known(
        condition in conditions(), before in knowledge(), later in knowledge()
    ) {
        let learnt: Vec<_> = before.iter().zip(&later).map(|(old, new)| old.clone().or(new.clone())).collect();
        let early = truth(&condition, &before);
        prop_assert!(early == Truth::Unknown || truth(&condition, &learnt) == early);
    }

    #[test]
    fn with_everything_known_there_is_always_an_answer(condition in conditions(), known in knowledge()) {
        let known: Vec<_> = known.into_iter().map(|one| Some(one.flatten())).collect();
        prop_assert_ne!(truth(&condition, &known), Truth::Unknown);
    }

    #[test]
    fn only_the_facts_that_it_names_matter(condition in conditions(), known in knowledge(), other in knowledge()) {
        let named = condition.facts();
        let mixed: Vec<_> = (0..4)
            .map(|n| if named.contains(&fact(&format!("child.f{n}"))) { known[n].clone() } else { other[n].clone() })
            .collect();
        prop_assert_eq!(truth(&condition, &mixed), truth(&condition, &known));
    }

    #[test]
    fn renaming_to_the_same_names_changes_nothing(condition in conditions()) {
        let same = condition.renamed(&|name| Ok::<_, std::convert::Infallible>(name.clone()));
        prop_assert_eq!(same, Ok(condition));
    }

    #[test]
    fn not_turns_the_truth_around(condition in conditions(), known in knowledge()) {
        let not = Condition::Not(Box::new(condition.clone()));
        prop_assert_eq!(truth(&not, &known), truth(&condition, &known).not());
    }
}

#[test]
fn amounts_in_two_currencies_have_no_order() {
    let money = |text: &str| {
        let (amount, currency) = text.split_once(' ').unwrap();
        Value::Money(Money { amount: amount.parse().unwrap(), currency: currency.to_owned() })
    };
    let less = Condition::Compare {
        by: Comparison::Less,
        left: Operand::Fact(fact("child.benefit")),
        right: Operand::Constant(money("5.00 EUR")),
    };
    let (euros, dollars) = (money("3.00 EUR"), money("3.00 USD"));
    assert_eq!(less.truth(&|_| Lookup::Known(&euros)), Truth::True);
    assert_eq!(less.truth(&|_| Lookup::Known(&dollars)), Truth::False);
}

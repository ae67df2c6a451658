//! Conditions: CEL as agencies and life events write it, lowered to casework's own. The only place that knows the CEL
//! parser.
//!
//! What may be said: facts `a.b`, `has(a.b)`, text, whole and decimal numbers, true and false, `== != < <= > >=`,
//! `in [..]`, `&&`, `||`, `!`. That is what has a truth for every state of its facts and cannot take long.

use casework::condition::{Comparison, Condition, Operand};
use casework::name::{FactName, NameError};
use casework::value::Value;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};
use cel::parser::PrattParser;
use rust_decimal::Decimal;

use super::words::shown;

/// Longest condition, in bytes: checked before anything looks at it.
pub const CONDITION_BYTES_MAX: usize = 1024;

/// Most of each sign that nests: no condition that a person reads has as many, and a parser's stack is finite.
const NESTING_MAX: usize = 64;

/// How deep the parser goes before it refuses.
const DEPTH_MAX: u16 = 48;

/// The stack that a condition is parsed on, in bytes: generous for 1 KB in a build without optimisation.
const STACK_BYTES: usize = 16 << 20;

/// A condition that is none of ours, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It is longer than it may be.
    #[error(
        "the condition has {0} bytes, at most {CONDITION_BYTES_MAX} are read; split the service or decide in it"
    )]
    TooLong(usize),
    /// It nests more than it may.
    #[error("the condition has more than {NESTING_MAX} of `{0}`; write it flatter")]
    TooDeep(char),
    /// It has characters beyond printable ASCII.
    #[error("the condition has a character that is not printable ASCII; write it as an escape: \"\\u00e9\"")]
    NotAscii,
    /// It is not CEL.
    #[error("the condition is not CEL: {0}")]
    NotCel(String),
    /// It is CEL, and uses what conditions have not.
    #[error("{what} cannot be used in a condition; {way_out}")]
    NotAllowed {
        /// What it uses.
        what: String,
        /// What to write instead.
        way_out: &'static str,
    },
    /// It names a fact that cannot be one.
    #[error("in the condition: {0}")]
    NotAFact(#[from] NameError),
}

/// Reads a condition.
///
/// # Errors
/// Where it is too long, not CEL, or uses what conditions have not. No text makes it panic or overflow.
pub fn condition(source: &str) -> Result<Condition, ConditionError> {
    precheck(source)?;
    let source = source.to_owned();
    let parsed = std::thread::Builder::new()
        .name("condition".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || parse(&source))
        .map_err(|error| ConditionError::NotCel(format!("no thread to read it on: {error}")))?
        .join();
    parsed.unwrap_or_else(|_| Err(ConditionError::NotCel("the parser gave up on it".to_owned())))
}

fn precheck(source: &str) -> Result<(), ConditionError> {
    if source.len() > CONDITION_BYTES_MAX {
        return Err(ConditionError::TooLong(source.len()));
    }
    if !source.bytes().all(|byte| byte == b'\n' || byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Err(ConditionError::NotAscii);
    }
    // Counted, not balanced: a bracket in a text must not hide another.
    match ['(', '[', '{', '!', '-', '?'].into_iter().find(|sign| source.matches(*sign).count() > NESTING_MAX)
    {
        Some(sign) => Err(ConditionError::TooDeep(sign)),
        None => Ok(()),
    }
}

fn parse(source: &str) -> Result<Condition, ConditionError> {
    let parser = PrattParser::new().max_recursion_depth(DEPTH_MAX).error_reporting_limit(3);
    let parsed = parser.parse(source).map_err(|errors| {
        let first = errors.errors.first().map(|error| error.msg.clone()).unwrap_or_default();
        ConditionError::NotCel(shown(&first))
    })?;
    truth(&parsed)
}

/// What stands where a truth is wanted.
fn truth(expr: &IdedExpr) -> Result<Condition, ConditionError> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Boolean(truth)) => Ok(Condition::Always(*truth.inner())),
        Expr::Select(select) if select.test => Ok(Condition::Has(fact_of(select)?)),
        Expr::Select(select) => Ok(Condition::Holds(fact_of(select)?)),
        Expr::Call(call) => call_truth(call),
        other => Err(refused(other)),
    }
}

fn call_truth(call: &CallExpr) -> Result<Condition, ConditionError> {
    let [first, rest @ ..] = call.args.as_slice() else { return Err(refused_call(call)) };
    if call.target.is_some() {
        return Err(refused_call(call));
    }
    match (call.func_name.as_str(), rest) {
        (operators::LOGICAL_NOT, []) => Ok(Condition::Not(Box::new(truth(first)?))),
        (operators::LOGICAL_AND, _) => Ok(Condition::All(operands(operators::LOGICAL_AND, call)?)),
        (operators::LOGICAL_OR, _) => Ok(Condition::Any(operands(operators::LOGICAL_OR, call)?)),
        (operators::IN, [list]) => one_of(first, list),
        (name, [second]) => match comparison(name) {
            Some(by) => compare(by, first, second),
            None => Err(refused_call(call)),
        },
        _ => Err(refused_call(call)),
    }
}

/// `a && b && c` is one list of three, however the parser nests it.
fn operands(name: &str, call: &CallExpr) -> Result<Vec<Condition>, ConditionError> {
    let mut all = Vec::new();
    for arg in &call.args {
        match &arg.expr {
            Expr::Call(inner) if inner.func_name == name && inner.target.is_none() => {
                all.extend(operands(name, inner)?);
            }
            _ => all.push(truth(arg)?),
        }
    }
    Ok(all)
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn compare(by: Comparison, left: &IdedExpr, right: &IdedExpr) -> Result<Condition, ConditionError> {
    let (left, right) = (operand(left)?, operand(right)?);
    if let (Operand::Constant(_), Operand::Constant(_)) = (&left, &right) {
        return Err(ConditionError::NotAllowed {
            what: "a comparison of two constants".to_owned(),
            way_out: "compare a fact with a constant, or leave it out",
        });
    }
    Ok(Condition::Compare { by, left, right })
}

fn one_of(of: &IdedExpr, list: &IdedExpr) -> Result<Condition, ConditionError> {
    let operand = operand(of)?;
    let Expr::List(list) = &list.expr else {
        return Err(ConditionError::NotAllowed {
            what: "`in` with anything but a list of constants".to_owned(),
            way_out: "write the constants out: a.b in [\"x\", \"y\"]",
        });
    };
    if let Operand::Constant(_) = operand {
        return Err(ConditionError::NotAllowed {
            what: "`in` with a constant before it".to_owned(),
            way_out: "write a fact before it: a.b in [\"x\", \"y\"]",
        });
    }
    let values = list.elements.iter().map(|element| constant(&element.expr)).collect::<Result<_, _>>()?;
    Ok(Condition::OneOf { operand, values })
}

fn operand(expr: &IdedExpr) -> Result<Operand, ConditionError> {
    match &expr.expr {
        Expr::Select(select) if select.test => Err(ConditionError::NotAllowed {
            what: "`has` within a comparison".to_owned(),
            way_out: "has(a.b) is a condition itself; write has(a.b) or !has(a.b)",
        }),
        Expr::Select(select) => Ok(Operand::Fact(fact_of(select)?)),
        other => constant(other).map(Operand::Constant),
    }
}

fn fact_of(select: &SelectExpr) -> Result<FactName, ConditionError> {
    match &select.operand.expr {
        Expr::Ident(role) => Ok(format!("{role}.{}", select.field).parse()?),
        Expr::Select(_) => Err(ConditionError::NotAllowed {
            what: "a name of more than two words".to_owned(),
            way_out: "a fact is <role>.<attribute>",
        }),
        other => Err(refused(other)),
    }
}

fn constant(expr: &Expr) -> Result<Value, ConditionError> {
    match expr {
        Expr::Literal(literal) => literal_value(literal),
        Expr::Call(call) if call.func_name == operators::NEGATE && call.target.is_none() => {
            let negated = match call.args.first().map(|arg| constant(&arg.expr)).transpose()? {
                Some(Value::Integer(number)) => number.checked_neg().map(Value::Integer),
                Some(Value::Decimal(number)) => Some(Value::Decimal(-number)),
                _ => None,
            };
            negated.ok_or_else(|| refused_call(call))
        }
        other => Err(refused(other)),
    }
}

fn literal_value(literal: &LiteralValue) -> Result<Value, ConditionError> {
    let not_allowed =
        |what: &str, way_out| Err(ConditionError::NotAllowed { what: what.to_owned(), way_out });
    match literal {
        LiteralValue::Boolean(truth) => Ok(Value::Bool(*truth.inner())),
        LiteralValue::Int(number) => Ok(Value::Integer(*number.inner())),
        LiteralValue::UInt(number) => match i64::try_from(*number.inner()) {
            Ok(number) => Ok(Value::Integer(number)),
            Err(_) => not_allowed("a whole number beyond 64 bits", "use a smaller one"),
        },
        LiteralValue::Double(number) => match number.inner().to_string().parse::<Decimal>() {
            Ok(number) => Ok(Value::Decimal(number)),
            Err(_) => not_allowed("a number that is no exact decimal", "write it as 12.5"),
        },
        LiteralValue::String(text) => Ok(Value::Text(text.inner().to_owned())),
        LiteralValue::Null => not_allowed("null", "to ask whether a fact is there, write has(a.b)"),
        LiteralValue::Bytes(_) => not_allowed("bytes", "write a text"),
    }
}

fn refused_call(call: &CallExpr) -> ConditionError {
    let way_out = match call.func_name.as_str() {
        operators::CONDITIONAL => "write (a && b) || (!a && c)",
        operators::INDEX => "a fact is <role>.<attribute>; members of a group have steps of their own",
        _ => "compare facts with constants, and join with &&, || and !",
    };
    ConditionError::NotAllowed { what: format!("`{}`", shown(&call.func_name)), way_out }
}

fn refused(expr: &Expr) -> ConditionError {
    let (what, way_out) = match expr {
        Expr::Call(call) => return refused_call(call),
        Expr::Comprehension(_) => (
            "a comprehension (all, exists, map, filter)",
            "a service that needs one member's facts runs per member; ask for that member's fact",
        ),
        Expr::Ident(_) => ("a single word", "a fact is <role>.<attribute>"),
        Expr::List(_) => ("a list", "lists stand after `in` only: a.b in [\"x\", \"y\"]"),
        Expr::Map(_) | Expr::Struct(_) => ("a map or message", "compare facts with constants"),
        Expr::Literal(_) => ("a constant alone", "compare a fact with it"),
        Expr::Select(_) | Expr::Unspecified => ("this", "compare facts with constants"),
    };
    ConditionError::NotAllowed { what: what.to_owned(), way_out }
}

#[cfg(test)]
mod tests;

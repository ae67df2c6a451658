//! What leaves: the bytes of a request, made of the fields of a duty and nothing else.

use std::collections::BTreeMap;

use casework::input::{Content, RequestField};
use casework::shape;
use casework::value::Value;
use prost::encoding::{WireType, encode_key, encode_varint};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::lowering::Contract;
use crate::lowering::wire::{Carried, Holds, Node};

const OTHER_TYPE: &str = "it is of another type";

/// A value that its field cannot carry. It names the field, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request's field `{field}` cannot carry its fact: {why}")]
pub struct Unfit {
    field: String,
    why: &'static str,
}

impl Contract {
    /// The bytes of a request with these fields: what leaves, and nothing else.
    ///
    /// # Errors
    /// A field that the contract has not, or that cannot carry its fact.
    pub fn request(&self, fields: &[RequestField]) -> Result<Vec<u8>, Unfit> {
        project(&self.grpc().perform.request, fields)
    }
}

/// The bytes of a request with these fields.
pub(super) fn project(nodes: &[Node], fields: &[RequestField]) -> Result<Vec<u8>, Unfit> {
    let contents: Contents<'_> = fields.iter().map(|field| (field.field.as_str(), &field.content)).collect();
    let mut known = Vec::new();
    fact_fields(nodes, &mut known);
    if let Some(field) = contents.keys().find(|field| !known.contains(*field)) {
        return Err(Unfit { field: (*field).to_owned(), why: "the contract has no such field" });
    }
    let mut out = Vec::new();
    write_message(nodes, &contents, None, &mut out)?;
    Ok(out)
}

type Contents<'a> = BTreeMap<&'a str, &'a Content>;

fn fact_fields<'a>(nodes: &'a [Node], into: &mut Vec<&'a str>) {
    for node in nodes {
        match &node.holds {
            Holds::Fact { .. } => into.push(&node.field),
            Holds::Message { nodes, .. } => fact_fields(nodes, into),
            Holds::Decision => {}
        }
    }
}

fn write_message(
    nodes: &[Node],
    contents: &Contents<'_>,
    member: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    for node in nodes {
        match &node.holds {
            Holds::Fact { carried, list, packed } => {
                if let Some(content) = contents.get(node.field.as_str()) {
                    let field = Field { node, carried, packed: *packed };
                    field.write(content, *list, member, out)?;
                }
            }
            Holds::Message { repeated, nodes } => {
                for member in members(nodes, contents, *repeated, member) {
                    let mut inner = Vec::new();
                    write_message(nodes, contents, member, &mut inner)?;
                    write_bytes(node.tag, &inner, out);
                }
            }
            Holds::Decision => {}
        }
    }
    Ok(())
}

/// The members that a message is written for: one per member where it is repeated, once where it is not and anything
/// is in it.
fn members(
    nodes: &[Node],
    contents: &Contents<'_>,
    repeated: bool,
    member: Option<usize>,
) -> Vec<Option<usize>> {
    let mut fields = Vec::new();
    fact_fields(nodes, &mut fields);
    let within = fields.iter().filter_map(|field| contents.get(field));
    if repeated {
        let count = within.map(|content| match content {
            Content::One(_) => 1,
            Content::Each(values) => values.len(),
        });
        (0..count.max().unwrap_or(0)).map(Some).collect()
    } else if within.count() > 0 {
        vec![member]
    } else {
        Vec::new()
    }
}

struct Field<'a> {
    node: &'a Node,
    carried: &'a Carried,
    packed: bool,
}

impl Field<'_> {
    fn unfit(&self, why: &'static str) -> Unfit {
        Unfit { field: self.node.field.clone(), why }
    }

    fn write(
        &self,
        content: &Content,
        list: bool,
        member: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        let values: Vec<&Value> = match (content, member) {
            (Content::One(value), None | Some(0)) => vec![value],
            (Content::One(_), Some(_)) => Vec::new(),
            (Content::Each(values), Some(member)) => values.get(member).into_iter().flatten().collect(),
            (Content::Each(values), None) => values.iter().flatten().collect(),
        };
        let values: Vec<&Value> = values
            .into_iter()
            .flat_map(|value| match value {
                Value::List(items) if list => items.iter().collect(),
                value => vec![value],
            })
            .collect();
        match (list, values.as_slice()) {
            (_, []) => Ok(()),
            (false, [value]) => self.write_one(value, out),
            (false, _) => Err(self.unfit("it takes one value and there are several")),
            (true, values) if self.packed => self.write_packed(values, out),
            (true, values) => values.iter().try_for_each(|value| self.write_one(value, out)),
        }
    }

    fn write_packed(&self, values: &[&Value], out: &mut Vec<u8>) -> Result<(), Unfit> {
        let mut packed = Vec::new();
        for value in values {
            self.number(value)?.write(&mut packed);
        }
        write_bytes(self.node.tag, &packed, out);
        Ok(())
    }

    fn write_one(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let tag = self.node.tag;
        match self.carried {
            Carried::String => {
                let text = shape::spell(value).ok_or_else(|| self.unfit(OTHER_TYPE))?;
                write_bytes(tag, text.as_bytes(), out);
            }
            Carried::Date
            | Carried::Money
            | Carried::Decimal
            | Carried::Timestamp
            | Carried::PostalAddress
            | Carried::Nothing => write_bytes(tag, &self.message(value)?, out),
            _ => {
                let number = self.number(value)?;
                encode_key(tag, number.wire_type(), out);
                number.write(out);
            }
        }
        Ok(())
    }

    /// A message of Google's own.
    fn message(&self, value: &Value) -> Result<Vec<u8>, Unfit> {
        let mut inner = Vec::new();
        match (self.carried, value) {
            (Carried::Date, Value::Date(date)) => {
                write_varint(1, i64::from(date.year()), &mut inner);
                write_varint(2, date.month().map_or(0, i64::from), &mut inner);
                write_varint(3, date.day().map_or(0, i64::from), &mut inner);
            }
            (Carried::Money, Value::Money(money)) => {
                let (units, nanos) = units_and_nanos(money.amount)
                    .ok_or_else(|| self.unfit("it has more digits than google.type.Money"))?;
                write_bytes(1, money.currency.as_bytes(), &mut inner);
                write_varint(2, units, &mut inner);
                write_varint(3, i64::from(nanos), &mut inner);
            }
            (Carried::Decimal, Value::Decimal(number)) => {
                write_bytes(1, number.to_string().as_bytes(), &mut inner);
            }
            (Carried::Timestamp, Value::Instant(instant)) => {
                write_varint(1, instant.0.div_euclid(1000), &mut inner);
                write_varint(2, instant.0.rem_euclid(1000) * 1_000_000, &mut inner);
            }
            (Carried::PostalAddress, Value::Address(address)) => {
                let parts = [
                    (2, &address.region_code),
                    (4, &address.postal_code),
                    (6, &address.administrative_area),
                    (7, &address.locality),
                ];
                let lines = address.address_lines.iter().map(|line| (9, line));
                for (tag, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()).chain(lines) {
                    write_bytes(tag, text.as_bytes(), &mut inner);
                }
            }
            _ => return Err(self.unfit(OTHER_TYPE)),
        }
        Ok(inner)
    }

    fn number(&self, value: &Value) -> Result<Number, Unfit> {
        let too_large = || self.unfit("the number does not fit");
        let integer = || match value {
            Value::Integer(number) => Ok(*number),
            _ => Err(self.unfit(OTHER_TYPE)),
        };
        let fits = |bits: u8, signed: bool, number: i64| match (bits, signed) {
            (32, true) => i32::try_from(number).is_ok(),
            (32, false) => u32::try_from(number).is_ok(),
            (_, true) => true,
            (_, false) => number >= 0,
        };
        Ok(match (self.carried, value) {
            (Carried::Bool, Value::Bool(truth)) => Number::Varint(u64::from(*truth)),
            (Carried::Enum(codes), Value::Code(code)) => {
                let found = codes.iter().find(|(name, _)| shape::same_code(name, code));
                let number = found.ok_or_else(|| self.unfit("the enum has no such code"))?.1;
                Number::Varint(i64::from(number).cast_unsigned())
            }
            (Carried::Int { bits } | Carried::Uint { bits } | Carried::Sint { bits }, _) => {
                let signed = !matches!(self.carried, Carried::Uint { .. });
                let number = Some(integer()?).filter(|n| fits(*bits, signed, *n)).ok_or_else(too_large)?;
                match self.carried {
                    Carried::Sint { .. } => Number::Varint(((number << 1) ^ (number >> 63)).cast_unsigned()),
                    _ => Number::Varint(number.cast_unsigned()),
                }
            }
            (Carried::Fixed { bits, signed }, _) => {
                let number = Some(integer()?).filter(|n| fits(*bits, *signed, *n)).ok_or_else(too_large)?;
                let bytes = number.to_le_bytes();
                if *bits == 32 {
                    Number::Fixed32([bytes[0], bytes[1], bytes[2], bytes[3]])
                } else {
                    Number::Fixed64(bytes)
                }
            }
            _ => return Err(self.unfit(OTHER_TYPE)),
        })
    }
}

enum Number {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
}

impl Number {
    fn wire_type(&self) -> WireType {
        match self {
            Self::Varint(_) => WireType::Varint,
            Self::Fixed32(_) => WireType::ThirtyTwoBit,
            Self::Fixed64(_) => WireType::SixtyFourBit,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(number) => encode_varint(*number, out),
            Self::Fixed32(bytes) => out.extend_from_slice(bytes),
            Self::Fixed64(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// Zero is not written in messages of Google's own: they have no explicit presence.
fn write_varint(tag: u32, number: i64, out: &mut Vec<u8>) {
    if number != 0 {
        encode_key(tag, WireType::Varint, out);
        encode_varint(number.cast_unsigned(), out);
    }
}

pub(super) fn write_bytes(tag: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// An amount as `google.type.Money` has it; none where it has more digits than that.
fn units_and_nanos(amount: Decimal) -> Option<(i64, i32)> {
    let units = amount.trunc();
    let nanos = (amount - units).checked_mul(Decimal::from(1_000_000_000))?;
    if !nanos.fract().is_zero() {
        return None;
    }
    Some((units.to_i64()?, nanos.to_i32()?))
}

#[cfg(test)]
mod tests;

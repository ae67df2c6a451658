//! From the wire's values to casework's, by the type that the dictionary wants.

use casework::dictionary::Dictionary;
use casework::shape;
use casework::time::{Instant, PartialDate};
use casework::value::{Address, Money, Value, ValueType};
use prost::Message;
use rust_decimal::Decimal;

use super::extract::{Malformed, Raw};
use crate::lowering::wire::Carried;

/// Longest text that a response may give, in bytes.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// `google.type.Date`.
#[derive(Clone, PartialEq, Message)]
struct Date {
    #[prost(int32, tag = "1")]
    year: i32,
    #[prost(int32, tag = "2")]
    month: i32,
    #[prost(int32, tag = "3")]
    day: i32,
}

/// `google.type.Money`.
#[derive(Clone, PartialEq, Message)]
struct WireMoney {
    #[prost(string, tag = "1")]
    currency_code: String,
    #[prost(int64, tag = "2")]
    units: i64,
    #[prost(int32, tag = "3")]
    nanos: i32,
}

/// `google.type.Decimal`.
#[derive(Clone, PartialEq, Message)]
struct WireDecimal {
    #[prost(string, tag = "1")]
    value: String,
}

/// `google.type.PostalAddress`, as far as an address of ours goes.
#[derive(Clone, PartialEq, Message)]
struct PostalAddress {
    #[prost(string, tag = "2")]
    region_code: String,
    #[prost(string, tag = "4")]
    postal_code: String,
    #[prost(string, tag = "6")]
    administrative_area: String,
    #[prost(string, tag = "7")]
    locality: String,
    #[prost(string, repeated, tag = "9")]
    address_lines: Vec<String>,
}

/// Reads values of one type from one field.
pub(super) struct Reader<'a> {
    pub(super) field: &'a str,
    pub(super) carried: &'a Carried,
    pub(super) list: bool,
    pub(super) kind: &'a ValueType,
    pub(super) dictionary: &'a Dictionary,
}

impl Reader<'_> {
    /// The value of the field. None: it is unset.
    pub(super) fn value(&self, raw: &[Raw<'_>]) -> Result<Option<Value>, Malformed> {
        match (raw, self.kind) {
            ([], _) => Ok(None),
            (elements, ValueType::List(of)) if self.list => {
                let items = elements.iter().map(|raw| self.one(raw, of)).collect::<Result<_, _>>()?;
                Ok(Some(Value::List(items)))
            }
            ([raw], kind) if !self.list => self.one(raw, kind).map(Some),
            _ => Err(self.wrong("has several values and the fact has one")),
        }
    }

    fn wrong(&self, why: &'static str) -> Malformed {
        Malformed::at(self.field, why)
    }

    fn one(&self, raw: &Raw<'_>, kind: &ValueType) -> Result<Value, Malformed> {
        let value = match raw {
            Raw::Varint(number) => self.varint(*number, kind)?,
            Raw::Fixed32(bytes) => match self.carried {
                Carried::Fixed { signed: true, .. } => Value::Integer(i64::from(i32::from_le_bytes(*bytes))),
                _ => Value::Integer(i64::from(u32::from_le_bytes(*bytes))),
            },
            Raw::Fixed64(bytes) => match self.carried {
                Carried::Fixed { signed: true, .. } => Value::Integer(i64::from_le_bytes(*bytes)),
                _ => self.unsigned(u64::from_le_bytes(*bytes))?,
            },
            Raw::Bytes(pieces) => self.bytes(&pieces.concat(), kind)?,
        };
        if !value.is_of(kind) {
            return Err(self.wrong("is of another type than its fact"));
        }
        Ok(value)
    }

    fn unsigned(&self, number: u64) -> Result<Value, Malformed> {
        i64::try_from(number).map(Value::Integer).map_err(|_| self.wrong("is a number beyond 64 signed bits"))
    }

    fn varint(&self, number: u64, kind: &ValueType) -> Result<Value, Malformed> {
        let signed = number.cast_signed();
        Ok(match self.carried {
            Carried::Bool => Value::Bool(number != 0),
            // A 32-bit number is cut to its width, as every reader of protobuf does.
            Carried::Int { bits: 32 } => Value::Integer(i64::from(signed as i32)),
            Carried::Int { .. } => Value::Integer(signed),
            Carried::Uint { bits: 32 } => Value::Integer(i64::from(number as u32)),
            Carried::Uint { .. } => self.unsigned(number)?,
            Carried::Sint { .. } => Value::Integer((number >> 1).cast_signed() ^ -(signed & 1)),
            Carried::Enum(codes) => self.code(signed as i32, codes, kind)?,
            _ => return Err(self.wrong("is of another type on the wire")),
        })
    }

    fn code(&self, number: i32, codes: &[(String, i32)], kind: &ValueType) -> Result<Value, Malformed> {
        let name = codes.iter().find(|(_, of)| *of == number).map(|(name, _)| name);
        let name = name.ok_or_else(|| self.wrong("is set to an enum value that is no code"))?;
        let ValueType::Code(list) = kind else { return Err(self.wrong("is of another type than its fact")) };
        let known = self.dictionary.codes(list).into_iter().flatten();
        let code = known.map(|(code, _)| code).find(|code| shape::same_code(code, name));
        code.cloned().map(Value::Code).ok_or_else(|| self.wrong("is set to a code that its list lacks"))
    }

    fn bytes(&self, bytes: &[u8], kind: &ValueType) -> Result<Value, Malformed> {
        match self.carried {
            Carried::String => {
                let text = std::str::from_utf8(bytes).map_err(|_| self.wrong("is no UTF-8"))?;
                if text.len() > TEXT_BYTES_MAX {
                    return Err(self.wrong("is a longer text than is kept"));
                }
                shape::read(kind, text).ok_or_else(|| self.wrong("does not spell a value of its fact's type"))
            }
            Carried::Date => {
                let date = self.message::<Date>(bytes)?;
                let part = |part: i32| i8::try_from(part).map(|part| (part != 0).then_some(part));
                let date = match (i16::try_from(date.year), part(date.month), part(date.day)) {
                    (Ok(year), Ok(month), Ok(day)) => PartialDate::new(year, month, day).ok(),
                    _ => None,
                };
                date.map(Value::Date).ok_or_else(|| self.wrong("is no date"))
            }
            Carried::Money => {
                let money = self.message::<WireMoney>(bytes)?;
                self.money(&money).map(Value::Money).ok_or_else(|| self.wrong("is no amount of money"))
            }
            Carried::Decimal => {
                let number = self.message::<WireDecimal>(bytes)?.value.parse::<Decimal>();
                number.map(Value::Decimal).map_err(|_| self.wrong("is no exact decimal number"))
            }
            Carried::Timestamp => {
                let stamp = self.message::<prost_types::Timestamp>(bytes)?;
                let nanos = i64::from(stamp.nanos);
                let millis = stamp.seconds.checked_mul(1000).filter(|_| (0..1_000_000_000).contains(&nanos));
                let millis = millis.and_then(|millis| millis.checked_add(nanos / 1_000_000));
                millis.map(|ms| Value::Instant(Instant(ms))).ok_or_else(|| self.wrong("is no moment"))
            }
            Carried::PostalAddress => {
                let address = self.message::<PostalAddress>(bytes)?;
                Ok(Value::Address(Address {
                    region_code: address.region_code,
                    postal_code: address.postal_code,
                    administrative_area: address.administrative_area,
                    locality: address.locality,
                    address_lines: address.address_lines,
                }))
            }
            _ => Err(self.wrong("is of another type on the wire")),
        }
    }

    fn message<M: Message + Default>(&self, bytes: &[u8]) -> Result<M, Malformed> {
        if bytes.len() > TEXT_BYTES_MAX {
            return Err(self.wrong("is larger than is kept"));
        }
        M::decode(bytes).map_err(|_| self.wrong("is no message of its type"))
    }

    fn money(&self, money: &WireMoney) -> Option<Money> {
        let code =
            money.currency_code.len() == 3 && money.currency_code.bytes().all(|b| b.is_ascii_uppercase());
        let one_sign = money.units == 0 || money.nanos == 0 || (money.units < 0) == (money.nanos < 0);
        let whole = (-999_999_999..=999_999_999).contains(&money.nanos);
        let amount = Decimal::from(money.units).checked_add(Decimal::new(i64::from(money.nanos), 9))?;
        let mut amount = amount.normalize();
        amount.rescale(amount.scale().max(2));
        (code && one_sign && whole).then(|| Money { amount, currency: money.currency_code.clone() })
    }
}

//! What comes back: one walk over the bytes of a response, to the facts it gives and the decision it took. Unknown
//! fields are passed over; what is malformed or of another type is a breach of contract.

use std::collections::BTreeMap;

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::lowering::wire::{Carried, Holds, Node};

/// Groups (a wire format of the last century) nest no deeper than this.
const GROUPS_MAX: usize = 8;

/// Most elements of one list or members of one group in a response.
const ELEMENTS_MAX: usize = 1_000;

/// A response that is not what the contract says. It names the field, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// The bytes are no message.
    #[error("the response is no message of the announced type")]
    NotAMessage,
    /// A field is not what it should be.
    #[error("the response's field `{field}` {why}")]
    Field {
        /// Its path.
        field: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl Malformed {
    pub(super) fn at(field: &str, why: &'static str) -> Self {
        Self::Field { field: field.to_owned(), why }
    }
}

/// What was found in one message, by path.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// Facts: the raw elements; one that is no list has at most one.
    pub(super) facts: BTreeMap<&'a str, Vec<Raw<'a>>>,
    /// Repeated messages: what was found in each, by path of the message.
    pub(super) members: BTreeMap<&'a str, Vec<Self>>,
    /// The decision's bytes.
    pub(super) decision: Option<Vec<u8>>,
}

/// A value as it is on the wire.
#[derive(Debug, Clone)]
pub(super) enum Raw<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// Pieces: a message may come in several, which are one after the other.
    Bytes(Vec<&'a [u8]>),
}

/// Walks over a message.
pub(super) fn walk<'a>(nodes: &'a [Node], bytes: &'a [u8]) -> Result<Found<'a>, Malformed> {
    let mut found = Found::default();
    walk_into(nodes, bytes, &mut found)?;
    Ok(found)
}

fn walk_into<'a>(nodes: &'a [Node], bytes: &'a [u8], found: &mut Found<'a>) -> Result<(), Malformed> {
    // Repeated messages of the contract are there, if empty: no member is an answer too.
    for node in nodes {
        if let Holds::Message { repeated: true, .. } = &node.holds {
            found.members.entry(&node.field).or_default();
        }
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        let (tag, wire_type) = decode_key(&mut rest).map_err(|_| Malformed::NotAMessage)?;
        let raw = read(tag, wire_type, &mut rest, 0).ok_or(Malformed::NotAMessage)?;
        let Ok(at) = nodes.binary_search_by_key(&tag, |node| node.tag) else { continue };
        let node = &nodes[at];
        take(node, raw.ok_or_else(|| Malformed::at(&node.field, "is a group"))?, found)?;
    }
    Ok(())
}

fn take<'a>(node: &'a Node, raw: Raw<'a>, found: &mut Found<'a>) -> Result<(), Malformed> {
    let wrong = || Malformed::at(&node.field, "is of another type on the wire");
    match (&node.holds, raw) {
        (Holds::Fact { carried, list, .. }, raw) => {
            let known = found.facts.entry(&node.field).or_default();
            if *list {
                elements(carried, raw, known).ok_or_else(wrong)?;
                if known.len() > ELEMENTS_MAX {
                    return Err(Malformed::at(&node.field, "has too many elements"));
                }
            } else {
                only(carried, raw, known).ok_or_else(wrong)?;
            }
        }
        (Holds::Message { repeated: false, nodes }, Raw::Bytes(pieces)) => {
            for piece in pieces {
                walk_into(nodes, piece, found)?;
            }
        }
        (Holds::Message { repeated: true, nodes }, Raw::Bytes(pieces)) => {
            let members = found.members.entry(&node.field).or_default();
            for piece in pieces {
                members.push(walk(nodes, piece)?);
            }
            if members.len() > ELEMENTS_MAX {
                return Err(Malformed::at(&node.field, "has too many elements"));
            }
        }
        (Holds::Decision, Raw::Bytes(pieces)) => {
            let decision = found.decision.get_or_insert_default();
            pieces.iter().for_each(|piece| decision.extend_from_slice(piece));
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

/// The last one counts; of a message, all pieces together.
fn only<'a>(carried: &Carried, raw: Raw<'a>, known: &mut Vec<Raw<'a>>) -> Option<()> {
    if !fits(carried, &raw) {
        return None;
    }
    match (known.last_mut(), raw) {
        (Some(Raw::Bytes(known)), Raw::Bytes(more)) if is_message(carried) => known.extend(more),
        (Some(known), raw) => *known = raw,
        (None, raw) => known.push(raw),
    }
    Some(())
}

/// Elements come one by one or, if they are numbers, packed.
fn elements<'a>(carried: &Carried, raw: Raw<'a>, known: &mut Vec<Raw<'a>>) -> Option<()> {
    if fits(carried, &raw) {
        known.push(raw);
        return Some(());
    }
    let Raw::Bytes(pieces) = raw else { return None };
    for mut piece in pieces {
        while !piece.is_empty() {
            if known.len() > ELEMENTS_MAX {
                return Some(());
            }
            known.push(match wire_type_of(carried) {
                WireType::Varint => Raw::Varint(decode_varint(&mut piece).ok()?),
                WireType::ThirtyTwoBit => Raw::Fixed32(chunk(&mut piece)?),
                WireType::SixtyFourBit => Raw::Fixed64(chunk(&mut piece)?),
                _ => return None,
            });
        }
    }
    Some(())
}

fn is_message(carried: &Carried) -> bool {
    matches!(
        carried,
        Carried::Date | Carried::Money | Carried::Decimal | Carried::Timestamp | Carried::PostalAddress
    )
}

fn wire_type_of(carried: &Carried) -> WireType {
    match carried {
        Carried::Bool
        | Carried::Int { .. }
        | Carried::Uint { .. }
        | Carried::Sint { .. }
        | Carried::Enum(_) => WireType::Varint,
        Carried::Fixed { bits: 32, .. } => WireType::ThirtyTwoBit,
        Carried::Fixed { .. } => WireType::SixtyFourBit,
        Carried::String
        | Carried::Date
        | Carried::Money
        | Carried::Decimal
        | Carried::Timestamp
        | Carried::PostalAddress
        | Carried::Nothing => WireType::LengthDelimited,
    }
}

fn fits(carried: &Carried, raw: &Raw<'_>) -> bool {
    wire_type_of(carried)
        == match raw {
            Raw::Varint(_) => WireType::Varint,
            Raw::Fixed32(_) => WireType::ThirtyTwoBit,
            Raw::Fixed64(_) => WireType::SixtyFourBit,
            Raw::Bytes(_) => WireType::LengthDelimited,
        }
}

fn chunk<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*chunk)
}

/// Reads one field's value. Outer none: malformed; inner none: a group, passed over.
#[expect(clippy::option_option, reason = "the two say different things, and both are local")]
fn read<'a>(tag: u32, wire_type: WireType, rest: &mut &'a [u8], depth: usize) -> Option<Option<Raw<'a>>> {
    Some(Some(match wire_type {
        WireType::Varint => Raw::Varint(decode_varint(rest).ok()?),
        WireType::ThirtyTwoBit => Raw::Fixed32(chunk(rest)?),
        WireType::SixtyFourBit => Raw::Fixed64(chunk(rest)?),
        WireType::LengthDelimited => {
            let len = usize::try_from(decode_varint(rest).ok()?).ok()?;
            let (bytes, after) = rest.split_at_checked(len)?;
            *rest = after;
            Raw::Bytes(vec![bytes])
        }
        WireType::StartGroup => {
            skip_group(tag, rest, depth + 1)?;
            return Some(None);
        }
        WireType::EndGroup => return None,
    }))
}

fn skip_group(group: u32, rest: &mut &[u8], depth: usize) -> Option<()> {
    if depth > GROUPS_MAX {
        return None;
    }
    loop {
        let (tag, wire_type) = decode_key(rest).ok()?;
        if wire_type == WireType::EndGroup {
            return (tag == group).then_some(());
        }
        read(tag, wire_type, rest, depth)?;
    }
}

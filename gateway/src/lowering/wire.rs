//! Messages as the gateway needs to know them: where a fact is in the bytes, and how it is written there. Made once
//! per contract; calls need no descriptor.

/// A place in a message that the gateway writes or reads. A message's nodes are in the order of their tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The field's number.
    pub tag: u32,
    /// The field's path from the message down: `children.birth_date`.
    pub field: String,
    /// What is there.
    pub holds: Holds,
}

/// What is at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// A fact.
    Fact {
        /// How its value is written.
        carried: Carried,
        /// Whether the field is repeated.
        list: bool,
        /// Whether a repeated number is written packed.
        packed: bool,
    },
    /// A message with facts in it.
    Message {
        /// Whether it is repeated: one per member.
        repeated: bool,
        /// What is in it.
        nodes: Vec<Node>,
    },
    /// The decision.
    Decision,
}

/// How a value is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// `string`.
    String,
    /// `bool`.
    Bool,
    /// `int32`, `int64`.
    Int {
        /// 32 or 64.
        bits: u8,
    },
    /// `uint32`, `uint64`.
    Uint {
        /// 32 or 64.
        bits: u8,
    },
    /// `sint32`, `sint64`: zigzag.
    Sint {
        /// 32 or 64.
        bits: u8,
    },
    /// `fixed32`, `fixed64`, `sfixed32`, `sfixed64`.
    Fixed {
        /// 32 or 64.
        bits: u8,
        /// Whether negatives fit.
        signed: bool,
    },
    /// An enum: code and number.
    Enum(Vec<(String, i32)>),
    /// `google.type.Date`.
    Date,
    /// `google.type.Money`.
    Money,
    /// `google.type.Decimal`.
    Decimal,
    /// `google.protobuf.Timestamp`.
    Timestamp,
    /// `google.type.PostalAddress`.
    PostalAddress,
    /// What carries no fact: floating-point numbers, bytes, other messages. The compiler refuses it.
    Nothing,
}

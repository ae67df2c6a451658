//! A set of descriptors as it was learnt: the raw bytes of its files without their comments, and what they describe.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use super::Fault;
use super::marks::Marks;
use super::words::shown;

/// Most bytes of a set, without comments: it is kept in one row of the registry's log.
pub const SET_BYTES_MAX: usize = 640 << 10;

/// Most bytes of a set as it is sent, with comments.
pub(crate) const SENT_BYTES_MAX: usize = 4 << 20;

/// Most files in a set.
pub(crate) const FILES_MAX: usize = 256;

/// `FileDescriptorProto.source_code_info`.
const SOURCE_INFO_TAG: u32 = 9;

/// `FileDescriptorProto.service`.
const SERVICE_TAG: u32 = 6;

/// A set of descriptors. Options are kept as the agency's compiler wrote them, whoever made their types.
#[derive(Clone)]
pub struct DescriptorSet {
    bytes: Bytes,
    pool: DescriptorPool,
    pub(super) marks: Marks,
}

/// Only what orders the files of a set, and the language that they are written in.
#[derive(Clone, PartialEq, Message)]
struct FileName {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(string, tag = "12")]
    syntax: String,
}

/// Only what names a service of a file.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct RawSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

impl DescriptorSet {
    /// Reads a `google.protobuf.FileDescriptorSet`.
    ///
    /// # Errors
    /// Where it is none, is too large, or lacks what it imports.
    pub fn decode(sent: &[u8]) -> Result<Self, Fault> {
        if sent.len() > SENT_BYTES_MAX {
            return Err(fault(format!("{} bytes, at most {SENT_BYTES_MAX} are read", sent.len())));
        }
        let set = RawSet::decode(sent).map_err(|_| {
            fault(
                "it is no google.protobuf.FileDescriptorSet; send what `buf build -o` or `protoc \
                   --include_imports --descriptor_set_out` writes",
            )
        })?;
        Self::of(set.file, None)
    }

    /// Puts files together that came one by one, each the bytes of a `google.protobuf.FileDescriptorProto`. Of the
    /// services in them only those that are served count: a file may describe those of others too.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn from_files(files: Vec<Bytes>, served: &BTreeSet<String>) -> Result<Self, Fault> {
        Self::of(files, Some(served))
    }

    fn of(files: Vec<Bytes>, served: Option<&BTreeSet<String>>) -> Result<Self, Fault> {
        if files.len() > FILES_MAX {
            return Err(fault(format!("{} files, at most {FILES_MAX} are read", files.len())));
        }
        let mut by_name = BTreeMap::new();
        for file in files {
            let FileName { name, package, syntax } =
                FileName::decode(file.as_ref()).map_err(|_| fault("a file in it is unreadable"))?;
            // The library that reads descriptors panics at any other.
            if !matches!(syntax.as_str(), "" | "proto2" | "proto3") {
                let syntax = shown(&syntax);
                let reason = format!("it is written in {syntax}; what can be read is `proto3` and `proto2`");
                return Err(at_file(&name, &reason));
            }
            let plain = kept(&file, &package, served).ok_or_else(|| at_file(&name, "it is unreadable"))?;
            by_name.insert(name, plain);
        }
        let mut marks = Marks::default();
        for (name, file) in &by_name {
            marks.read(file).map_err(|reason| at_file(name, &reason))?;
        }
        let bytes = join(by_name.values());
        if bytes.len() > SET_BYTES_MAX {
            return Err(fault(format!(
                "{} bytes without comments, at most {SET_BYTES_MAX} are kept; leave out files that no service uses",
                bytes.len()
            )));
        }
        let pool = DescriptorPool::decode(bytes.as_ref()).map_err(|error| {
            fault(format!(
                "{}; a set must hold all that its files import (`--include_imports`)",
                shown(&error.to_string())
            ))
        })?;
        Ok(Self { bytes, pool, marks })
    }

    /// The set as it is kept: files by name, without comments. Equal for equal files, however they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What it describes.
    #[must_use]
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// The agency's own methods, by service.
    pub fn methods(&self) -> impl Iterator<Item = MethodDescriptor> + '_ {
        let own = |service: &ServiceDescriptor| !service.full_name().starts_with("grpc.");
        let methods = |service: ServiceDescriptor| service.methods().collect::<Vec<_>>();
        self.pool.services().filter(own).flat_map(methods)
    }
}

impl std::fmt::Debug for DescriptorSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DescriptorSet").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

fn fault(what: impl Into<String>) -> Fault {
    Fault::at("descriptor_set", what)
}

fn at_file(name: &str, what: &str) -> Fault {
    Fault::at(format!("descriptor_set, `{}`", shown(name)), what)
}

fn join<'a>(files: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut set = Vec::new();
    for file in files {
        encode_key(1, WireType::LengthDelimited, &mut set);
        encode_varint(file.len() as u64, &mut set);
        set.extend_from_slice(file);
    }
    set.into()
}

/// The file without its comments and positions, and without services that are not served; everything else byte for
/// byte. None: it is no message.
fn kept(file: &Bytes, package: &str, served: Option<&BTreeSet<String>>) -> Option<Bytes> {
    let mut rest = file.clone();
    let mut kept = Vec::with_capacity(file.len());
    while !rest.is_empty() {
        let before = rest.clone();
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        let skip = match wire_type {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut rest).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        if skip > rest.len() {
            return None;
        }
        let content = rest.split_to(skip);
        let is_served = |service: &Named| match served {
            Some(served) if package.is_empty() => served.contains(&service.name),
            Some(served) => served.contains(&format!("{package}.{}", service.name)),
            None => true,
        };
        let stays = match tag {
            SOURCE_INFO_TAG => false,
            SERVICE_TAG => is_served(&Named::decode(content).ok()?),
            _ => true,
        };
        if stays {
            kept.extend_from_slice(&before[..before.len() - rest.len()]);
        }
    }
    Some(kept.into())
}

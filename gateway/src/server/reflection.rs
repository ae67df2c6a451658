//! Server reflection of what a port serves, in both versions: many tools ask for the older one alone.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;
use tonic::service::RoutesBuilder;
use tonic_reflection::server::{Builder, Error};

/// What refusals carry: told of too, so that tools show it in words.
const DETAILS: &str = "google/rpc/error_details.proto";

/// Adds reflection of these services to the routes of a port.
///
/// # Errors
/// Where the contract's own descriptors cannot be read.
pub(super) fn add(routes: &mut RoutesBuilder, contract: &[u8], services: &[&str]) -> Result<(), Error> {
    let files = files_of(contract, services);
    let builder = || {
        let described = [&files[..], tonic_health::pb::FILE_DESCRIPTOR_SET];
        let mut builder =
            described.into_iter().fold(Builder::configure(), Builder::register_encoded_file_descriptor_set);
        for service in services.iter().chain(&["grpc.health.v1.Health"]) {
            builder = builder.with_service_name(*service);
        }
        builder
    };
    routes.add_service(builder().build_v1()?);
    routes.add_service(builder().build_v1alpha()?);
    Ok(())
}

/// The files of these services and all that they import, as a descriptor set. The bytes of each file are kept as they
/// are: decoding would lose the options.
fn files_of(contract: &[u8], services: &[&str]) -> Vec<u8> {
    let raw = split(contract);
    let Ok(pool) = DescriptorPool::decode(contract) else { return Vec::new() };
    let found = services.iter().filter_map(|name| pool.get_service_by_name(name));
    let mut wanted: Vec<String> = found.map(|service| service.parent_file().name().to_owned()).collect();
    wanted.push(DETAILS.to_owned());
    let mut taken = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if let (Some(file), true) = (pool.get_file_by_name(&name), taken.insert(name.clone())) {
            wanted.extend(file.dependencies().map(|dependency| dependency.name().to_owned()));
        }
    }
    let mut set = Vec::new();
    for bytes in taken.iter().filter_map(|name| raw.get(name)) {
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut set);
        prost::encoding::encode_varint(bytes.len() as u64, &mut set);
        set.extend_from_slice(bytes);
    }
    set
}

/// The files of a descriptor set (field 1, repeated) by name, each as it is.
fn split(set: &[u8]) -> BTreeMap<String, &[u8]> {
    let mut files = BTreeMap::new();
    let mut rest = set;
    while !rest.is_empty() {
        let read =
            prost::encoding::decode_key(&mut rest).and_then(|_| prost::encoding::decode_varint(&mut rest));
        let length = read.ok().and_then(|length| usize::try_from(length).ok());
        let Some((file, after)) = length.and_then(|length| rest.split_at_checked(length)) else { break };
        if let Ok(decoded) = FileDescriptorProto::decode(file) {
            files.insert(decoded.name().to_owned(), file);
        }
        rest = after;
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_tells_of_its_own_services_alone_and_keeps_their_options() {
        let set = files_of(proto::FILE_DESCRIPTOR_SET, &["loket.desk.v1.DeskService"]);
        let pool = DescriptorPool::decode(&set[..]).unwrap();
        assert!(pool.get_service_by_name("loket.desk.v1.DeskService").is_some());
        assert!(pool.get_file_by_name("loket/log/v1/log.proto").is_none());
        assert!(pool.get_service_by_name("loket.operations.v1.RegistryService").is_none());
        assert!(pool.get_message_by_name("google.rpc.ErrorInfo").is_some(), "refusals are bytes to tools");

        let set = files_of(proto::FILE_DESCRIPTOR_SET, &["loket.portal.v1.CaseService"]);
        let pool = DescriptorPool::decode(&set[..]).unwrap();
        let rule = pool.get_extension_by_name("google.api.http").unwrap();
        let service = pool.get_service_by_name("loket.portal.v1.CaseService").unwrap();
        assert!(service.methods().all(|method| method.options().has_extension(&rule)));
    }
}

//! The words on the wire: the annotations that agencies vendor (`loket.v1`), what portals, agencies and operators
//! call (`loket.portal.v1`, `loket.desk.v1`, `loket.operations.v1`), and the private log (`loket.log.v1`).
//!
//! Generated from the files beside this crate at build time; no protoc is needed.

/// The whole contract as a `FileDescriptorSet`, with every extension option kept.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.fds"));

/// Google's common types that the contract uses.
pub mod google {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    /// `google.api`.
    pub mod api {
        include!(concat!(env!("OUT_DIR"), "/google.api.rs"));
    }
    /// `google.rpc`.
    pub mod rpc {
        include!(concat!(env!("OUT_DIR"), "/google.rpc.rs"));
    }
    /// `google.longrunning`.
    pub mod longrunning {
        include!(concat!(env!("OUT_DIR"), "/google.longrunning.rs"));
    }
}

/// The contract.
pub mod loket {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::restriction,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    /// `loket.v1`: the annotations.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/loket.v1.rs"));
    }
    /// `loket.portal`: what portals call.
    pub mod portal {
        /// Version 1.
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/loket.portal.v1.rs"));
        }
    }
    /// `loket.desk`: what agencies call.
    pub mod desk {
        /// Version 1.
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/loket.desk.v1.rs"));
        }
    }
    /// `loket.operations`: what operators call.
    pub mod operations {
        /// Version 1.
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/loket.operations.v1.rs"));
        }
    }
    /// `loket.log`: the private log.
    pub mod log {
        /// Version 1.
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/loket.log.v1.rs"));
        }
    }
}

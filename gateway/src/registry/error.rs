//! Why the registry refuses.

use casestore::StoreError;

use crate::lowering::Fault;

/// Why the registry refuses, or cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// What was sent is wrong: every fault of it.
    #[error("{}", list(.0))]
    Invalid(Vec<Fault>),
    /// A registration is right in itself and contradicts that of another agency: every contradiction.
    #[error("{}", list(.0))]
    Contradicts(Vec<Fault>),
    /// A plan cannot be published: why not.
    #[error("{}", list(.0))]
    Refused(Vec<Fault>),
    /// There is no such thing.
    #[error("{what} is not registered: {way_out}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// What to do.
        way_out: String,
    },
    /// The agency's system could not be asked for its descriptors.
    #[error("{endpoint} could not be asked for its descriptors: {reason}")]
    Unreachable {
        /// Its address.
        endpoint: String,
        /// What happened, and the way out.
        reason: String,
    },
    /// The store has not confirmed the registry's version lately; nothing was changed.
    #[error("the registry could not be confirmed with the store; nothing was changed, ask again")]
    NotConfirmed,
    /// Others changed the registry at the same moment, again and again; nothing was changed.
    #[error("the registry is being changed by others; nothing was changed, ask again")]
    Contended,
    /// The store did not answer as hoped.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

//! Who is calling: bearer tokens, verified once per request, become a [`Principal`]; one table says who may call what.

mod claims;
mod door;
mod keys;
mod principal;
pub mod rights;
mod verify;

pub use claims::longest_lifetime;
pub use door::{Caller, Door, DoorLayer, caller};
pub use keys::{KeySource, KeysError};
pub use principal::{Citizen, OperatorRole, Principal, UnknownRole};
pub use verify::{AuthError, Callers, TrustedIssuer};

//! What portals call: life events, previews, drafts and cases, as a citizen sees them.
//!
//! Nothing is decided here: the wire becomes an input, the caseworker gives a verdict, and the case becomes what this
//! caller may see of it.

mod acts;
mod case_service;
mod counter;
mod drafting;
pub mod language;
mod life_event_service;
mod listing;
pub mod names;
mod opening;
pub mod refusals;
mod reporter;
mod reporters;
pub mod sentences;
mod standing;
mod watching;
pub mod words;

pub use case_service::CaseServiceImpl;
pub use counter::Counter;
pub use life_event_service::LifeEventServiceImpl;
pub(crate) use listing::page_size;
pub(crate) use watching::OVER;

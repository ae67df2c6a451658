//! What operators call: cases without values, agencies, plans, grants, and the acts that get a stuck step going.

mod agencies;
mod case_operations;
mod grants;
mod plans;
mod registry_service;
mod rows;
mod sandbox;
mod sight;
mod steering;

pub use case_operations::CaseOperationsServiceImpl;
pub use registry_service::RegistryServiceImpl;
pub use sandbox::SandboxServiceImpl;

//! The registry: what registers is in a candidate plan within a second in every gateway, published by its rule, and
//! what is wrong is refused with what to fix.

#[path = "../ministry/mod.rs"]
mod ministry;

mod files;
mod learning;
mod leases;
mod plans;
mod refusing;
mod tree;

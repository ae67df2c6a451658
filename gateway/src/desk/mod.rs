//! The desk of the agencies.

//! Calls the agencies.

//! Runs the gateway.

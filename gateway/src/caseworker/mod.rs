//! The loop: load, decide, append, perform.

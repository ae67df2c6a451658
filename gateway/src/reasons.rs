//! The one table of reasons.

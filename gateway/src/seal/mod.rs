//! Seals what the store holds.

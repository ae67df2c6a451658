//! Carries what a case owes to other partitions.

//! Wakes the cases that are due.

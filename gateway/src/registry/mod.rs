//! What is registered and published.

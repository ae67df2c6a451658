//! Lowers conditions and messages at registration.

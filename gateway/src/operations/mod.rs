//! What operators call.

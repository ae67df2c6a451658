//! A case as the gateway holds it.

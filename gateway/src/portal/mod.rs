//! What portals call.

//! The log of a case in protobuf.

//! The issuer of tokens for the zero-setup mode.

//! What a person has begun to say and not sent.

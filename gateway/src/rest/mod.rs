//! REST by transcoding.

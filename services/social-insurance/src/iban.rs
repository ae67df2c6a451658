//! Accounts: the international bank account number (ISO 13616).

/// Whether the text is an IBAN: two letters, two check digits, 11 to 30 letters or digits, and the remainder of 97 is 1.
#[must_use]
pub fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| *c != ' ').collect();
    let fits = (15..=34).contains(&compact.len())
        && compact.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && compact[..2].bytes().all(|b| b.is_ascii_uppercase())
        && compact[2..4].bytes().all(|b| b.is_ascii_digit());
    fits && remainder(&compact) == 1
}

/// The IBAN of the invented country with this number of an account.
#[must_use]
pub fn iban(account: u32) -> String {
    let body = format!("LOKE{account:010}");
    let check = 98 - remainder(&format!("XZ00{body}"));
    format!("XZ{check:02}{body}")
}

fn remainder(iban: &str) -> u32 {
    let (head, body) = iban.split_at(4);
    body.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        let shifted = if digit > 9 { sum * 100 } else { sum * 10 };
        (shifted + digit) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_iban_is_one_and_a_mistyped_one_is_not() {
        assert!(is_iban("GB82 WEST 1234 5698 7654 32"));
        assert!(is_iban(&iban(42)));
        for bad in [
            "",
            "GB83 WEST 1234 5698 7654 32",
            "1234567890123456",
            "gb82west12345698765432",
            "XZ",
            "éé82WEST12345698",
        ] {
            assert!(!is_iban(bad), "{bad:?} was taken");
        }
    }
}

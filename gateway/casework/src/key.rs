//! Idempotency keys: opaque, the same for every attempt of one run of a step at one agency, and nothing to join with
//! at another agency.

use data_encoding::{Encoding, Specification};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::LazyLock;

use crate::name::{AgencyId, StepId};

/// How long a key is, in characters.
pub const KEY_CHARS: usize = 26;

/// What a key is for. Cancel and status speak of the act itself, so they use its key; a reversal is an act of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOf {
    /// The act of the step, its cancellation, and the question what became of it.
    Act,
    /// Its legal reversal.
    Reversal,
}

/// Base 32 without letters that are mistaken for digits or for each other.
static LETTERS: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut letters = Specification::new();
    letters.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    letters.encoding().ok()
});

/// The key of one run (`generation`) of a step at an agency, from the case's seed.
#[must_use]
pub fn key(seed: &[u8; 16], of: KeyOf, step: &StepId, agency: &AgencyId, generation: u32) -> String {
    let domain: &[u8] = match of {
        KeyOf::Act => b"loket/act",
        KeyOf::Reversal => b"loket/reversal",
    };
    let member = step.member.as_ref().map_or("", |member| member.as_str());
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else { return String::new() };
    for part in [domain, step.service.as_str().as_bytes(), member.as_bytes(), agency.as_str().as_bytes()] {
        // No name holds a zero byte, so no two lists of names run into the same bytes.
        mac.update(part);
        mac.update(&[0]);
    }
    mac.update(&generation.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let mut text = LETTERS.as_ref().map(|letters| letters.encode(&digest[..20])).unwrap_or_default();
    text.truncate(KEY_CHARS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(of: KeyOf, member: Option<&str>, agency: &str, generation: u32) -> String {
        let service = "civil/record".parse().unwrap();
        let step = StepId { service, member: member.map(|member| member.parse().unwrap()) };
        key(&[7; 16], of, &step, &agency.parse().unwrap(), generation)
    }

    /// A gateway of the next release must ask with the keys that this one called with.
    #[test]
    fn keys_are_what_they_were() {
        assert_eq!(of(KeyOf::Act, Some("m1"), "civil", 1), "4ynvpfejez85abcr72ttbgv4a1");
        assert_eq!(of(KeyOf::Act, None, "civil", 1), "ezn2k070z3shhv3zz6y05h6955");
        assert_eq!(of(KeyOf::Reversal, Some("m1"), "civil", 1), "tkwvvd1jy8fr53xqw4ttk9nwnd");
    }

    #[test]
    fn each_run_agency_member_and_act_has_a_key_of_its_own() {
        let keys = std::collections::BTreeSet::from([
            of(KeyOf::Act, Some("m1"), "civil", 1),
            of(KeyOf::Act, Some("m1"), "civil", 2),
            of(KeyOf::Act, Some("m2"), "civil", 1),
            of(KeyOf::Act, None, "civil", 1),
            of(KeyOf::Act, Some("m1"), "civil-east", 1),
            of(KeyOf::Reversal, Some("m1"), "civil", 1),
        ]);
        assert_eq!(keys.len(), 6);
        assert!(
            keys.iter().all(|key| key.len() == KEY_CHARS && key.bytes().all(|b| b.is_ascii_alphanumeric()))
        );
    }
}

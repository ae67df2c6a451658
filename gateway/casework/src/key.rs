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

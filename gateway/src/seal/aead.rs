//! XChaCha20-Poly1305 with random nonces, over padded content.

use std::cell::RefCell;

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::Unsealable;

const NONCE: usize = 24;
const TAG: usize = 16;

/// What sealing adds to a padded content.
pub(crate) const OVERHEAD: usize = NONCE + TAG;

/// A key of 32 bytes, wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn random() -> Self {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut_slice());
        Self(key)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA256 of the parts, each with its length before it, so that no two lists of parts agree.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else {
            // HMAC takes keys of any length.
            return [0; 32];
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, parts: &[&[u8]]) -> Self {
        Self(Zeroizing::new(self.mac(parts)))
    }

    /// Seals `content` as it is: nonce, ciphertext, tag.
    pub(crate) fn seal(&self, context: &[u8], content: &[u8]) -> Vec<u8> {
        self.seal_after(&[], context, content, content.len())
    }

    /// Seals the content padded, so that its length tells little. Before it stands `head`, as it is.
    pub(crate) fn seal_padded(&self, head: &[u8], context: &[u8], content: &[u8]) -> Vec<u8> {
        self.seal_after(head, context, content, padded_len(content.len()))
    }

    /// The same, padded to `len` bytes.
    pub(crate) fn seal_sized(&self, head: &[u8], context: &[u8], content: &[u8], len: usize) -> Vec<u8> {
        self.seal_after(head, context, content, len.max(content.len() + 1))
    }

    /// Seals where it lies: no copy of the content is left behind. Where `len` is more than the content has, its end is
    /// marked and zeros follow.
    fn seal_after(&self, head: &[u8], context: &[u8], content: &[u8], len: usize) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        fill_random(&mut nonce);
        let mut sealed = Vec::with_capacity(head.len() + len + OVERHEAD);
        sealed.extend_from_slice(head);
        sealed.extend_from_slice(&nonce);
        let start = sealed.len();
        sealed.extend_from_slice(content);
        if len > content.len() {
            sealed.push(PAD);
            sealed.resize(start + len, 0);
        }
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        let place = &mut sealed[start..];
        // It fails only beyond 256 GiB; then nothing is left that could be opened.
        match cipher.encrypt_inout_detached(&XNonce::from(nonce), context, place.into()) {
            Ok(tag) => sealed.extend_from_slice(&tag),
            Err(_) => sealed.clear(),
        }
        sealed
    }

    /// Opens what [`seal`](Self::seal) sealed in the same context.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(Unsealable)?;
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        let mut content = ciphertext.to_vec();
        let place = content.as_mut_slice().into();
        let opened = cipher.decrypt_inout_detached(&XNonce::from(*nonce), context, place, &(*tag).into());
        opened.map(|()| content).map_err(|_| Unsealable)
    }

    /// Opens what was sealed padded.
    pub(crate) fn open_padded(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let mut padded = self.open(context, sealed)?;
        let end = padded.iter().rposition(|byte| *byte != 0).ok_or(Unsealable)?;
        if padded[end] != PAD {
            return Err(Unsealable);
        }
        padded.truncate(end);
        Ok(padded)
    }
}

/// Marks the end of the content; zeros follow.
const PAD: u8 = 0x80;

/// Up to 256 bytes steps of 64, beyond steps of 256.
fn padded_len(content: usize) -> usize {
    let least = content + 1;
    if least <= 256 { least.next_multiple_of(64) } else { least.next_multiple_of(256) }
}

/// Random bytes that were fetched at one time: each is handed out once, and wiped.
struct Random {
    bytes: Zeroizing<[u8; 1024]>,
    left: usize,
}

thread_local! {
    static RANDOM: RefCell<Random> = RefCell::new(Random { bytes: Zeroizing::new([0; 1024]), left: 0 });
}

/// Fills with random bytes of the operating system, fetched many at a time: a case takes some dozens of nonces. Without
/// them nothing may be sealed: it waits until there are some.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    RANDOM.with_borrow_mut(|random| {
        for piece in bytes.chunks_mut(random.bytes.len()) {
            if random.left < piece.len() {
                fetch_random(random.bytes.as_mut_slice());
                random.left = random.bytes.len();
            }
            let from = random.left - piece.len();
            let taken = &mut random.bytes[from..from + piece.len()];
            piece.copy_from_slice(taken);
            taken.zeroize();
            random.left = from;
        }
    });
}

fn fetch_random(bytes: &mut [u8]) {
    while getrandom::fill(bytes).is_err() {
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_with_its_key_in_its_context() {
        let key = Key::random();
        let sealed = key.seal_padded(b"", b"here", b"a secret");
        assert_eq!(key.open_padded(b"here", &sealed).unwrap().as_slice(), b"a secret");
        assert!(key.open_padded(b"there", &sealed).is_err());
        assert!(Key::random().open_padded(b"here", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(key.open_padded(b"here", &damaged).is_err(), "byte {at} may be changed");
        }
        assert!(key.open_padded(b"here", &sealed[..20]).is_err());
    }

    #[test]
    fn random_bytes_are_handed_out_once() {
        let mut all = std::collections::BTreeSet::new();
        for len in [8, 24, 32, 1_000, 1_024, 3_000].repeat(20) {
            let mut bytes = vec![0; len];
            fill_random(&mut bytes);
            for piece in bytes.chunks_exact(8) {
                assert!(piece.iter().any(|byte| *byte != 0), "wiped bytes were handed out");
                assert!(all.insert(piece.to_vec()), "the same bytes twice");
            }
        }
    }

    #[test]
    fn lengths_are_told_in_steps_of_64_and_256_bytes() {
        let key = Key::random();
        let len = |content: usize| key.seal_padded(b"", b"", &vec![0; content]).len() - OVERHEAD;
        assert_eq!([len(0), len(63), len(64), len(255)], [64, 64, 128, 256]);
        assert_eq!([len(256), len(511), len(512)], [512, 512, 768]);
    }

    #[test]
    fn content_that_ends_like_padding_survives() {
        let key = Key::random();
        for content in [&b""[..], b"\x80", b"\x80\0\0", b"\0\0\0", b"x\0"] {
            let sealed = key.seal_padded(b"", b"", content);
            assert_eq!(key.open_padded(b"", &sealed).unwrap().as_slice(), content);
        }
    }
}

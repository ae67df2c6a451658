//! The short reference of a case, for paper and the phone: ten letters and digits that are not mistaken for each
//! other. It says nothing; it is not the key to anything.

use crate::seal::fill_random;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new reference, such as `7K3MQ-2XP0D`.
pub(super) fn fresh() -> String {
    let mut random = [0; 10];
    fill_random(&mut random);
    let mut text = String::with_capacity(11);
    for (at, byte) in random.iter().enumerate() {
        if at == 5 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_can_be_read_out_on_the_phone() {
        let (one, other) = (fresh(), fresh());
        assert_eq!(one.len(), 11);
        assert!(one.chars().all(|c| c == '-' || (c.is_ascii_alphanumeric() && !"ILOU".contains(c))), "{one}");
        assert_ne!(one, other);
    }
}

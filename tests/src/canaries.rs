//! Values that must be found nowhere: each is looked for as it is and in every form that bytes are written in.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

/// Values that are looked for, and how each may be written.
#[derive(Default)]
pub struct Canaries(Vec<(String, Vec<u8>)>);

impl Canaries {
    /// Looks for these values.
    #[must_use]
    pub fn of(values: &[&str]) -> Self {
        Self(values.iter().flat_map(|value| forms(value)).collect())
    }

    /// The first value that is in these bytes.
    #[must_use]
    pub fn in_bytes(&self, bytes: &[u8]) -> Option<&str> {
        // One pass over the bytes for each form would take minutes: forms are found by their first two bytes.
        let mut by_start: Vec<Vec<&(String, Vec<u8>)>> = vec![Vec::new(); 1 << 16];
        for form in &self.0 {
            by_start[usize::from(form.1[0]) << 8 | usize::from(form.1[1])].push(form);
        }
        bytes.windows(2).enumerate().find_map(|(at, start)| {
            let forms = &by_start[usize::from(start[0]) << 8 | usize::from(start[1])];
            let found = forms.iter().find(|(_, form)| bytes[at..].starts_with(form))?;
            Some(found.0.as_str())
        })
    }

    /// Whether any value is in a file below a folder: where it must be, so that a search that finds nothing elsewhere
    /// says something.
    #[must_use]
    pub fn are_below(&self, folder: &Path) -> bool {
        let read = |file: &PathBuf| std::fs::read(file).unwrap_or_default();
        files(folder).iter().any(|file| self.in_bytes(&read(file)).is_some())
    }

    /// Looks into every file below a folder but those that `own` says may hold such values: how many bytes were seen.
    ///
    /// # Panics
    /// Where a value is found; with the file.
    #[expect(clippy::panic, reason = "a value that is found is the failure")]
    pub fn look_through(&self, folder: &Path, own: &impl Fn(&Path) -> bool) -> usize {
        let mut seen = 0;
        for file in files(folder).into_iter().filter(|file| !own(file)) {
            // A file may vanish while a journal is compacted.
            let Ok(bytes) = std::fs::read(&file) else { continue };
            seen += bytes.len();
            if let Some(found) = self.in_bytes(&bytes) {
                panic!("{found} is in {}", file.display());
            }
        }
        seen
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The forms of a value: as it is, folded, percent-encoded, escaped, UTF-16, hexadecimal, and base64 from each of the
/// three places that a value may begin at.
fn forms(value: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = value.as_bytes();
    let percent: String =
        value
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
    let escaped: String = value.chars().flat_map(char::escape_default).collect();
    let utf16 = |order: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(order).collect::<Vec<_>>();
    let mut all = vec![
        ("as it is", bytes.to_vec()),
        ("in lower case", value.to_lowercase().into_bytes()),
        ("in upper case", value.to_uppercase().into_bytes()),
        ("percent-encoded", percent.clone().into_bytes()),
        ("percent-encoded in lower case", percent.to_lowercase().into_bytes()),
        ("with plus for space", value.replace(' ', "+").into_bytes()),
        ("escaped", escaped.into_bytes()),
        ("as UTF-16", utf16(u16::to_le_bytes)),
        ("as UTF-16, big end first", utf16(u16::to_be_bytes)),
        ("as hexadecimal", HEXLOWER.encode(bytes).into_bytes()),
        ("as hexadecimal in capitals", HEXUPPER.encode(bytes).into_bytes()),
        ("as a list of bytes", format!("{bytes:?}").trim_matches(['[', ']']).as_bytes().to_vec()),
    ];
    for offset in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
        for (name, encoding) in [("as base64", &BASE64_NOPAD), ("as base64url", &BASE64URL_NOPAD)] {
            let text = encoding.encode(&shifted);
            // What depends on neighbours is cut off at both ends.
            let (from, to) = ((offset * 8).div_ceil(6), shifted.len() * 8 / 6);
            all.push((name, text.as_bytes()[from..to].to_vec()));
        }
    }
    all.retain(|(_, form)| form.len() >= 5);
    all.into_iter().map(|(name, form)| (format!("`{value}` {name}"), form)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form_wherever_it_begins() {
        let canaries = Canaries::of(&["Quagga Zwaluw"]);
        for around in 0..4 {
            let with = |value: &[u8]| [&vec![b'x'; around], value, b"yz"].concat();
            for text in [
                with("Quagga Zwaluw".as_bytes()),
                with("quagga zwaluw".as_bytes()),
                with("Quagga%20Zwaluw".as_bytes()),
                BASE64_NOPAD.encode(&with("Quagga Zwaluw".as_bytes())).into_bytes(),
                HEXLOWER.encode(&with("Quagga Zwaluw".as_bytes())).into_bytes(),
                with(&"Quagga Zwaluw".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            ] {
                assert!(canaries.in_bytes(&text).is_some(), "{}", String::from_utf8_lossy(&text));
            }
        }
        assert_eq!(canaries.in_bytes(b"Quagga and Zwaluw"), None);
    }
}

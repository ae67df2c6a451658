//! The issuer's key file: made at the first start, and its owner's alone.

use std::io::Write;
use std::path::Path;
use std::{fs, io};

use data_encoding::BASE64;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};

use super::{IssuerError, KEY_FILE};

/// DER of a P-256 private key (PKCS #8) before its 32 secret bytes.
const P256_PREFIX: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04,
    0x20,
];

/// The key as PEM; a new one where there is no file.
pub(super) fn read_or_make(data_dir: &Path, path: &Path) -> Result<Vec<u8>, IssuerError> {
    let failed = |error: io::Error| IssuerError::KeyFile { path: path.to_owned(), reason: error.to_string() };
    match fs::read(path) {
        Ok(pem) => {
            private(path)?;
            Ok(pem)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_key_file(data_dir, path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Makes a key and its file. Two processes that start at once agree: the second one finds the first one's file.
fn make_key_file(data_dir: &Path, path: &Path) -> io::Result<Vec<u8>> {
    fs::create_dir_all(data_dir)?;
    let pem = new_key()?;
    let passing = data_dir.join(format!(".{KEY_FILE}.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&passing)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&passing, path);
    fs::remove_file(&passing)?;
    match linked {
        Ok(()) => Ok(pem.into_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(path),
        Err(error) => Err(error),
    }
}

/// A new P-256 key as PEM. All but one in 2³² of 32 random bytes are one; the others are thrown again.
fn new_key() -> io::Result<String> {
    loop {
        let mut der = [0; 67];
        der[..35].copy_from_slice(&P256_PREFIX);
        getrandom::fill(&mut der[35..]).map_err(io::Error::other)?;
        if Jwk::from_encoding_key(&EncodingKey::from_ec_der(&der), Algorithm::ES256).is_ok() {
            let text = BASE64.encode(&der);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).filter_map(|l| str::from_utf8(l).ok()).collect();
            return Ok(format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                lines.join("\n")
            ));
        }
    }
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), IssuerError> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |e: io::Error| IssuerError::KeyFile { path: path.to_owned(), reason: e.to_string() };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(IssuerError::NotPrivate(path.to_owned())) }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), IssuerError> {
    Ok(())
}

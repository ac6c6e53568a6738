//! SHA-256 in hexadecimal.

use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, 64 lower-case hexadecimal digits.
///
/// ```
/// use capi_bridge::customer::sha256_hex;
///
/// assert_eq!(
///     sha256_hex(b"john_smith@gmail.com"),
///     "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
/// );
/// ```
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        hex.push(digit(byte >> 4));
        hex.push(digit(byte & 15));
    }
    hex
}

const fn digit(nibble: u8) -> char {
    (if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }) as char
}

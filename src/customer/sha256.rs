//! SHA-256 in hexadecimal.

use crate::sha256;

/// Returns the SHA-256 of bytes as 64 lower-case hexadecimal digits.
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
    // Reserve room for the padding, too.
    let mut message = Vec::with_capacity(bytes.len() + 72);
    message.extend_from_slice(bytes);
    sha256::hex(&sha256::digest(message))
}

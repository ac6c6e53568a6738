//! Reads values that are already hashed.

use super::text::trim_matches;
use super::unicode::{Class, class, folded};

/// The length of a SHA-256, in hexadecimal digits.
const DIGITS: usize = 64;

/// Returns the hash if a text is one, by the rules of [`Hashed::parse`](super::Hashed::parse).
pub(super) fn read(text: &str) -> Option<String> {
    // Answers quickly for nearly every value that is not a hash.
    if text.len() < DIGITS {
        return None;
    }
    let text =
        trim_matches(text, |character| matches!(class(character), Class::Space | Class::Invisible));
    let (digits, appendix) = text.split_at_checked(DIGITS)?;
    if !is_hexadecimal(digits) {
        None
    } else if appendix.is_empty() {
        Some(folded(digits))
    } else {
        is_appendix(appendix.strip_prefix(".")?).then(|| text.to_owned())
    }
}

/// Returns true for hexadecimal digits of either case.
pub(super) fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns true for two or eight characters of base64url. Meta's parameter builder takes one of its
/// two-character tokens or any eight characters.
fn is_appendix(text: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    matches!(text.len(), 2 | 8) && text.bytes().all(is_base64url)
}

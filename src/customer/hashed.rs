//! Reads values that are already hashed.

use super::unicode::{Class, class};

/// The length of a SHA-256, in hexadecimal digits.
const DIGITS: usize = 64;

/// Returns the hash if a text is one, by the rules of [`Hashed::parse`](super::Hashed::parse).
pub(super) fn read(text: &str) -> Option<String> {
    // Answers quickly for nearly every value that is not a hash.
    if text.len() < DIGITS {
        return None;
    }
    let text = text
        .trim_matches(|character| matches!(class(character), Class::Space | Class::Invisible));
    let (digits, appendix) = match text.split_once('.') {
        Some((digits, appendix)) => (digits, Some(appendix)),
        None => (text, None),
    };
    if digits.len() != DIGITS || !is_hexadecimal(digits) {
        return None;
    }
    match appendix {
        None => Some(digits.to_ascii_lowercase()),
        Some(appendix) => is_appendix(appendix).then(|| text.to_owned()),
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

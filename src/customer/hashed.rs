//! Reads values that are already hashed.

use super::set::Set;
use super::text::Text;

/// The length of a SHA-256, in hexadecimal digits.
const DIGITS: usize = 64;

/// Returns the hash if a text is one, by the rules of [`Hashed::parse`](super::Hashed::parse).
#[inline(never)]
pub(super) fn read<T: Text>(text: T) -> Option<T> {
    let text = text.trimmed(Set::Blank);
    let (digits, appendix) = match text.split(".", false) {
        Some((digits, appendix)) => (digits, Some(appendix)),
        None => (text, None),
    };
    if digits.length() != DIGITS || !digits.has_only(Set::Hexadecimal) {
        return None;
    }
    match appendix {
        None => Some(digits.folded()),
        Some(appendix) => is_appendix(appendix).then_some(text),
    }
}

/// Returns true for two or eight characters of base64url. Meta's parameter builder takes one of its
/// two-character tokens or any eight characters.
fn is_appendix<T: Text>(text: T) -> bool {
    matches!(text.length(), 2 | 8) && text.has_only(Set::Base64Url)
}

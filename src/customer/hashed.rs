//! Values that are hashed already.

use super::set::Set;
use super::text::Text;

/// How many hexadecimal digits a SHA-256 has.
const DIGITS: usize = 64;

/// The hash that a text is, as [`Hashed::parse`](super::Hashed::parse) says.
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

/// Meta's parameter builder takes one of its two-character tokens or any eight characters; of the
/// latter only what base64url can be is taken here.
fn is_appendix<T: Text>(text: T) -> bool {
    matches!(text.length(), 2 | 8) && text.has_only(Set::Base64Url)
}

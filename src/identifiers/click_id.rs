//! `fbclid`: found in an address, written into and read back from a cookie.

use std::borrow::Cow;

use super::{Reason, segments::is_cookie_octet};

const NAME: &[u8] = b"fbclid";
const DOT: &[u8] = b"__DOT__";
/// The limit of the pixel and of Meta's client library.
const LONGEST: usize = 500;

/// The click id that Meta puts into an address as `fbclid`: opaque, case exact, 1 to 500
/// characters, none of them a control character.
///
/// ```
/// use capi_bridge::identifiers::ClickId;
///
/// let click = ClickId::in_url("https://shop.example/p?x=1&fbclid=AbC%2D1_2#frag").unwrap();
/// assert_eq!(click.as_str(), "AbC-1_2");
/// assert_eq!(ClickId::in_url("https://shop.example/?fbclid=%E0%A4%A").unwrap_err().code(), "malformed_click_id");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickId(String);

impl ClickId {
    /// Reads the click id of an address as Meta's client library does: the first `fbclid` after a
    /// `?`, `#` or `&`, so the fragment counts too; `+` is a space; then percent-decoding. The
    /// address may be anything, a bare query or no address at all.
    ///
    /// # Errors
    ///
    /// The [`Reason`] when there is none, or when the first one is empty, malformed (a stray
    /// percent sign, no UTF-8), has control characters, or has more than 500 characters.
    pub fn in_url(url: &str) -> Result<Self, Reason> {
        let raw = parameter(url).ok_or(Reason::NO_CLICK_ID)?;
        if raw.is_empty() {
            return Err(Reason::EMPTY_CLICK_ID);
        }
        let id = percent_decode(raw, b' ').ok_or(Reason::MALFORMED_CLICK_ID)?;
        if id.chars().any(is_control) {
            return Err(Reason::CONTROL_CHARACTER);
        }
        let click = Self(id);
        if is_too_long(&click.0) || click.escape().len() > LONGEST_ESCAPED {
            return Err(Reason::CLICK_ID_TOO_LONG);
        }
        Ok(click)
    }

    /// The click id, decoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a segment of a cookie: a dot becomes `__DOT__` (the pixel's escape, a raw dot would be
    /// one more segment), and a character that a cookie cannot carry, or a percent sign, is
    /// percent-encoded (as Meta's client library does). Meta's own click ids need neither.
    pub(super) fn escape(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            match byte {
                b'.' => text.push_str("__DOT__"),
                b'%' => push_encoded(&mut text, byte),
                _ if is_cookie_octet(byte) => text.push(char::from(byte)),
                _ => push_encoded(&mut text, byte),
            }
        }
        text
    }

    /// Whether `unescaped`, read back from a cookie, is this click id. A click id that itself
    /// contains `__DOT__` reads back with a dot, hence both sides are compared without it.
    pub(super) fn is(&self, unescaped: &str) -> bool {
        restore_dots(self.0.as_bytes()) == restore_dots(unescaped.as_bytes())
    }
}

/// So that `fb.<index>.<time>.` and the click id fit into a cookie together.
const LONGEST_ESCAPED: usize = 3900;

/// Meta's limit, in the units that its library counts.
pub(super) fn is_too_long(id: &str) -> bool {
    is_longer_than(LONGEST, id)
}

/// In UTF-16 units, as JavaScript counts.
pub(super) fn is_longer_than(limit: usize, text: &str) -> bool {
    text.encode_utf16().nth(limit).is_some()
}

/// The click id that a cookie's segment stands for.
pub(super) fn unescape(segment: &str) -> Cow<'_, str> {
    let bytes = segment.as_bytes();
    if !bytes.contains(&b'%') && !bytes.windows(DOT.len()).any(|window| window == DOT) {
        return Cow::Borrowed(segment);
    }
    let decoded = percent_decode(bytes, b'+');
    let text = decoded.as_deref().unwrap_or(segment);
    // Cutting out ASCII leaves UTF-8.
    match String::from_utf8(restore_dots(text.as_bytes())) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(segment),
    }
}

fn restore_dots(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, others)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(DOT) {
            bytes.push(b'.');
            rest = after;
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    bytes
}

/// The raw bytes of the first `fbclid`; empty when it has no value.
fn parameter(url: &str) -> Option<&[u8]> {
    let mut rest = url.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        if !matches!(first, b'?' | b'#' | b'&') {
            continue;
        }
        let Some(after) = rest.strip_prefix(NAME) else { continue };
        match after.split_first() {
            None | Some((b'&' | b'#', _)) => return Some(&[]),
            Some((b'=', value)) => {
                return value.split(|byte| matches!(byte, b'&' | b'#')).next();
            }
            Some(_) => {}
        }
    }
    None
}

/// `None` for a percent sign without two hexadecimal digits and for bytes that are no UTF-8, where
/// JavaScript's `decodeURIComponent` throws.
fn percent_decode(mut rest: &[u8], plus: u8) -> Option<String> {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        bytes.push(match first {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                digits.iter().try_fold(0, |byte, digit| Some(byte << 4 | hex_value(*digit)?))?
            }
            b'+' => plus,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn push_encoded(text: &mut String, byte: u8) {
    text.push('%');
    for digit in [byte >> 4, byte & 15] {
        text.push(char::from(if digit < 10 { b'0' + digit } else { b'A' - 10 + digit }));
    }
}

/// Unicode's category Cc.
pub(super) fn is_control(character: char) -> bool {
    matches!(character, '\0'..='\x1f' | '\x7f'..='\u{9f}')
}

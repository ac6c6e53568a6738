//! `fbclid`: found in an address, written into and read back from a cookie.

use core::slice;

use super::{
    Reason,
    segments::is_cookie_octet,
    text::{IS_SMALL, is_word, push_ascii, reserve},
};

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
        let mut click = Self(String::new());
        let problem = if percent_decode(&mut click.0, raw, b' ').is_none() {
            Some(Reason::MALFORMED_CLICK_ID)
        } else if has_control(&click.0) {
            Some(Reason::CONTROL_CHARACTER)
        } else if may_be_too_long(&click.0)
            && (is_too_long(click.0.bytes()) || click.escaped_length() > LONGEST_ESCAPED)
        {
            Some(Reason::CLICK_ID_TOO_LONG)
        } else {
            None
        };
        problem.map_or(Ok(click), Err)
    }

    /// The click id, decoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a segment of a cookie: a dot becomes `__DOT__` (the pixel's escape, a raw dot would be
    /// one more segment), and a character that a cookie cannot carry, or a percent sign, is
    /// percent-encoded (as Meta's client library does). Meta's own click ids need neither.
    pub(super) fn escape(&self, text: &mut String) {
        if !IS_SMALL && is_unescaped(&self.0) {
            return text.push_str(&self.0);
        }
        for byte in self.0.bytes() {
            if byte == b'.' {
                text.push_str("__DOT__");
            } else if is_plain(byte) {
                push_ascii(text, byte);
            } else {
                push_ascii(text, b'%');
                push_ascii(text, hex_digit(byte >> 4));
                push_ascii(text, hex_digit(byte & 15));
            }
        }
    }

    fn escaped_length(&self) -> usize {
        self.0
            .bytes()
            .map(|byte| {
                if byte == b'.' {
                    7
                } else if is_plain(byte) {
                    1
                } else {
                    3
                }
            })
            .sum()
    }

    /// Whether a cookie's segment stands for this click id. `__DOT__` may stand for itself or for a
    /// dot, hence both sides are compared as they are read back.
    pub(super) fn is_in(&self, segment: &str) -> bool {
        // A writer that does not encode leaves percent signs of the click id as they are.
        if self.0 == segment {
            return true;
        }
        if !IS_SMALL && is_unescaped(&self.0) && is_unescaped(segment) {
            return false;
        }
        let mut own = String::new();
        self.escape(&mut own);
        Dotted(unescape(&own).as_bytes()).eq(Dotted(unescape(segment).as_bytes()))
    }
}

#[cfg_attr(feature = "browser", inline(never))]
fn is_plain(byte: u8) -> bool {
    byte != b'%' && is_cookie_octet(byte)
}

/// Whether a text stands for itself: most click ids do.
fn is_unescaped(text: &str) -> bool {
    text.bytes().all(is_word) && !text.as_bytes().windows(DOT.len()).any(|window| window == DOT)
}

/// So that `fb.<index>.<time>.` and the click id fit into a cookie together.
const LONGEST_ESCAPED: usize = 3900;

/// Whether a text has more bytes than a click id may have characters.
pub(super) fn may_be_too_long(text: &str) -> bool {
    text.len() > LONGEST
}

/// Meta's limit, in the units that its library counts.
pub(super) fn is_too_long(id: impl Iterator<Item = u8>) -> bool {
    is_longer_than(LONGEST, id)
}

/// In UTF-16 units, as JavaScript counts.
pub(super) fn is_longer_than(limit: usize, text: impl Iterator<Item = u8>) -> bool {
    text.map(|byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum::<usize>()
        > limit
}

/// The click id that a cookie's segment stands for.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn unescape(segment: &str) -> String {
    let mut text = String::new();
    if percent_decode(&mut text, segment.as_bytes(), b'+').is_none() {
        text.clear();
        text.push_str(segment);
    }
    text
}

pub(super) struct Dotted<'a>(pub &'a [u8]);

impl Iterator for Dotted<'_> {
    type Item = u8;

    #[cfg_attr(feature = "browser", inline(never))]
    fn next(&mut self) -> Option<u8> {
        let (first, others) = self.0.split_first()?;
        if let Some(after) = self.0.strip_prefix(DOT) {
            self.0 = after;
            return Some(b'.');
        }
        self.0 = others;
        Some(*first)
    }
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
fn percent_decode(decoded: &mut String, text: &[u8], plus: u8) -> Option<()> {
    let mut rest = text.iter();
    reserve(decoded, text.len());
    if !IS_SMALL {
        // Most click ids are of such characters alone.
        while let Some((first, others)) = rest.as_slice().split_first()
            && is_word(*first)
        {
            decoded.push(char::from(*first));
            rest = others.iter();
        }
    }
    while !rest.as_slice().is_empty() {
        decoded.push(next_char(&mut rest, plus)?);
    }
    Some(())
}

fn next_char(rest: &mut slice::Iter<'_, u8>, plus: u8) -> Option<char> {
    let lead = next_byte(rest, plus)?;
    // As many as the bytes of the character, none for ASCII, one for what cannot come first.
    let length = lead.leading_ones();
    let mut code = u32::from(lead) & (0x7f >> length);
    for _ in 1..length {
        let byte = next_byte(rest, plus)?;
        if byte & 0xc0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    // One form only: the shortest.
    char::from_u32(code)
        .filter(|character| length != 1 && character.len_utf8() == length.max(1) as usize)
}

fn next_byte(rest: &mut slice::Iter<'_, u8>, plus: u8) -> Option<u8> {
    Some(match *rest.next()? {
        b'%' => hex_value(rest.next()?)? << 4 | hex_value(rest.next()?)?,
        b'+' => plus,
        other => other,
    })
}

fn hex_value(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).map(|value| value as u8)
}

#[cfg_attr(feature = "browser", inline(never))]
fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' - 10 + value }
}

/// Unicode's category Cc.
pub(super) fn has_control(text: &str) -> bool {
    let mut before = 0;
    text.bytes().any(|byte| {
        let c1 = before == 0xc2 && byte < 0xa0;
        before = byte;
        c1 || byte < 0x20 || byte == 0x7f
    })
}

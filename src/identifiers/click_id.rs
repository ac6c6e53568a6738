//! Reads `fbclid` from an address, writes it into a cookie and reads it back.

use core::slice;

use super::{
    Reason,
    segments::is_cookie_octet,
    text::{IS_SMALL, is_word, push_ascii, reserve},
};

const NAME: &[u8] = b"fbclid";
const DOT: &[u8] = b"__DOT__";
/// The maximum length of a click id, in UTF-16 units. The pixel and Meta's client library use it
/// too.
const LONGEST: usize = 500;

/// The click id that Meta adds to an address as `fbclid`. It is opaque and case-sensitive, and has
/// 1 to 500 characters, none of them a control character.
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
    /// Reads the click id of an address as Meta's client library does. It takes the first `fbclid`
    /// after a `?`, `#` or `&`, so the fragment counts too. It reads `+` as a space and then
    /// decodes percent-encoding. The address may be any text, also a query alone.
    ///
    /// # Errors
    ///
    /// The [`Reason`] if there is none, or if the first one is empty, malformed (a stray percent
    /// sign, no UTF-8), has control characters, has more than 500 characters, or is the placeholder
    /// of a template, such as `{{fbclid}}`.
    pub fn in_url(url: &str) -> Result<Self, Reason> {
        let raw = parameter(url).ok_or(Reason::NO_CLICK_ID)?;
        if raw.is_empty() {
            return Err(Reason::EMPTY_CLICK_ID);
        }
        let mut click = Self(String::new());
        if percent_decode(&mut click.0, raw, b' ').is_none() {
            return Err(Reason::MALFORMED_CLICK_ID);
        }
        click.checked()
    }

    /// Reads the click id that an in-app browser lends to its pages. It comes alone, so nothing is
    /// decoded. (Meta, client library of the parameter builder, `ebpExtension.js`)
    ///
    /// # Errors
    ///
    /// As for [`in_url`](Self::in_url). An in-app browser without a click id gives an empty text.
    ///
    /// ```
    /// use capi_bridge::identifiers::ClickId;
    ///
    /// assert_eq!(ClickId::in_app("AbC%2D1_2").unwrap().as_str(), "AbC%2D1_2");
    /// assert_eq!(ClickId::in_app("").unwrap_err().code(), "empty_click_id");
    /// ```
    pub fn in_app(text: &str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::EMPTY_CLICK_ID);
        }
        let mut click = Self(String::new());
        click.0.push_str(text);
        click.checked()
    }

    fn checked(self) -> Result<Self, Reason> {
        let problem = if has_control(&self.0) {
            Reason::CONTROL_CHARACTER
        } else if is_placeholder(self.0.as_bytes()) {
            Reason::PLACEHOLDER_CLICK_ID
        } else if may_be_too_long(&self.0)
            && (is_too_long(self.0.bytes()) || self.escaped_length() > LONGEST_ESCAPED)
        {
            Reason::CLICK_ID_TOO_LONG
        } else {
            return Ok(self);
        };
        Err(problem)
    }

    /// Returns the decoded click id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends the click id as a segment of a cookie. A dot becomes `__DOT__`, which is the pixel's
    /// escape, because a dot would start another segment. A percent sign and a character that a
    /// cookie cannot carry are percent-encoded, as in Meta's client library. Meta's own click ids
    /// need neither.
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

    /// Returns true if a cookie's segment has this click id. `__DOT__` may mean itself or a dot, so
    /// both sides are compared in their decoded form.
    pub(super) fn is_in(&self, segment: &str) -> bool {
        // A writer that does not encode leaves the percent signs of the click id unchanged.
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

/// Returns true if a text needs no decoding, like most click ids.
fn is_unescaped(text: &str) -> bool {
    text.bytes().all(is_word) && !text.as_bytes().windows(DOT.len()).any(|window| window == DOT)
}

/// The maximum length of an escaped click id, in bytes. The cookie also holds `fb.<index>.<time>.`.
const LONGEST_ESCAPED: usize = 3900;

/// Returns true if a text has more bytes than a click id may have characters.
pub(super) fn may_be_too_long(text: &str) -> bool {
    text.len() > LONGEST
}

/// Returns true if an id is longer than Meta's limit, counted as Meta's library counts.
pub(super) fn is_too_long(id: impl Iterator<Item = u8>) -> bool {
    is_longer_than(LONGEST, id)
}

/// Returns true if a text has more than `limit` UTF-16 units, which is the length in JavaScript.
pub(super) fn is_longer_than(limit: usize, text: impl Iterator<Item = u8>) -> bool {
    text.map(|byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum::<usize>()
        > limit
}

/// Decodes the click id of a cookie's segment. Returns the segment itself if it cannot be decoded.
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

/// Returns the raw bytes of the first `fbclid`, empty if it has no value.
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

/// Decodes a text, with `plus` for each `+`. Returns `None` for a percent sign without two
/// hexadecimal digits and for bytes that are no UTF-8, where JavaScript's `decodeURIComponent`
/// throws.
fn percent_decode(decoded: &mut String, text: &[u8], plus: u8) -> Option<()> {
    let mut rest = text.iter();
    reserve(decoded, text.len());
    if !IS_SMALL {
        // Most click ids have only such characters.
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
    // The number of bytes of the character: 0 for ASCII, 1 for a byte that cannot be the first.
    let length = lead.leading_ones();
    let mut code = u32::from(lead) & (0x7f >> length);
    for _ in 1..length {
        let byte = next_byte(rest, plus)?;
        if byte & 0xc0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    // Only the shortest encoding of a character is valid.
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

/// Returns true for the placeholder of a template that nothing has filled in: `{{fbclid}}`,
/// `[fbclid]`, `<fbclid>`, `$fbclid`, `__FBCLID__`, or one that was encoded once more.
///
/// Meta's click ids start with a letter.
fn is_placeholder(click_id: &[u8]) -> bool {
    matches!(click_id, [b'{' | b'[' | b'<' | b'$' | b'%', ..] | [b'_', b'_', ..])
}

/// Returns true if a text has a control character (Unicode's category Cc).
pub(super) fn has_control(text: &str) -> bool {
    let mut before = 0;
    text.bytes().any(|byte| {
        let c1 = before == 0xc2 && byte < 0xa0;
        before = byte;
        c1 || byte < 0x20 || byte == 0x7f
    })
}

//! The form that `_fbp` and `_fbc` share:
//! `fb.<subdomain index>.<creation time>.<payload>[.<appendix>]`.
//!
//! Meta, "ClickID and the fbp and fbc Parameters" and "Parameter Builder Library" (the appendix).

use super::{
    Reason, decimal,
    pieces::{count, take},
    text::{is_word, push_ascii, reserve},
};

/// The maximum length of a value, in bytes. Browsers keep a name and a value of at most 4096 bytes
/// together (RFC 6265bis, 5.6).
const LONGEST: usize = 4000;

/// A parsed value. Of several cookies, the creation time decides which one counts.
#[derive(Clone, Copy)]
pub(crate) struct Segments<'a> {
    pub creation_millis: u64,
    pub text: &'a str,
}

impl<'a> Segments<'a> {
    pub fn payload(self) -> &'a str {
        let mut rest = self.text;
        for _ in 0..3 {
            take(&mut rest, b'.');
        }
        take(&mut rest, b'.')
    }
}

pub(super) fn split(text: &str) -> Result<Segments<'_>, Reason> {
    if text.len() > LONGEST {
        return Err(Reason::VALUE_TOO_LONG);
    }
    let mut rest = text;
    if take(&mut rest, b'.') != "fb" {
        return Err(Reason::WRONG_VERSION);
    }
    let segments = count(text, b'.');
    if segments != 4 && segments != 5 {
        return Err(Reason::WRONG_SEGMENT_COUNT);
    }
    if decimal::read(take(&mut rest, b'.')).is_none() {
        return Err(Reason::BAD_SUBDOMAIN_INDEX);
    }
    let Some(creation_millis) = decimal::read(take(&mut rest, b'.')) else {
        return Err(Reason::BAD_CREATION_TIME);
    };
    let payload = take(&mut rest, b'.');
    if payload.is_empty() {
        return Err(Reason::EMPTY_PAYLOAD);
    }
    if !payload.bytes().all(is_cookie_octet) {
        return Err(Reason::UNSAFE_CHARACTER);
    }
    if segments == 5 && !is_appendix(rest.as_bytes()) {
        return Err(Reason::BAD_APPENDIX);
    }
    Ok(Segments { creation_millis, text })
}

/// Appends the start of a new value, up to its payload. No appendix will follow, because it would
/// name one of Meta's own libraries as the writer.
pub(super) fn start(text: &mut String, subdomain_index: u32, creation_millis: u64) {
    reserve(text, 64);
    text.push_str("fb.");
    decimal::push(text, u64::from(subdomain_index));
    push_ascii(text, b'.');
    decimal::push(text, creation_millis);
    push_ascii(text, b'.');
}

/// Returns true if a cookie may carry a byte (RFC 6265, 4.1.1): visible ASCII without `"` `,` `;`
/// and `\`.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// Returns true if a text is an appendix. Two characters name a language. Of eight characters only
/// the alphabet is checked, as in the pixel and Meta's client library, so that a language that Meta
/// adds later is valid.
fn is_appendix(text: &[u8]) -> bool {
    matches!(text, [b'A', b'Q' | b'g' | b'w'] | [b'B', b'A' | b'Q' | b'g'])
        || (text.len() == 8 && text.iter().all(|byte| is_word(*byte)))
}

//! The shape that `_fbp` and `_fbc` share: `fb.<subdomain index>.<creation time>.<payload>[.<appendix>]`.
//!
//! Meta, "ClickID and the fbp and fbc Parameters" and "Parameter Builder Library" (the appendix).

use super::{Reason, decimal, pieces::pieces};

/// Browsers keep a name and a value of at most 4096 bytes together (RFC 6265bis, 5.6).
const LONGEST: usize = 4000;

pub(super) struct Segments<'a> {
    pub creation_millis: u64,
    pub payload: &'a str,
}

pub(super) fn split(text: &str) -> Result<Segments<'_>, Reason> {
    if text.len() > LONGEST {
        return Err(Reason::VALUE_TOO_LONG);
    }
    let mut segments = pieces(text, b'.');
    if segments.next() != Some("fb") {
        return Err(Reason::WRONG_VERSION);
    }
    let (Some(index), Some(creation), Some(payload), appendix, None) =
        (segments.next(), segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(Reason::WRONG_SEGMENT_COUNT);
    };
    if decimal::read(index).is_none() {
        return Err(Reason::BAD_SUBDOMAIN_INDEX);
    }
    let Some(creation_millis) = decimal::read(creation) else {
        return Err(Reason::BAD_CREATION_TIME);
    };
    if payload.is_empty() {
        return Err(Reason::EMPTY_PAYLOAD);
    }
    if !payload.bytes().all(is_cookie_octet) {
        return Err(Reason::UNSAFE_CHARACTER);
    }
    if appendix.is_some_and(|appendix| !is_appendix(appendix)) {
        return Err(Reason::BAD_APPENDIX);
    }
    Ok(Segments { creation_millis, payload })
}

/// The payload of a text that `split` has accepted.
pub(super) fn payload(text: &str) -> &str {
    pieces(text, b'.').nth(3).unwrap_or_default()
}

/// Four segments. No appendix: it names one of Meta's own libraries as the writer, which we are not.
pub(super) fn join(subdomain_index: u32, creation_millis: u64, payload: &str) -> String {
    let mut text = String::from("fb.");
    decimal::push(&mut text, u64::from(subdomain_index));
    text.push('.');
    decimal::push(&mut text, creation_millis);
    text.push('.');
    text.push_str(payload);
    text
}

/// RFC 6265, 4.1.1: visible ASCII without `"` `,` `;` and `\`.
pub(super) fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// Two characters name a language; of the eight-character form only the alphabet is checked, as
/// the pixel and Meta's client library do, so that a language added later is still understood.
fn is_appendix(text: &str) -> bool {
    matches!(text, "AQ" | "Ag" | "Aw" | "BA" | "BQ" | "Bg")
        || (text.len() == 8
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
}

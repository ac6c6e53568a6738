//! What holds for every input, as functions of bytes that a fuzzer chooses.
//!
//! A target in `fuzz_targets` hands its input to one of these. They panic where a property does not
//! hold. The rules behind the properties are in `docs/identifiers.md`,
//! `docs/customer-information.md` and `docs/testing.md`; what is expected is computed here once more, in
//! another way.

pub mod client_ip;
pub mod cookie_header;
pub mod customer;
pub mod event_id;
pub mod host;
pub mod requests;
pub mod url;

#[path = "../../tests/support/visit.rs"]
mod visit;

/// As a host's text decoder reads bytes: what is no UTF-8 becomes U+FFFD.
fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// What stands before the first line break, and what after it; without one, all of it stands after.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or(("", text))
}

fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// As JavaScript counts.
fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

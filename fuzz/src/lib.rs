//! Checks properties that hold for every input, as functions of bytes that a fuzzer chooses.
//!
//! A target in `fuzz_targets` passes its input to one of these functions. They panic if a property
//! does not hold. The rules behind the properties are in `docs/identifiers.md`,
//! `docs/customer-information.md` and `docs/testing.md`. The expected results are computed here
//! once more, in another way.

pub mod client_ip;
pub mod cookie_header;
pub mod customer;
pub mod event_id;
pub mod host;
pub mod requests;
pub mod url;

#[path = "../../tests/support/visit.rs"]
mod visit;

/// Reads bytes as a host's text decoder does: invalid UTF-8 becomes U+FFFD.
fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// Returns the text before and after the first line break. Without one, all of it is after.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or(("", text))
}

fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns the length that JavaScript counts.
fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

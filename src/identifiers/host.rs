//! A host name, apart from the port, the brackets and the case it came with.

use super::{pieces::cut, text::is_word};

/// What a cookie may be kept for.
pub(super) struct Host<'a> {
    /// Without port and trailing dot, the case as it was; empty for an address and for what no
    /// browser takes for a host.
    pub name: &'a str,
    /// Whether the cookie may be shared with the host's neighbours. Not that of a single label, of a
    /// name whose trailing dot keeps every `Domain` attribute from matching (RFC 6265, 5.1.3), or of
    /// a name in Unicode, which no attribute may contain.
    pub may_share: bool,
}

/// Takes off the port and tells what is left.
pub(super) fn classify(host: &str) -> Host<'_> {
    let (full, port) = cut(host, b':');
    let name = full.strip_suffix('.').unwrap_or(full);
    let mut is_host =
        name.len() <= 253 && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let mut is_ascii = true;
    // No top-level domain starts with a digit; what ends so is an IPv4 address, in decimal or as `0x…`.
    let mut is_number = false;
    for label in name.as_bytes().split(|byte| *byte == b'.') {
        is_host &= (1..=63).contains(&label.len());
        is_number = label.first().is_some_and(u8::is_ascii_digit);
        for byte in label {
            is_ascii &= byte.is_ascii();
            // What browsers let into the host of a page.
            is_host &= !byte.is_ascii() || is_word(*byte);
        }
    }
    if is_host && !is_number {
        Host { name, may_share: name.len() == full.len() && labels(name) > 1 && is_ascii }
    } else {
        Host { name: "", may_share: false }
    }
}

#[inline(never)]
pub(super) fn labels(name: &str) -> u32 {
    name.bytes().fold(1, |labels, byte| labels + u32::from(byte == b'.'))
}

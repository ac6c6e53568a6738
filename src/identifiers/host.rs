//! A host name, apart from the port, the brackets and the case it came with.

use super::{pieces::take, text::is_word};

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
    let mut port = host;
    let full = take(&mut port, b':');
    let name = full.strip_suffix('.').unwrap_or(full);
    let mut is_host = name.len() <= 253 && port.bytes().all(|byte| byte.is_ascii_digit());
    let mut is_ascii = true;
    // No top-level domain starts with a digit; what ends so is an IPv4 address, in decimal or as `0x…`.
    let mut is_number = true;
    let mut labels = 0;
    let mut rest = full;
    while !rest.is_empty() {
        let label = take(&mut rest, b'.');
        labels += 1;
        is_host &= (1..=63).contains(&label.len());
        is_number = label.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        for byte in label.bytes() {
            is_ascii &= byte.is_ascii();
            // What browsers let into the host of a page.
            is_host &= !byte.is_ascii() || is_word(byte);
        }
    }
    if is_host && !is_number {
        Host { name, may_share: name.len() == full.len() && labels > 1 && is_ascii }
    } else {
        Host { name: "", may_share: false }
    }
}

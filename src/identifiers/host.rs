//! Parses a host: removes the port and finds which cookies the host can have.

use super::{pieces::take, text::is_word};

/// A host, as far as its cookies depend on it.
pub(super) struct Host<'a> {
    /// The name without port and trailing dot, in its original case. It is empty for an address and
    /// for a text that browsers do not take for a host.
    pub name: &'a str,
    /// True if the cookie may be shared with other hosts of the domain. It is false for a single
    /// label, for a name with a trailing dot, which no `Domain` attribute matches (RFC 6265,
    /// 5.1.3), and for a name in Unicode, which no attribute may contain.
    pub may_share: bool,
}

/// Removes the port and classifies the rest.
pub(super) fn classify(host: &str) -> Host<'_> {
    let mut port = host;
    let full = take(&mut port, b':');
    let name = full.strip_suffix('.').unwrap_or(full);
    let mut is_host = name.len() <= 253 && port.bytes().all(|byte| byte.is_ascii_digit());
    let mut is_ascii = true;
    // No top-level domain starts with a digit. If the last label does, the host is an IPv4 address,
    // in decimal or as `0x…`.
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
            // Browsers allow these characters in the host of a page.
            is_host &= !byte.is_ascii() || is_word(byte);
        }
    }
    if is_host && !is_number {
        Host { name, may_share: name.len() == full.len() && labels > 1 && is_ascii }
    } else {
        Host { name: "", may_share: false }
    }
}

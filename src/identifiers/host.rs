//! A host name, apart from the port, the brackets and the case it came with.

use super::pieces::{cut, pieces};

/// What a host is to a cookie.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    /// A name of two or more labels: its cookie may be shared with its neighbours.
    Name(&'a str),
    /// A single label, a name whose trailing dot keeps every `Domain` attribute from matching
    /// (RFC 6265, 5.1.3), or a name in Unicode, which no attribute may contain.
    Alone(&'a str),
    /// An address, or nothing that a browser takes for a host.
    Other,
}

/// Takes off the port and tells what is left. The case stays as it is.
pub(super) fn classify(host: &str) -> Host<'_> {
    let (name, port) = cut(host, b':');
    let bare = name.strip_suffix(".").unwrap_or(name);
    let is_host = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        && bare.len() <= 253
        && pieces(bare, b'.').all(is_label)
        && !pieces(bare, b'.').last().is_some_and(is_number);
    if !is_host {
        Host::Other
    } else if bare.len() < name.len() || labels(bare) == 1 || !bare.is_ascii() {
        Host::Alone(bare)
    } else {
        Host::Name(bare)
    }
}

pub(super) fn labels(name: &str) -> u32 {
    name.bytes().fold(1, |labels, byte| labels + u32::from(byte == b'.'))
}

/// Letters, digits, hyphens and underscores: what browsers let into the host of a page.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'-' | b'_')
        })
}

/// No top-level domain starts with a digit; what ends so is an IPv4 address, in decimal or as `0x…`.
fn is_number(label: &str) -> bool {
    label.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

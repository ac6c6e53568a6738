//! Checks hosts and origins.

use core::net::{Ipv4Addr, Ipv6Addr};

/// Returns true if the text is an origin as browsers send it: scheme, host and at most a port, in
/// lower case. A runtime can parse it as an address.
pub(in crate::relay) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        is_host(host)
            && !host.ends_with(':')
            && !host.bytes().any(|byte| byte.is_ascii_uppercase())
            && is_ipv4_or_name(host)
    })
}

/// Returns true if the text is a host name or an IP address, with or without a port. (RFC 9110,
/// section 7.2)
///
/// Names are ASCII: browsers send names in Unicode encoded (`xn--…`).
pub(in crate::relay) fn is_host(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(address, port)| address.parse::<Ipv6Addr>().is_ok() && is_port(port));
    }
    let end = text.find(':').unwrap_or(text.len());
    let (name, port) = text.split_at_checked(end).unwrap_or_default();
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && is_port(port)
}

/// Returns true if the text is empty, or a colon and a port. An empty port is the scheme's default.
/// (RFC 3986)
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some("") => true,
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        }
        None => text.is_empty(),
    }
}

/// Returns false for a host whose last label is a number, unless it is an IPv4 address. URL parsers
/// fail on it. (WHATWG, URL, "ends in a number checker")
fn is_ipv4_or_name(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    !is_number || name.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_a_host_and_at_most_a_port() {
        for origin in [
            "https://shop.example",
            "http://localhost:8787",
            "http://localhost:65535",
            "https://shop.example.:443",
            "https://xn--bcher-kva.example",
            "http://a_b.internal:80",
            "http://127.0.0.1:8080",
            "http://192.0.2.1",
            "https://3com.1a",
            "http://[::1]:8787",
            "https://[2001:db8::1]",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
    }

    #[test]
    fn text_that_no_url_can_have_is_no_origin() {
        for text in [
            "",
            "https://",
            "shop.example",
            "//shop.example",
            "ftp://shop.example",
            "HTTPS://shop.example",
            "https://Shop.example",
            "https://shop.example/",
            "https://shop.example?a",
            "https://shop.example#a",
            "https://user@shop.example",
            "https://shop example",
            "https://shop.example, https://other.example",
            "https://*.shop.example",
            "https://bücher.example",
            "https://graph.facebook.com:443443",
            "http://localhost:99999",
            "http://localhost:65536",
            "http://localhost:port",
            "http://localhost:",
            "http://localhost:80:80",
            "https://:443",
            "https://[",
            "https://[]",
            "https://[::1",
            "https://[::1]8080",
            "https://[shop.example]",
            "https://::1",
            "http://127.0.0.256",
            "http://1.2.3.4.5",
            "http://shop.example.1",
            "http://shop.example.1.:80",
            "http://shop.0x7f",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}

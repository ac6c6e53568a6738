//! Checks addresses of pages.

/// Returns true if a text is an http or https address with a host.
///
/// The host is not looked up, and its characters are not checked. The result is false only if no
/// browser could have been at the address (`http:///`, `https://:443/`, a host with a blank).
#[must_use]
pub(crate) fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_odd = |character: char| character.is_whitespace() || character.is_control();
    !text.contains(char::is_control)
        && !authority.contains(is_odd)
        && match host.strip_prefix('[') {
            Some(address) => is_ipv6(address),
            None => is_name(host),
        }
}

/// Returns true for a name or an IPv4 address, with or without a port.
fn is_name(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    name.chars().any(char::is_alphanumeric) && is_port(port)
}

/// Returns true for the text of an IPv6 address after its opening bracket, with or without a port.
fn is_ipv6(text: &str) -> bool {
    text.split_once(']').is_some_and(|(address, port)| {
        let port = if port.is_empty() { Some("") } else { port.strip_prefix(':') };
        address.parse::<std::net::Ipv6Addr>().is_ok() && port.is_some_and(is_port)
    })
}

fn is_port(port: &str) -> bool {
    port.is_empty() || port.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for good in [
            "https://shop.example/thanks?o=1#top",
            "HTTP://shop.example",
            "https://user:pass@shop.example:8443/",
            "http://localhost:8787/",
            "http://127.0.0.1",
            "http://[2001:db8::5]:8080/a",
            "https://bücher.example/ein pfad",
        ] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "",
            "shop.example",
            "//shop.example/",
            "ftp://shop.example/",
            "javascript:alert(1)",
            "https://",
            "http:///",
            "http:///a",
            "https://?a=b",
            "https://#top",
            "https://:443/",
            "https://user@/",
            "https://shop .example/",
            "https://\u{a0}/",
            "https:// /",
            "https://.../",
            "https://[]/",
            "https://[::1/",
            "https://shop.example:port/",
            "https://shop.example/\u{0}",
            "https://shop.example/\n",
            " https://shop.example/",
        ] {
            assert!(!is_web_address(bad), "{bad:?}");
        }
    }
}

//! Checks the host of a request, in its `Host` header and in its address.

use crate::relay::config::is_host;
use crate::relay::site::authority;

/// Returns a sentence about the mistake in a request's host, or `None` if the host can be used.
///
/// `url` is the address as the runtime reports it. `host` is the `Host` header, if the runtime
/// exposes it. A runtime may put the header into the address unchanged, so both are checked.
#[must_use]
pub fn host_problem(url: &str, host: Option<&str>) -> Option<&'static str> {
    let is_usable = is_host(authority(url)) && host.is_none_or(is_host);
    (!is_usable).then_some(
        "expected a Host header with one host name or IP address and at most a port up to 65535, such as \"www.shop.example\", and a path that starts with \"/\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_browsers_send_is_one() {
        for host in [
            "shop.example",
            "WWW.Shop.Example",
            "shop.example:8443",
            "shop.example:",
            "shop.example.",
            "xn--bcher-kva.example",
            "a_b.example",
            "localhost:65535",
            "192.0.2.1:80",
            "[2001:db8::1]",
            "[::1]:8787",
        ] {
            assert!(is_host(host), "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_none() {
        for host in [
            "",
            " ",
            "a b",
            "a\tb",
            "user@shop.example",
            "user:pw@shop.example",
            "shop.example:99999",
            "shop.example:-1",
            "shop.example:80:80",
            "shop.example:+80",
            "shop.example: 80",
            ":80",
            "[::1",
            "[::1%25eth0]",
            "[]",
            "[shop.example]",
            "[::1]8080",
            "::1",
            "shop.example/evil",
            "shop.example?x",
            "shop.example#x",
            "shop.example\\evil",
            "shop.example, evil.example",
            "*",
            "<script>",
            "%41.example",
            "bücher.example",
            "shop.example\0",
            "shop.example\r\nx: y",
        ] {
            assert!(!is_host(host), "{host:?}");
        }
    }

    #[test]
    fn a_request_needs_a_host_in_its_address_and_in_its_header() {
        assert_eq!(host_problem("http://shop.example/?a=b@c", Some("shop.example")), None);
        assert_eq!(host_problem("https://shop.example", None), None);
        for (url, host) in [
            ("http://a b/", Some("a b")),
            ("http://shop.example/evil/", Some("shop.example/evil")),
            ("http://shop.example*", Some("shop.example")),
            ("http:///", None),
            ("", None),
            ("http://user@shop.example/", None),
        ] {
            assert!(host_problem(url, host).is_some_and(|text| text.contains("Host")), "{url}");
        }
    }
}

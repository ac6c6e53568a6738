//! The forwarded headers that a proxy of the operator's overwrites: `trustedHeaders`.
//!
//! A forwarded header has the host, the scheme, the address or the path that a proxy saw of the
//! visitor's connection. Anyone can send one. Proxies overwrite some of them and pass the others
//! on, so each is trusted by its name. None is trusted by default.

use serde::Deserialize;

use super::ConfigError;

/// Forwarded headers by prefix, in the form of [`normalised`].
const PREFIXES: [&str; 5] =
    ["x-forwarded-", "forwarded-", "x-original-", "x-rewrite-", "x-envoy-original-"];

/// Other headers that servers and frameworks trust as a proxy's, in the form of [`normalised`].
const NAMES: [&str; 43] = [
    // The connection as a whole: RFC 7239, and misspelt forms of it.
    "forwarded",
    "x-forwarded",
    // The host.
    "x-host",
    "x-real-host",
    "x-http-host",
    "x-http-host-override",
    "x-host-override",
    // The scheme.
    "x-scheme",
    "x-url-scheme",
    "x-protocol",
    "x-ssl",
    "x-https",
    "https",
    "x-arr-ssl",
    "front-end-https",
    "fastly-ssl",
    "cloudfront-forwarded-proto",
    "wl-proxy-ssl",
    // The path. `X-Sendfile-Type` and `X-Accel-Mapping` let Rack map paths to files.
    "x-url",
    "x-request-uri",
    "x-script-name",
    "x-sendfile-type",
    "x-accel-mapping",
    // The address.
    "x-real-ip",
    "x-real-port",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-originating-ip",
    "x-envoy-external-address",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-vercel-forwarded-for",
    "client-ip",
    "true-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "wl-proxy-client-ip",
    "proxy-client-ip",
    "cloudfront-viewer-address",
    // CGI hands this header to a program as `HTTP_PROXY`, the proxy for its own requests (httpoxy).
    "proxy",
    "x-proxy-url",
];

/// The headers that Cloudflare writes. It overwrites the visitor's values. (Cloudflare, "HTTP
/// headers")
const OF_CLOUDFLARE: [&str; 5] =
    ["cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "cf-visitor", "cf-ipcountry"];

/// Returns true if Cloudflare writes this header.
pub(in crate::relay) fn is_of_cloudflare(name: &str) -> bool {
    OF_CLOUDFLARE.contains(&name)
}

/// Returns true if servers trust this header as a proxy's, in any spelling that they read as the
/// same.
pub(in crate::relay) fn is_forwarded(name: &str) -> bool {
    let name = normalised(name);
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.contains(&name.as_str())
        || is_of_cloudflare(&name)
}

/// Returns true if frameworks read the method from this header in place of the request's own.
pub(in crate::relay) fn is_method_override(name: &str) -> bool {
    ["x-http-method-override", "x-http-method", "x-method-override"]
        .contains(&normalised(name).as_str())
}

/// Returns a header's name as CGI, WSGI and PHP compare it: `X_Forwarded.Host` is
/// `X-Forwarded-Host` to them.
fn normalised(name: &str) -> String {
    name.chars()
        .map(
            |character| {
                if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' }
            },
        )
        .collect()
}

/// The names of `trustedHeaders`, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct TrustedHeaders(Vec<String>);

impl From<Vec<String>> for TrustedHeaders {
    fn from(names: Vec<String>) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }
}

impl TrustedHeaders {
    /// Returns true if `trustedHeaders` lists this header. `name` is in lower case.
    pub(in crate::relay) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|trusted| trusted == name)
    }

    pub(in crate::relay) fn check(&self) -> Result<(), ConfigError> {
        for (index, name) in self.0.iter().enumerate() {
            let message = match name.as_str() {
                "x-forwarded-for" => {
                    "the visitor's address has a setting of its own: expected clientIp.trustedHops, the number of your proxies, in place of this entry"
                }
                name if is_of_cloudflare(name) => {
                    "Cloudflare's headers have a setting of their own: expected clientIp.cloudflare in place of this entry"
                }
                name if is_forwarded(name) && normalised(name) == name => continue,
                _ => {
                    "expected the name of a forwarded header that your proxy overwrites, such as \"x-forwarded-proto\", \"x-forwarded-host\" or \"forwarded\""
                }
            };
            return Err(ConfigError::new(format!("trustedHeaders[{index}]"), message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Config;

    #[test]
    fn knows_a_forwarded_header_in_each_spelling_that_a_server_reads_as_the_same() {
        for name in [
            "x-forwarded-host",
            "X-Forwarded-Proto",
            "x_forwarded_host",
            "x.forwarded~host",
            "x-forwarded-anything",
            "forwarded",
            "x-original-url",
            "x-original-host",
            "x-rewrite-url",
            "x-host",
            "x-real-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "proxy",
        ] {
            assert!(is_forwarded(name), "{name}");
        }
        for name in ["host", "cookie", "referer", "origin", "x-requested-with", "x-capi-fbp", "via"]
        {
            assert!(!is_forwarded(name), "{name}");
        }
    }

    #[test]
    fn an_entry_that_no_proxy_could_mean_is_named_by_its_path() {
        let error = |names: &str| {
            let json =
                format!(r#"{{"datasets":["1"],"allowedOrigins":[],"trustedHeaders":{names}}}"#);
            Config::read(&json).map_err(|error| error.to_string()).err().unwrap_or_default()
        };
        assert_eq!(error(r#"["X-Forwarded-Proto", "forwarded", "x-real-ip"]"#), "");
        for (names, path, expected) in [
            (r#"["cookie"]"#, "trustedHeaders[0]", "x-forwarded-proto"),
            (r#"["x_forwarded_host"]"#, "trustedHeaders[0]", "x-forwarded-host"),
            (r#"["forwarded", "x-forwarded-for"]"#, "trustedHeaders[1]", "clientIp.trustedHops"),
            (r#"["cf-connecting-ip"]"#, "trustedHeaders[0]", "clientIp.cloudflare"),
            (r#"["*"]"#, "trustedHeaders[0]", "x-forwarded-proto"),
            ("true", "trustedHeaders", "expected"),
        ] {
            let error = error(names);
            assert!(error.contains(path) && error.contains(expected), "{names}: {error}");
        }
    }
}

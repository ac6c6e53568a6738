//! The headers that have a visitor's address: `clientIp`.

use serde::Deserialize;

use super::Config;
use crate::identifiers::{ClientIpOptions, HopsHeader};

/// The headers that have a visitor's address. Anyone can send a header, so name only those that a
/// proxy of yours writes. The visitor's host and scheme have another setting, `trustedHeaders`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientIp {
    /// True if every request comes through Cloudflare, so that `CF-Connecting-IP` is trusted.
    #[serde(default)]
    pub cloudflare: bool,
    /// The number of your proxies in front of the worker. Each adds the address that it saw to the
    /// header.
    #[serde(default)]
    pub trusted_hops: u8,
    /// The header that those proxies write. Default `x-forwarded-for`.
    #[serde(default)]
    pub hops_header: HopsHeaderName,
}

/// The header that proxies add the address of their client to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopsHeaderName {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

impl Config {
    /// Returns the trusted sources of a visitor's address. If `clientIp` is not set and the host
    /// does not know the peer's address, the host is Cloudflare, and its own header is trusted.
    #[must_use]
    pub fn client_ip_options(&self, peer: Option<&str>) -> ClientIpOptions {
        let set = self
            .client_ip
            .unwrap_or(ClientIp { cloudflare: peer.is_none(), ..ClientIp::default() });
        ClientIpOptions {
            cloudflare: set.cloudflare,
            trusted_hops: set.trusted_hops,
            hops_header: match set.hops_header {
                HopsHeaderName::XForwardedFor => HopsHeader::XForwardedFor,
                HopsHeaderName::Forwarded => HopsHeader::Forwarded,
            },
        }
    }
}

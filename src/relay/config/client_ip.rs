//! The headers that say a visitor's address: `clientIp`.

use serde::Deserialize;

use super::Config;
use crate::identifiers::{ClientIpOptions, HopsHeader};

/// The headers that say a visitor's address. Anyone can send a header: name only those that a proxy of
/// yours writes. The visitor's host and scheme are another setting, `trustedHeaders`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientIp {
    /// Every request comes through Cloudflare: believe `CF-Connecting-IP`.
    #[serde(default)]
    pub cloudflare: bool,
    /// How many proxies of yours stand in front, each adding the address it saw to the header.
    #[serde(default)]
    pub trusted_hops: u8,
    /// The header that they write. Default `x-forwarded-for`.
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
    /// Returns the sources of a visitor's address that are believed. A host that cannot say the address
    /// of a connection is Cloudflare: its own header says it.
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

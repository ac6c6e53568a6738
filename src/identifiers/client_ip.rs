//! Reads the visitor's IP address from headers that only a trusted proxy can have written.

use core::net::{IpAddr, SocketAddr};

use super::public_address::public;

/// The headers to trust. By default none: only the connection's own address counts, because any
/// client can send a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientIpOptions {
    /// True if every request comes through Cloudflare. Cloudflare sets `CF-Connecting-IP`. If the
    /// zone's Pseudo IPv4 overwrites that for IPv6 visitors, it also sets `CF-Connecting-IPv6`.
    ///
    /// Leave it false for a worker that clients can reach directly, because they can send these
    /// headers.
    pub cloudflare: bool,
    /// The number of proxies in front. Each of them appends the address it saw to `hops_header`.
    /// The visitor's address is that many entries from the header's end; with fewer entries there
    /// is none. If 0, the header is not read.
    pub trusted_hops: u8,
    /// The header that these proxies write.
    pub hops_header: HopsHeader,
}

/// The header that proxies add the address of their client to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HopsHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

/// Returns the visitor's public address, or `None` if no trusted source has one.
///
/// The first source that is present decides: Cloudflare's headers, the header of the configured
/// proxies, the connection. [`ClientIpOptions`] says which of them to trust. If Cloudflare sends a
/// pseudo IPv4 address, the visitor's real IPv6 address is returned.
///
/// `header` looks a header up by its lower-case name and joins repeated ones with commas, as the
/// Fetch standard's `Headers.get` does. `peer` is the address of the connection.
///
/// Removes ports, brackets and white space, and converts IPv4 addresses in IPv6 notation to IPv4.
/// Private, shared (100.64/10), loopback, link-local, documentation, multicast and reserved
/// addresses count as none.
///
/// ```
/// use capi_bridge::identifiers::{ClientIpOptions, client_ip};
///
/// let header = |name: &str| (name == "x-forwarded-for").then(|| "10.0.0.1, 8.8.4.4:443".to_owned());
/// let options = ClientIpOptions { trusted_hops: 1, ..Default::default() };
/// assert_eq!(client_ip(&header, Some("10.0.0.9"), &options).unwrap().to_string(), "8.8.4.4");
/// assert_eq!(client_ip(&header, Some("10.0.0.9"), &ClientIpOptions::default()), None);
/// ```
pub fn client_ip(
    header: &dyn Fn(&str) -> Option<String>,
    peer: Option<&str>,
    options: &ClientIpOptions,
) -> Option<IpAddr> {
    // Behind Cloudflare, the connection's own address is Cloudflare's.
    if let Some(connecting) = options.cloudflare.then(|| header("cf-connecting-ip")).flatten() {
        // Cloudflare sets the other header only for a pseudo IPv4 address. Otherwise a client sent
        // it.
        return match address(&connecting)? {
            IpAddr::V4(v4) if v4.octets()[0] >= 240 => visitor(&header("cf-connecting-ipv6")?),
            other => public(other),
        };
    }
    if options.trusted_hops > 0 {
        let hops = match options.hops_header {
            HopsHeader::XForwardedFor => header("x-forwarded-for"),
            HopsHeader::Forwarded => header("forwarded"),
        };
        if let Some(hops) = hops {
            let seen = hops.rsplit(',').nth(usize::from(options.trusted_hops) - 1)?;
            return match options.hops_header {
                HopsHeader::XForwardedFor => visitor(seen),
                HopsHeader::Forwarded => visitor(forwarded_for(seen)?),
            };
        }
    }
    visitor(peer?)
}

/// Returns the `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim_ascii().eq_ignore_ascii_case("for").then(|| value.trim_ascii().trim_matches('"'))
    })
}

fn visitor(text: &str) -> Option<IpAddr> {
    public(address(text)?)
}

/// Parses an address with or without brackets and a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_ascii();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

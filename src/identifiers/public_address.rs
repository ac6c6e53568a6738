//! Checks that an address can be a visitor's: a public unicast address.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the address, as IPv4 if it is IPv4 in IPv6 notation, or `None` if it is not publicly
/// reachable.
///
/// The ranges are IANA's special-purpose registries for IPv4 and IPv6, plus multicast.
pub(super) fn public(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4).then_some(IpAddr::V4(v4)),
        IpAddr::V6(v6) => is_public_v6(v6).then_some(IpAddr::V6(v6)),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || match address.octets() {
            [0, ..] => true,                          // "this network"
            [100, second, ..] => second & 0xc0 == 64, // shared, carrier-grade NAT: 100.64/10
            [192, 0, 0, _] => true,                   // IETF protocol assignments
            [192, 88, 99, _] => true,                 // retired 6to4 relays
            [198, second, ..] => second & 0xfe == 18, // benchmarking: 198.18/15
            [first, ..] => first >= 224, // multicast, reserved, Cloudflare's pseudo IPv4
        })
}

/// Returns true for global unicast, 2000::/3, without the ranges that no visitor has.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, second, ..] => second >= 0x0200 && second != 0x0db8, // protocol assignments, documentation
        [0x2002, high, low, ..] => {
            // 6to4 carries the visitor's IPv4 address.
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        [0x3fff, second, ..] => second >= 0x1000, // documentation: 3fff::/20
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

//! Checks the client IP address that is read from headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use capi_bridge::identifiers::{ClientIpOptions, HopsHeader, client_ip};

/// Reads one header per line: `CF-Connecting-IP`, `CF-Connecting-IPv6`, `X-Forwarded-For` (and
/// `Forwarded`), the connection's own address. An empty line is a missing header.
pub fn any(input: &[u8]) {
    let text = crate::text(input);
    let mut lines = text.splitn(4, '\n').map(|line| (!line.is_empty()).then_some(line));
    let mut line = || lines.next().flatten();
    let (connecting, connecting_v6, hops, peer) = (line(), line(), line(), line());

    let asked = |hops: Option<&str>, options: &ClientIpOptions| {
        let header = |name: &str| {
            match name {
                "cf-connecting-ip" => connecting,
                "cf-connecting-ipv6" => connecting_v6,
                "x-forwarded-for" | "forwarded" => hops,
                other => panic!("asks for {other}"),
            }
            .map(str::to_owned)
        };
        client_ip(&header, peer, options)
    };

    for cloudflare in [false, true] {
        for hops_header in [HopsHeader::XForwardedFor, HopsHeader::Forwarded] {
            for trusted_hops in [0, 1, 2, 255] {
                let options = ClientIpOptions { cloudflare, trusted_hops, hops_header };
                let found = asked(hops, &options);
                if let Some(address) = found {
                    assert!(is_public(address), "{address}");
                }
                // A visitor's own entries come before those of the proxies and change nothing.
                let entries = hops.map_or(0, |hops| hops.split(',').count());
                if entries >= usize::from(trusted_hops)
                    && let Some(hops) = hops
                {
                    let forged = format!("8.8.8.8,for=8.8.8.8, for=\"[2606:4700::1]:80\",{hops}");
                    assert_eq!(asked(Some(&forged), &options), found);
                }
            }
        }
    }
    // By default no header counts.
    let connection = client_ip(&|_| None, peer, &ClientIpOptions::default());
    assert_eq!(asked(hops, &ClientIpOptions::default()), connection);
    // An address in its usual form is read.
    if let Some(address) = peer.and_then(|peer| peer.parse::<IpAddr>().ok()) {
        let canonical = address.to_canonical();
        assert_eq!(connection, is_public(canonical).then_some(canonical));
    }
}

/// Returns true if the address is in none of the ranges of IANA's special-purpose registries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let bits = u32::from(v4);
            !V4.iter().any(|&(network, length)| {
                let network = u32::from(Ipv4Addr::from(network));
                bits >> (32 - length) == network >> (32 - length)
            })
        }
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            let within =
                |network: u128, length: u32| bits >> (128 - length) == network >> (128 - length);
            let embedded = Ipv4Addr::from((bits >> 80) as u32);
            within(u128::from(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0)), 3)
                && !within(u128::from(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0)), 23)
                && !within(u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0)), 32)
                && !within(u128::from(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0)), 20)
                && (!within(u128::from(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0)), 16)
                    || is_public(IpAddr::V4(embedded)))
        }
    }
}

const V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

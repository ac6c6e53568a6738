//! Hosts, and the domains of their cookies.

use capi_bridge::identifiers::CookieDomain;

/// The input is a host; what follows its first line break is what probing is said to have found.
pub fn any(input: &[u8]) {
    let text = crate::text(input);
    let (host, found) = match text.split_once('\n') {
        Some((host, found)) => (host, Some(found)),
        None => (text.as_str(), None),
    };
    let lower = host.to_ascii_lowercase();
    let candidates: Vec<&str> = CookieDomain::candidates(&lower).collect();

    let listed = CookieDomain::of_host(host);
    is_sound(&listed, &candidates);
    is_sound(&CookieDomain::probed(host, found), &candidates);

    // As a browser probes: the first candidate that is no public suffix sticks; a suffix sticks for
    // itself alone (RFC 6265, 5.3).
    let name = lower.split(':').next().unwrap_or_default();
    let sticks = candidates.iter().find(|domain| !is_suffix(domain) || **domain == name);
    let probed = CookieDomain::probed(host, sticks.copied());
    assert_eq!(probed.subdomain_index(), listed.subdomain_index());
    if !is_suffix(name) {
        assert_eq!(probed.attribute(), listed.attribute());
    }

    // Case and port make no difference, and the domain belongs to itself.
    assert_eq!(CookieDomain::of_host(&lower), listed);
    if !host.contains(':') {
        assert_eq!(CookieDomain::of_host(&format!("{host}:8443")), listed);
    }
    if let Some(domain) = listed.attribute() {
        let again = CookieDomain::of_host(domain);
        assert_eq!(again.attribute(), Some(domain));
        assert_eq!(again.subdomain_index(), listed.subdomain_index());
        assert!(!psl2::lookup(domain).is_some_and(|found| found.is_public_suffix()));
    }
}

/// The domain is one that the host may set cookies for, and can stand in a header.
fn is_sound(domain: &CookieDomain, candidates: &[&str]) {
    let Some(attribute) = domain.attribute() else { return };
    assert!(candidates.contains(&attribute), "{attribute:?}");
    assert!(
        attribute
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')),
        "{attribute:?}"
    );
    let labels: Vec<&str> = attribute.split('.').collect();
    assert!(labels.iter().all(|label| (1..=63).contains(&label.len())), "{attribute:?}");
    assert_eq!(domain.subdomain_index() as usize, labels.len() - 1);
    assert!(labels.len() > 1);
}

/// Browsers take the base of a wildcard rule for a suffix, too (`kawasaki.jp` of `*.kawasaki.jp`).
fn is_suffix(domain: &str) -> bool {
    [domain.to_owned(), format!("unlisted.{domain}")]
        .iter()
        .any(|name| psl2::lookup(name).is_some_and(|found| found.is_public_suffix()))
}

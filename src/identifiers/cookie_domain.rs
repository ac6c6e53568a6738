//! Finds the domain that a host's cookies belong to, and its subdomain index.

use super::{
    host::{self, Host},
    pieces::count,
};

/// The domain of a host's cookies. They are shared by all hosts below it, or are for the host
/// alone.
///
/// A browser finds the registrable domain by probing ([`candidates`](Self::candidates), then
/// [`probed`](Self::probed)). An edge worker looks it up in the public suffix list (`of_host`).
/// Both give the same result for the same host.
///
/// ```
/// use capi_bridge::identifiers::CookieDomain;
///
/// let domain = CookieDomain::probed("shop.example.co.uk", Some("example.co.uk"));
/// assert_eq!(domain.attribute(), Some("example.co.uk"));
/// assert_eq!(domain.subdomain_index(), 2);
///
/// let local = CookieDomain::probed("localhost", None);
/// assert_eq!(local.attribute(), None);
/// assert_eq!(local.subdomain_index(), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieDomain {
    /// The host in lower case; empty for an address.
    host: String,
    /// The number of bytes of the host before the shared domain; `None` for a host-only cookie.
    below: Option<usize>,
    subdomain_index: usize,
}

impl CookieDomain {
    /// Returns the domains that a browser may accept for cookies of this host, shortest first.
    ///
    /// Write a short-lived cookie of your own (not `_fbp` or `_fbc`) for each until you can read
    /// one back. Delete it, and pass its domain to [`probed`](Self::probed). A browser refuses
    /// public suffixes, so the first domain that works is the registrable domain. Addresses, single
    /// labels and names with a trailing dot have no candidates, because they only have host-only
    /// cookies. A single label is never a candidate, because no browser accepts it.
    ///
    /// ```
    /// use capi_bridge::identifiers::CookieDomain;
    ///
    /// let domains: Vec<&str> = CookieDomain::candidates("shop.example.co.uk").collect();
    /// assert_eq!(domains, ["co.uk", "example.co.uk", "shop.example.co.uk"]);
    /// assert_eq!(CookieDomain::candidates("127.0.0.1").count(), 0);
    /// ```
    pub fn candidates(host: &str) -> impl Iterator<Item = &str> {
        let host = host::classify(host);
        let name = if host.may_share { host.name } else { "" };
        longer(name, name.len()).skip(1)
    }

    /// Takes the domain that probing found, or `None` if no candidate worked.
    ///
    /// A domain that is not one of the host's candidates counts as none.
    pub fn probed(host: &str, domain: Option<&str>) -> Self {
        let Host { name, may_share } = host::classify(host);
        let host = lower(name);
        let domain = lower(domain.filter(|_| may_share).unwrap_or_default());
        let below = host.len().saturating_sub(domain.len());
        if host.ends_with(&domain) && starts_label(&host, below) && count(&domain, b'.') > 1 {
            Self { host, below: Some(below), subdomain_index: count(&domain, b'.') - 1 }
        } else {
            let subdomain_index = count(&host, b'.') - 1;
            Self { host, below: None, subdomain_index }
        }
    }

    /// Finds the registrable domain in the public suffix list, including its private section (so
    /// `user.github.io` is one).
    ///
    /// Cookies are host-only for addresses, `localhost` and other single labels, names with a
    /// trailing dot, public suffixes themselves, and anything that is no host name. The same holds
    /// for a name in Unicode: URL parsers and `Host` headers give encoded names (`xn--…`).
    ///
    /// ```
    /// use capi_bridge::identifiers::CookieDomain;
    ///
    /// assert_eq!(CookieDomain::of_host("shop.example.co.uk:443").attribute(), Some("example.co.uk"));
    /// assert_eq!(CookieDomain::of_host("a.user.github.io").attribute(), Some("user.github.io"));
    /// assert_eq!(CookieDomain::of_host("[::1]:8787").attribute(), None);
    /// ```
    #[cfg(any(feature = "public-suffix-list", not(target_family = "wasm")))]
    pub fn of_host(host: &str) -> Self {
        let name = host::classify(host).name.to_ascii_lowercase();
        Self::probed(host, psl2::lookup(&name).and_then(|found| found.registrable_domain()))
    }

    /// Returns the `Domain` attribute for cookies of this host, or `None` for host-only cookies.
    pub fn attribute(&self) -> Option<&str> {
        self.host.get(self.below?..)
    }

    /// Returns the second segment of `fbp` and `fbc`: the number of labels of the cookie's domain
    /// minus one. It is 1 for `example.com`, 2 for `example.co.uk`, 0 for `localhost` and
    /// addresses.
    ///
    /// Meta, "ClickID and the fbp and fbc Parameters".
    pub fn subdomain_index(&self) -> u32 {
        self.subdomain_index as u32
    }

    /// Returns the longer domains, up to the host itself. Another writer may have set a cookie of
    /// the same name there.
    pub(super) fn longer(&self) -> impl Iterator<Item = &str> {
        longer(&self.host, self.below.unwrap_or(0))
    }
}

/// Returns the domains of a name that start before byte `end`, shortest first.
fn longer(name: &str, end: usize) -> impl Iterator<Item = &str> {
    (0..end)
        .rev()
        .filter(move |start| starts_label(name, *start))
        .filter_map(move |start| name.get(start..))
}

#[cfg_attr(feature = "browser", inline(never))]
fn starts_label(name: &str, start: usize) -> bool {
    start.checked_sub(1).is_none_or(|dot| name.as_bytes().get(dot) == Some(&b'.'))
}

fn lower(text: &str) -> String {
    let mut lower = String::new();
    lower.push_str(text);
    lower.make_ascii_lowercase();
    lower
}

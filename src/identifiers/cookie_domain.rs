//! The domain that the cookies of a host belong to, and its subdomain index.

use super::{
    host::{self, Host},
    pieces::count,
};

/// Where a host's cookies are kept: shared below its registrable domain, or for the host alone.
///
/// A browser finds the registrable domain by probing ([`candidates`](Self::candidates), then
/// [`probed`](Self::probed)); an edge worker looks it up in the public suffix list
/// (`of_host`). Both give the same for the same host.
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
    /// In lower case; empty for an address.
    host: String,
    /// How many bytes of the host precede the shared domain; `None` for a host-only cookie.
    below: Option<usize>,
    subdomain_index: usize,
}

impl CookieDomain {
    /// The domains that a browser may accept for cookies of this host, shortest first.
    ///
    /// Write a short-lived cookie of your own (not `_fbp` or `_fbc`) for each until one reads
    /// back, delete it, and pass that domain to [`probed`](Self::probed): a browser refuses public
    /// suffixes, so the first that sticks is the registrable domain. None for addresses, single
    /// labels and names with a trailing dot, which only have host-only cookies, and no single
    /// label, which no browser accepts.
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

    /// The domain that probing found; `None` when none of the candidates stuck.
    ///
    /// A domain that is not one of the host's candidates is taken for none.
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

    /// The registrable domain by the public suffix list, its private section included (so
    /// `user.github.io` is one).
    ///
    /// Host-only for addresses, `localhost` and other single labels, names with a trailing dot,
    /// public suffixes themselves, and anything that is no host name. A name in Unicode is host-only,
    /// too: what a URL parser or a `Host` header gives is encoded (`xn--…`) already.
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

    /// The `Domain` attribute for cookies of this host; `None` for host-only cookies.
    pub fn attribute(&self) -> Option<&str> {
        self.host.get(self.below?..)
    }

    /// The number of labels of the cookie's domain minus one, the second segment of `fbp` and
    /// `fbc`: 1 for `example.com`, 2 for `example.co.uk`, 0 for `localhost` and addresses.
    ///
    /// Meta, "ClickID and the fbp and fbc Parameters".
    pub fn subdomain_index(&self) -> u32 {
        self.subdomain_index as u32
    }

    /// The longer domains, up to the host itself, at which another writer may have left a cookie
    /// of the same name.
    pub(super) fn longer(&self) -> impl Iterator<Item = &str> {
        longer(&self.host, self.below.unwrap_or(0))
    }
}

/// The domains of a name that start before byte `end`, shortest first.
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

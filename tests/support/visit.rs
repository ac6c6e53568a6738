//! Page views, the cookies of the browser that makes them, and properties of each page view: for
//! the property tests and for the fuzz targets.

use capi_bridge::identifiers::{CookieDomain, CookieToSet, Fbc, Fbp, Identifiers, Visit};

pub(crate) const NOW: u64 = 1_700_000_000_000;
const MINT: [u8; 4] = [0xff, 2, 3, 4];

/// Returns the cookie domains of the page views: one with shared cookies, one with host-only ones.
pub(crate) fn domains() -> [CookieDomain; 2] {
    [CookieDomain::of_host("a.b.example.co.uk"), CookieDomain::of_host("localhost")]
}

pub(crate) fn visit<'a>(
    url: &'a str,
    referrer: &'a str,
    cookies: &'a str,
    domain: &'a CookieDomain,
) -> Visit<'a> {
    Visit {
        url,
        referrer,
        in_app_click: "",
        cookies,
        domain,
        https: true,
        now_millis: NOW,
        last_written_millis: None,
        mint: Some(MINT),
    }
}

/// The cookies that a browser sends.
#[derive(Clone, Debug)]
pub(crate) struct Jar(pub Vec<(String, String)>);

impl Jar {
    /// Splits a header into pairs as RFC 6265 does. A pair without `=` has no name and is left out.
    pub(crate) fn of(header: &str) -> Self {
        let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (trim(name), trim(value))).collect())
    }

    pub(crate) fn header(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Returns the cookies after a browser has written others. All paths are `/`.
    pub(crate) fn after(&self, written: &[CookieToSet]) -> Self {
        let mut jar = self.clone();
        for cookie in written {
            jar.0.retain(|(name, _)| name != cookie.name());
            if cookie.max_age_seconds() > 0 {
                jar.0.push((cookie.name().to_owned(), cookie.value().to_owned()));
            }
        }
        jar
    }
}

fn trim(text: &str) -> String {
    text.trim_ascii().to_owned()
}

/// Asserts that the same page view, with the written cookies, has the same identifiers and writes
/// no cookie.
pub(crate) fn changes_nothing_when_repeated(visit: &Visit<'_>, first: &Identifiers) {
    let cookies = Jar::of(visit.cookies).after(&first.cookies_to_set).header();
    let again = Visit { cookies: &cookies, last_written_millis: Some(visit.now_millis), ..*visit };
    let second = again.identifiers();
    assert_eq!((&second.fbp, &second.fbc), (&first.fbp, &first.fbc));
    assert!(second.cookies_to_set.is_empty(), "{:?}", second.cookies_to_set);
}

/// Asserts that each identifier parses to itself, and that each written cookie has the identifier
/// that is sent and no other attributes than its own.
pub(crate) fn is_well_formed(visit: &Visit<'_>, found: &Identifiers) {
    if let Some(fbp) = &found.fbp {
        assert_eq!(Fbp::parse(fbp.as_str()).as_ref(), Ok(fbp));
        assert!(is_cookie_value(fbp.as_str()));
    }
    if let Some(fbc) = &found.fbc {
        assert_eq!(Fbc::parse(fbc.as_str()).as_ref(), Ok(fbc));
        assert!(is_cookie_value(fbc.as_str()));
        assert!(fbc.is_fresh(visit.now_millis));
    }
    for cookie in &found.cookies_to_set {
        let sent = match cookie.name() {
            "_fbp" => found.fbp.as_ref().map(Fbp::as_str),
            name => {
                assert_eq!(name, "_fbc");
                found.fbc.as_ref().map(Fbc::as_str)
            }
        };
        let is_deletion = cookie.max_age_seconds() == 0;
        assert_eq!(Some(cookie.value()), if is_deletion { Some("") } else { sent });
        let text = cookie.serialize();
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
        let attributes = 3 + usize::from(cookie.domain().is_some()) + usize::from(visit.https);
        assert_eq!(text.split(';').count(), 1 + attributes, "{text:?}");
        assert!(!is_deletion || visit.domain.attribute().is_some());
    }
}

/// Returns whether all bytes are a `cookie-octet` (RFC 6265, section 4.1.1).
fn is_cookie_value(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
}

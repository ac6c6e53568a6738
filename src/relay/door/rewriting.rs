//! Writes the visitor's cookies again with the answer to a page's events, after the pixel has
//! written them by script.
//!
//! Safari deletes a cookie that a script wrote last after 7 days, and after 24 hours on the page of
//! a click on an ad (WebKit, ITP 2.1 and 2.2). The pixel writes both cookies at every event. A page
//! posts an event after its pixel has run, so the worker's `Set-Cookie` is the last write.

use super::admission::Head;
use super::connection::Connection;
use super::sender::AllowedOrigin;
use crate::identifiers::{CookieDomain, Fbc, Visit};
use crate::relay::config::{Config, RewriteCookies};
use crate::relay::site::{self, RequestAddress, TimeCookie};

/// The cookie with the time at which an answer last carried the identifiers. It is not the cookie of
/// the documents: the pixel of a page writes after its document. The page deletes it together with
/// the identifiers when the visitor withdraws consent (`visitor.ts`).
const REWRITTEN: TimeCookie = TimeCookie { name: "_capi_rewritten", is_http_only: false };
/// The time after a click for which each answer carries the cookies, in milliseconds: the lifetime
/// that Safari gives to a script's cookie on the page of a click. After that, one answer a day does.
const CLICK_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// Returns the `Set-Cookie` headers for the answer to a page, or none if its cookies stay as they
/// are. The values are those in the page's `Cookie` header; the worker makes no new ones.
pub(super) fn cookies(
    config: &Config,
    head: &Head<'_>,
    connection: &Connection,
    origin: &AllowedOrigin,
    now_millis: u64,
) -> Vec<String> {
    let (scheme, host) = origin.as_str().split_once("://").unwrap_or_default();
    let domain = CookieDomain::of_host(host);
    let cookies = (head.header)("cookie").unwrap_or_default();
    let consent = config.documents.consent_cookie.as_ref();
    if config.documents.rewrite_cookies == RewriteCookies::Off
        || connection.privacy_control
        || consent.is_some_and(|consent| !consent.says_yes(&cookies))
        || !is_same_site(config, head, connection, host, &domain)
    {
        return Vec::new();
    }
    let is_of_a_click = Fbc::in_cookies(&cookies, now_millis)
        .is_some_and(|fbc| now_millis.saturating_sub(fbc.creation_millis()) < CLICK_MILLIS);
    let written = REWRITTEN.millis(&cookies, now_millis);
    let visit = Visit {
        url: "",
        referrer: "",
        in_app_click: "",
        cookies: &cookies,
        domain: &domain,
        https: scheme == "https",
        now_millis,
        last_written_millis: Some(if is_of_a_click { 0 } else { written }),
        mint: None,
    };
    site::set_cookies(&visit, &REWRITTEN, |_| true)
}

/// Returns true if the browser keeps the worker's cookies as the page's own: their hosts have one
/// registrable domain, or are one host. A browser says so in `Sec-Fetch-Site`. Older ones do not,
/// and no browser does over plain http.
fn is_same_site(
    config: &Config,
    head: &Head<'_>,
    connection: &Connection,
    page: &str,
    domain: &CookieDomain,
) -> bool {
    if let Some(site) = connection.fetch_site.as_deref() {
        return matches!(site, "same-origin" | "same-site");
    }
    let worker = RequestAddress { url: head.url, header: head.header }.host(config);
    match domain.attribute() {
        Some(shared) => CookieDomain::of_host(&worker).attribute() == Some(shared),
        None => without_port(&worker).eq_ignore_ascii_case(without_port(page)),
    }
}

/// Returns a host without its port. Cookies do not distinguish ports.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

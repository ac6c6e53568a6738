//! Builds the cookies that a document carries.

use super::{DocumentRequest, DocumentResponse};
use crate::identifiers::{CookieDomain, Visit};
use crate::relay::Config;
use crate::relay::site::{self, TimeCookie};

/// The cookie with the time at which a document last carried the identifiers.
///
/// Safari deletes script cookies after 7 days (WebKit, ITP 2.1). It deletes them after 24 hours if
/// the landing page's address had a click id and the link was on a site that Safari classifies as a
/// tracker, as after a click on an ad (ITP 2.2). The pixel writes both identifiers by script on
/// every page, so these limits hold for them until the worker writes them again: with a document a
/// day later, or with the answer to the page's events (`relay/door/rewriting.rs`).
const WRITTEN: TimeCookie = TimeCookie { name: "_capi_written", is_http_only: true };

/// Returns the `Set-Cookie` headers for a visit with consent, or none if there is nothing new.
pub(super) fn cookies(
    config: &Config,
    request: &DocumentRequest<'_>,
    response: &DocumentResponse<'_>,
    now_millis: u64,
    entropy: [u8; 4],
) -> Vec<String> {
    let cookies = request.header("cookie");
    let visit = Visit {
        url: request.url,
        referrer: &request.header("referer"),
        in_app_click: "",
        cookies: &cookies,
        domain: &CookieDomain::of_host(&request.host(config)),
        https: request.scheme(config) == "https",
        now_millis,
        last_written_millis: Some(WRITTEN.millis(&cookies, now_millis)),
        mint: Some(entropy),
    };
    // A cookie of the origin's own has priority.
    site::set_cookies(&visit, &WRITTEN, |cookie| !response.sets(cookie.name()))
}

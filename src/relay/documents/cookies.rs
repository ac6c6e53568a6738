//! Builds the cookies that a document carries.

use super::{DocumentRequest, DocumentResponse};
use crate::identifiers::{CookieDomain, Visit, cookie};
use crate::relay::Config;

/// The cookie with the time at which the edge last wrote the identifiers, in Unix seconds. It is
/// `HttpOnly`, so that no script can shorten its life.
const WRITTEN: &str = "_capi_written";
/// The lifetime of that cookie, in seconds. The edge writes the identifiers again after a day.
///
/// Safari deletes script cookies after 7 days (WebKit, ITP 2.1). It deletes them after 24 hours if
/// the landing page's address had a click id and the link was on a site that Safari classifies as a
/// tracker, as after a click on an ad (ITP 2.2). The pixel writes both identifiers by script on
/// every page, so these limits hold for them until the edge writes them again.
const WRITTEN_LIFETIME_SECONDS: u64 = 24 * 60 * 60;
/// The maximum time by which a clock may be ahead, in seconds.
const CLOCK_SKEW_SECONDS: u64 = 5 * 60;

/// Returns the `Set-Cookie` headers for a visit with consent, or none if there is nothing new.
pub(super) fn cookies(
    config: &Config,
    request: &DocumentRequest<'_>,
    response: &DocumentResponse<'_>,
    now_millis: u64,
    entropy: [u8; 4],
) -> Vec<String> {
    let https = request.scheme(config) == "https";
    let domain = CookieDomain::of_host(&request.host(config));
    let cookies = request.header("cookie");
    let now_seconds = now_millis / 1_000;
    let written = cookie(&cookies, WRITTEN)
        .and_then(|seconds| seconds.parse::<u64>().ok())
        .filter(|seconds| *seconds <= now_seconds.saturating_add(CLOCK_SKEW_SECONDS))
        .unwrap_or(0);
    let visit = Visit {
        url: request.url,
        referrer: &request.header("referer"),
        in_app_click: "",
        cookies: &cookies,
        domain: &domain,
        https,
        now_millis,
        last_written_millis: Some(written.saturating_mul(1_000)),
        mint: Some(entropy),
    };
    let mut lines: Vec<String> = visit
        .identifiers()
        .cookies_to_set
        .iter()
        // A cookie of the origin's own has priority.
        .filter(|cookie| !response.sets(cookie.name()))
        .map(|cookie| cookie.serialize())
        .collect();
    if !lines.is_empty() {
        let domain = domain.attribute().map(|domain| format!("; Domain={domain}"));
        lines.push(format!(
            "{WRITTEN}={now_seconds}; Path=/{}; Max-Age={WRITTEN_LIFETIME_SECONDS}; SameSite=Lax; HttpOnly{}",
            domain.unwrap_or_default(),
            if https { "; Secure" } else { "" },
        ));
    }
    lines
}

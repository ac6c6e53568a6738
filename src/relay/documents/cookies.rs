//! The cookies that a document carries.

use super::{DocumentRequest, DocumentResponse};
use crate::identifiers::{CookieDomain, Visit, cookie};
use crate::relay::Config;

/// How the edge remembers when it last wrote the identifiers: a cookie with that time in Unix
/// seconds and nothing else. No script can read it, so that no script can cut its life short.
const WRITTEN: &str = "_capi_written";
/// Safari keeps what a script wrote for seven days, and the pixel writes on every page: a day later
/// the edge writes again.
const WRITTEN_LIFETIME_SECONDS: u64 = 24 * 60 * 60;
/// A clock may be ahead by so much.
const CLOCK_SKEW_SECONDS: u64 = 5 * 60;

/// `Set-Cookie` headers for a visit that agreed to them; none when there is nothing new.
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
        // What the origin sets itself wins.
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

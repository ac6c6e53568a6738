//! Writes the visitor's cookies, and remembers the time in another cookie.

use crate::identifiers::{CookieToSet, Visit, cookie};

/// The lifetime of the cookie with the time, in seconds. The worker writes the identifiers again
/// after a day.
const TIME_LIFETIME_SECONDS: u64 = 24 * 60 * 60;
/// The maximum time by which a clock may be ahead, in seconds.
const CLOCK_SKEW_SECONDS: u64 = 5 * 60;

/// Returns the time in the cookie `name`, in Unix milliseconds; 0 if the worker has not written the
/// identifiers for a day.
pub(in crate::relay) fn last_written_millis(cookies: &str, name: &str, now_millis: u64) -> u64 {
    let latest = (now_millis / 1_000).saturating_add(CLOCK_SKEW_SECONDS);
    cookie(cookies, name)
        .and_then(|seconds| seconds.parse::<u64>().ok())
        .filter(|seconds| *seconds <= latest)
        .unwrap_or(0)
        .saturating_mul(1_000)
}

/// Returns the `Set-Cookie` headers of a visit, or none if there is nothing to write. `may_set` is
/// false for a cookie that somebody else sets. The cookie `name` gets the time, in Unix seconds. It
/// is `HttpOnly`, so that no script can shorten its life.
pub(in crate::relay) fn set_cookies(
    visit: &Visit<'_>,
    name: &str,
    may_set: impl Fn(&CookieToSet) -> bool,
) -> Vec<String> {
    let cookies = visit.identifiers().cookies_to_set;
    let mut lines: Vec<String> =
        cookies.iter().filter(|cookie| may_set(cookie)).map(CookieToSet::serialize).collect();
    if !lines.is_empty() {
        let domain = visit.domain.attribute().map(|domain| format!("; Domain={domain}"));
        lines.push(format!(
            "{name}={}; Path=/{}; Max-Age={TIME_LIFETIME_SECONDS}; SameSite=Lax; HttpOnly{}",
            visit.now_millis / 1_000,
            domain.unwrap_or_default(),
            if visit.https { "; Secure" } else { "" },
        ));
    }
    lines
}

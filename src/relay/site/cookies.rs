//! Writes the visitor's cookies, and remembers the time in another cookie.

use crate::identifiers::{CookieToSet, Visit, cookie};

/// The lifetime of the cookie with the time, in seconds. The worker writes the identifiers again
/// after a day.
const TIME_LIFETIME_SECONDS: u64 = 24 * 60 * 60;
/// The maximum time by which a clock may be ahead, in seconds.
const CLOCK_SKEW_SECONDS: u64 = 5 * 60;

/// The cookie with the time at which the worker last wrote the identifiers, in Unix seconds.
pub(in crate::relay) struct TimeCookie {
    pub name: &'static str,
    /// True if no script may see it, or shorten its life.
    pub is_http_only: bool,
}

impl TimeCookie {
    /// Returns the time, in Unix milliseconds; 0 if the worker has not written the identifiers for
    /// a day.
    pub(in crate::relay) fn millis(&self, cookies: &str, now_millis: u64) -> u64 {
        let latest = (now_millis / 1_000).saturating_add(CLOCK_SKEW_SECONDS);
        cookie(cookies, self.name)
            .and_then(|seconds| seconds.parse::<u64>().ok())
            .filter(|seconds| *seconds <= latest)
            .unwrap_or(0)
            .saturating_mul(1_000)
    }
}

/// Returns the `Set-Cookie` headers of a visit, with the one of the time, or none if there is
/// nothing to write. `may_set` is false for a cookie that somebody else sets.
pub(in crate::relay) fn set_cookies(
    visit: &Visit<'_>,
    time: &TimeCookie,
    may_set: impl Fn(&CookieToSet) -> bool,
) -> Vec<String> {
    let cookies = visit.identifiers().cookies_to_set;
    let mut lines: Vec<String> =
        cookies.iter().filter(|cookie| may_set(cookie)).map(CookieToSet::serialize).collect();
    if !lines.is_empty() {
        let domain = visit.domain.attribute().map(|domain| format!("; Domain={domain}"));
        lines.push(format!(
            "{}={}; Path=/{}; Max-Age={TIME_LIFETIME_SECONDS}; SameSite=Lax{}{}",
            time.name,
            visit.now_millis / 1_000,
            domain.unwrap_or_default(),
            if time.is_http_only { "; HttpOnly" } else { "" },
            if visit.https { "; Secure" } else { "" },
        ));
    }
    lines
}

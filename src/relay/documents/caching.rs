//! Sets the headers of caches, so that one visitor's cookies never reach another visitor.

use super::{DocumentResponse, HeaderChange};

/// Headers that caches between the worker and the browser obey before `Cache-Control`.
const SHARED_CACHES: [&str; 7] = [
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "vercel-cdn-cache-control",
    "netlify-cdn-cache-control",
    "surrogate-control",
    "edge-control",
    "x-accel-expires",
];

/// Keeps an answer out of shared caches. The browser's own cache may still store it, and the back
/// button may still restore the page. `no-store` would forbid that.
pub(super) fn private(response: &DocumentResponse<'_>, headers: &mut Vec<HeaderChange>) {
    let cache_control = response.header("cache-control");
    let mut kept: Vec<&str> = directives(&cache_control)
        .filter(|directive| {
            let name = directive.split('=').next().unwrap_or_default().trim();
            !["public", "private", "s-maxage", "proxy-revalidate"]
                .iter()
                .any(|shared| name.eq_ignore_ascii_case(shared))
        })
        .collect();
    kept.insert(0, "private");
    headers.push(("cache-control".into(), Some(kept.join(", "))));
    for name in SHARED_CACHES {
        if (response.header)(name).is_some() {
            headers.push((name.into(), None));
        }
    }
}

/// Returns the directives of `Cache-Control`. A comma in quotes separates none.
fn directives(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    })
    .map(str::trim)
    .filter(|directive| !directive.is_empty())
}

//! The page's exports: what [`crate::identifiers`] decides, for the TypeScript beside this file.
//!
//! Every export is synchronous and speaks in strings: each crossing costs microseconds and each
//! binding bytes. Lists are lines, since no identifier, domain or cookie can hold a line break.

#![allow(unsafe_code, reason = "a global allocator is declared by an unsafe trait")]

use wasm_bindgen::prelude::*;

use crate::identifiers::{CookieDomain, EventId, Visit};
use crate::shell::entropy;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// The domains to probe for the widest that keeps cookies, a line each, shortest first.
#[wasm_bindgen(js_name = cookieDomains)]
pub fn cookie_domains(host: &str) -> String {
    lines(CookieDomain::candidates(host))
}

/// The identifiers of this page view: `fbp`, `fbc` (each may be empty), then the cookies to write,
/// a line each.
#[wasm_bindgen]
pub fn identifiers(
    url: &str,
    referrer: &str,
    cookies: &str,
    host: &str,
    probed_domain: Option<String>,
    https: bool,
    now_millis: f64,
) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as saturates, NaN is 0")]
    let now_millis = now_millis as u64;
    let found = Visit {
        url,
        referrer,
        cookies,
        domain: &CookieDomain::probed(host, probed_domain.as_deref()),
        https,
        now_millis,
        last_written_millis: None,
        mint: entropy(),
    }
    .identifiers();
    let fbp = found.fbp.as_ref().map_or("", |fbp| fbp.as_str());
    let fbc = found.fbc.as_ref().map_or("", |fbc| fbc.as_str());
    let mut text = lines([fbp, fbc].into_iter());
    for cookie in &found.cookies_to_set {
        text.push('\n');
        text.push_str(&cookie.serialize());
    }
    text
}

/// An event id: of the order where there is one, else random; empty on a host without a random
/// source.
#[wasm_bindgen(js_name = eventId)]
pub fn event_id(event_name: &str, order_id: Option<String>) -> String {
    let id = match order_id {
        Some(order_id) => Some(EventId::derived(event_name, &order_id)),
        None => entropy().map(EventId::random),
    };
    id.map_or_else(String::new, |id| id.as_str().to_owned())
}

fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for (index, text) in texts.enumerate() {
        if index > 0 {
            joined.push('\n');
        }
        joined.push_str(text);
    }
    joined
}

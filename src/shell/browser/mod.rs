//! The page's exports: what [`crate::identifiers`] decides, for the TypeScript beside this file.
//!
//! Every export is synchronous and speaks in strings: each crossing costs microseconds and each
//! binding bytes. Lists are lines, since no identifier, domain or cookie can hold a line break.

#![allow(unsafe_code, reason = "a global allocator is declared by an unsafe trait")]

use wasm_bindgen::prelude::*;

use crate::identifiers::{CookieDomain, EventId, Visit};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

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
    random: u32,
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
        mint: Some(random.to_le_bytes()),
    }
    .identifiers();
    let fbp = found.fbp.as_ref().map_or("", |fbp| fbp.as_str());
    let fbc = found.fbc.as_ref().map_or("", |fbc| fbc.as_str());
    let mut text = String::from(fbp);
    text.push('\n');
    text.push_str(fbc);
    for cookie in &found.cookies_to_set {
        text.push('\n');
        text.push_str(&cookie.serialize());
    }
    text
}

/// An event id: of the order where there is one, else of 128 random bits.
#[wasm_bindgen(js_name = eventId)]
pub fn event_id(event_name: &str, order_id: Option<String>, a: u32, b: u32, c: u32, d: u32) -> String {
    let id = match order_id {
        Some(order_id) => EventId::derived(event_name, &order_id),
        None => {
            let [a, b, c, d] = [a, b, c, d].map(u32::to_le_bytes);
            let mut random = [0; 16];
            for (to, from) in random.iter_mut().zip([a, b, c, d].as_flattened()) {
                *to = *from;
            }
            EventId::random(random)
        }
    };
    id.as_str().to_owned()
}

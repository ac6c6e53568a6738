//! The page's exports: what [`crate::identifiers`] decides, for the TypeScript beside this file.
//!
//! Every export is synchronous and speaks in strings: each crossing costs microseconds and each
//! binding bytes. Lists are lines, since no identifier, domain or cookie can hold a line break.

#![allow(unsafe_code, reason = "a global allocator is declared by an unsafe trait")]

use wasm_bindgen::prelude::*;

use crate::identifiers::{Cookie, CookieDomain, EventId, Visit, take};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    // SAFETY: a page's module runs on one thread; it is built without shared memory.
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// The identifiers of this page view as lines: the cookies to write, then `fbp`, then `fbc`. Each of
/// the last two may be empty, and so may `domain`, the one that probing found.
#[wasm_bindgen]
pub fn identifiers(page: &str, https: bool, now_millis: f64, random: u32) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as saturates, NaN is 0"
    )]
    let now_millis = now_millis as u64;
    let mut rest = page;
    let mut next = || take(&mut rest, b'\n');
    let mut lines = String::new();
    let visit = Visit {
        url: next(),
        referrer: next(),
        cookies: next(),
        domain: &CookieDomain::probed(next(), Some(next())),
        https,
        now_millis,
        last_written_millis: None,
        mint: Some(random.to_be_bytes()),
    };
    let (mut fbp, mut fbc) = (String::new(), String::new());
    let mut set = |cookie: Cookie<'_>| {
        cookie.write(&mut lines);
        lines.push_str("\n");
    };
    let fbp = visit.fbp(&mut fbp, &mut set);
    let fbc = visit.fbc(&mut fbc, &mut set);
    lines.push_str(fbp);
    lines.push_str("\n");
    lines.push_str(fbc);
    lines
}

/// An event id: of the order where there is one, else of 128 random bits.
#[wasm_bindgen(js_name = eventId)]
pub fn event_id(event_name: &str, order_id: &str, a: u32, b: u32, c: u32, d: u32) -> String {
    let id = if order_id.is_empty() {
        EventId::of_words([a, b, c, d])
    } else {
        EventId::derived(event_name, order_id)
    };
    id.into()
}

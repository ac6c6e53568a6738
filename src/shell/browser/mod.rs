//! The page's exports: what [`crate::identifiers`] decides, for the TypeScript beside this file.
//!
//! Every export is synchronous and speaks in strings: each crossing costs microseconds and each
//! binding bytes. Lists are lines, since no identifier, domain or cookie can hold a line break.

use wasm_bindgen::prelude::*;

use super::millis;
use crate::identifiers::{CookieDomain, EventId, Visit, take};

/// The identifiers of this page view as lines: the cookies to write, then `fbp`, then `fbc`. Each of
/// the last two may be empty, and so may the domain, the one that probing found.
///
/// `page` is lines, too: address, referrer, cookies, host, domain.
#[wasm_bindgen]
pub fn identifiers(page: &str, https: bool, now_millis: f64, random: u32) -> String {
    let mut rest = page;
    let mut next = || take(&mut rest, b'\n');
    Visit {
        url: next(),
        referrer: next(),
        cookies: next(),
        domain: &CookieDomain::probed(next(), Some(next())),
        https,
        now_millis: millis(now_millis),
        last_written_millis: None,
        mint: Some(random.to_be_bytes()),
    }
    .lines()
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

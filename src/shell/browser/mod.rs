//! The page's exports: [`crate::identifiers`] for the TypeScript beside this file.
//!
//! Every export is synchronous and speaks in texts: each crossing costs microseconds and each
//! binding bytes. Lists are lines, since no identifier, domain or cookie can hold a line break.

use super::millis;
use super::wasm::text::{Answer, answer, taken};
use crate::identifiers::{CookieDomain, EventId, Visit, take};
use crate::sha256;

/// The identifiers of this page view as lines: the cookies to write, then `fbp`, then `fbc`. Each of
/// the last two may be empty, and so may the domain, the one that probing found.
///
/// `page` is lines, too: address, referrer, cookies, host, domain, and the click id of the in-app
/// browser, which may be empty.
#[unsafe(no_mangle)]
unsafe extern "C" fn identifiers(
    page: *mut u8,
    page_length: usize,
    https: bool,
    now_millis: f64,
    random: u32,
) -> *const Answer {
    // SAFETY: the page wrote this text where it was told to.
    let page = unsafe { taken(page, page_length) };
    let mut rest = page.as_str();
    let mut next = || take(&mut rest, b'\n');
    answer(
        Visit {
            url: next(),
            referrer: next(),
            cookies: next(),
            domain: &CookieDomain::probed(next(), Some(next())),
            https,
            now_millis: millis(now_millis),
            last_written_millis: None,
            mint: Some(random.to_be_bytes()),
            in_app_click: rest,
        }
        .lines(),
    )
}

/// An event id: of the order where there is one, else of 128 random bits.
#[unsafe(no_mangle)]
unsafe extern "C" fn event_id(
    name: *mut u8,
    name_length: usize,
    order: *mut u8,
    order_length: usize,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
) -> *const Answer {
    // SAFETY: the page wrote these texts where it was told to.
    let (name, order) = unsafe { (taken(name, name_length), taken(order, order_length)) };
    let id = if order.is_empty() {
        EventId::of_words([a, b, c, d])
    } else {
        EventId::derived(&name, &order)
    };
    answer(id.into())
}

/// The SHA-256 of a text in hexadecimal, for the part that hashes customer information.
#[unsafe(no_mangle)]
unsafe extern "C" fn sha256(text: *mut u8, length: usize) -> *const Answer {
    // SAFETY: the page wrote this text where it was told to.
    let text = unsafe { taken(text, length) };
    answer(sha256::hex(&sha256::digest(text.into())))
}

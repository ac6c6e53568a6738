//! The exports for back ends: [`crate::identifiers`] and [`crate::customer`] for the TypeScript
//! beside this file.
//!
//! A list is passed as the lines of one string, which is much cheaper than an array of strings. No
//! identifier, cookie, domain or hash can contain a line break.

use std::cell::RefCell;
use std::collections::HashMap;

use wasm_bindgen::prelude::*;

use super::{entropy, millis};
use crate::customer::{self, Field, Options};
use crate::identifiers::{
    ClientIpOptions, CookieDomain, EventId, Fbp, HopsHeader, Visit, client_ip, take,
};

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Returns the address of a buffer of at least `bytes` bytes. The host writes the input of the next
/// call there, and reads its answer there. The buffer moves only if a call asks for more bytes or
/// an answer is longer. This is many times faster than passing strings.
#[wasm_bindgen]
pub fn input(bytes: usize) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        input.resize(input.len().max(bytes), 0);
        input.as_ptr()
    })
}

/// Runs `read` on the text that the host wrote; on an empty text if that is not UTF-8.
fn with_input<T>(length: usize, read: impl FnOnce(&str) -> T) -> T {
    INPUT.with_borrow(|input| {
        let bytes = input.get(..length).unwrap_or_default();
        read(core::str::from_utf8(bytes).unwrap_or_default())
    })
}

/// Writes an answer over the input. Returns its number of bytes.
fn answer(text: &str) -> usize {
    let bytes = text.as_bytes();
    INPUT.with_borrow_mut(|input| {
        if input.len() < bytes.len() {
            input.resize(bytes.len(), 0);
        }
        input.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    });
    bytes.len()
}

/// Writes the identifiers of a visit as lines: the cookies to write, each as the text of
/// `Set-Cookie`, then `fbp`, then `fbc`. Each of the last two may be empty.
///
/// The first `length` bytes of the input are lines, too: host, address, referrer, cookies. Returns
/// the length of the answer in bytes, as the functions below do.
#[wasm_bindgen]
pub fn identifiers(
    length: usize,
    now_millis: f64,
    last_written_millis: Option<f64>,
    mint: bool,
) -> usize {
    let lines = with_input(length, |mut rest| {
        let mut next = || take(&mut rest, b'\n');
        let (host, url, referrer) = (next(), next(), next());
        // Asking the host for random bits takes as long as the rest.
        let mints = mint && Fbp::in_cookies(rest).is_none();
        with_domain(host, |domain| {
            Visit {
                url,
                referrer,
                in_app_click: "",
                cookies: rest,
                domain,
                https: url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:")),
                now_millis: millis(now_millis),
                last_written_millis: last_written_millis.map(millis),
                mint: if mints { entropy() } else { None },
            }
            .lines()
        })
    });
    answer(&lines)
}

/// Limits the hosts whose cookie domain is cached. A back end has few, but anyone can send requests
/// with invented host names.
const HOSTS: usize = 64;

/// Runs `read` on the cookie domain of a host. Caches it, because finding it costs more than all
/// else.
fn with_domain<T>(host: &str, read: impl FnOnce(&CookieDomain) -> T) -> T {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, CookieDomain>> = RefCell::new(HashMap::new());
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(domain) = known.get(host) {
            return read(domain);
        }
        if known.len() >= HOSTS {
            known.clear();
        }
        read(known.entry(host.to_owned()).or_insert_with(|| CookieDomain::of_host(host)))
    })
}

/// Returns an event id: that of the order where there is one, else one of 128 random bits. With a secret
/// the order's id is keyed. A blank order id names no order.
///
/// # Errors
/// If the secret can be guessed, or on a host without a random source.
#[wasm_bindgen(js_name = eventId)]
pub fn event_id(
    event_name: &str,
    order_id: &str,
    secret: Option<String>,
) -> Result<String, JsError> {
    let keyed = secret.map(|secret| EventId::keyed(event_name, order_id, &secret)).transpose();
    let keyed = keyed.map_err(|reason| JsError::new(&format!("eventId: secret: {reason}")))?;
    Ok(if order_id.trim().is_empty() {
        EventId::random(entropy().ok_or_else(super::no_entropy)?)
    } else {
        keyed.unwrap_or_else(|| EventId::derived(event_name, order_id))
    }
    .into())
}

/// Returns the normalised forms of a value, best first. `field` is a position in [`Field::ALL`].
/// The input is the default country, which may be empty, a line break, and the value.
#[wasm_bindgen]
pub fn normalize(field: usize, length: usize, this_year: Option<u16>) -> Vec<String> {
    with_value(field, length, this_year, |field, value, options| {
        let forms = customer::normalize(field, value, options).ok();
        forms.iter().flatten().map(|form| form.as_str().to_owned()).collect()
    })
}

/// Writes the hashes to send for a value as lines, best first; nothing if there are none. The input
/// is that of [`normalize`].
#[wasm_bindgen]
pub fn hash(field: usize, length: usize, this_year: Option<u16>) -> usize {
    let lines = with_value(field, length, this_year, |field, value, options| {
        let mut hashes = customer::hash(field, value, options).unwrap_or_default();
        if hashes.len() == 1 {
            return hashes.pop().map(String::from).unwrap_or_default();
        }
        let mut lines = String::with_capacity(hashes.len() * 65);
        for hash in &hashes {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(hash.as_str());
        }
        lines
    });
    answer(&lines)
}

/// Writes what is wrong with a value or its default country: a code, a tab, a sentence. Writes
/// nothing if all is right. The input is that of [`normalize`].
#[wasm_bindgen]
pub fn problem(field: usize, length: usize, this_year: Option<u16>) -> usize {
    let why: String = with_value(field, length, this_year, |field, value, options| {
        customer::problem(field, value, options)
            .map(|reason| format!("{}\t{}", reason.code(), reason.text()))
            .unwrap_or_default()
    });
    answer(&why)
}

fn with_value<T: Default>(
    field: usize,
    length: usize,
    this_year: Option<u16>,
    read: impl FnOnce(Field, &str, &Options<'_>) -> T,
) -> T {
    let Some(&field) = Field::ALL.get(field) else { return T::default() };
    with_input(length, |mut value| {
        let country = take(&mut value, b'\n');
        let default_country = Some(country).filter(|country| !country.is_empty());
        read(field, value, &Options { default_country, this_year })
    })
}

/// Returns the visitor's public address from the trusted headers, else from the connection.
#[wasm_bindgen(js_name = clientIp)]
pub fn client_ip_of(
    connecting_ip: Option<String>,
    connecting_ipv6: Option<String>,
    hops: Option<String>,
    peer: Option<String>,
    cloudflare: bool,
    trusted_hops: u8,
    forwarded: bool,
) -> Option<String> {
    let hops_header = if forwarded { HopsHeader::Forwarded } else { HopsHeader::XForwardedFor };
    let header = |name: &str| match name {
        "cf-connecting-ip" => connecting_ip.clone(),
        "cf-connecting-ipv6" => connecting_ipv6.clone(),
        _ => hops.clone(),
    };
    let options = ClientIpOptions { cloudflare, trusted_hops, hops_header };
    client_ip(&header, peer.as_deref(), &options).map(|address| address.to_string())
}

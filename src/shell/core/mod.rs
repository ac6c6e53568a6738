//! The exports for back ends: what [`crate::identifiers`] and [`crate::customer`] make of the values
//! that the TypeScript beside this file passes in.
//!
//! Lists are lines, since no identifier, cookie, domain or hash can hold a line break: one string is
//! much cheaper to hand over than an array of them.

use wasm_bindgen::prelude::*;

use super::{entropy, millis};
use crate::customer::{self, Field, Hashed, Options};
use crate::identifiers::{
    ClientIpOptions, CookieDomain, EventId, HopsHeader, Visit, client_ip, take,
};

/// The identifiers of a visit as lines: the cookies to write, each as the text of `Set-Cookie`, then
/// `fbp`, then `fbc`. Each of the last two may be empty.
///
/// `visit` is lines, too: address, referrer, cookies, host.
#[wasm_bindgen]
pub fn identifiers(
    visit: &str,
    now_millis: f64,
    last_written_millis: Option<f64>,
    mint: bool,
) -> String {
    let mut rest = visit;
    let mut next = || take(&mut rest, b'\n');
    let url = next();
    Visit {
        url,
        referrer: next(),
        cookies: next(),
        domain: &CookieDomain::of_host(next()),
        https: url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:")),
        now_millis: millis(now_millis),
        last_written_millis: last_written_millis.map(millis),
        mint: if mint { entropy() } else { None },
    }
    .lines()
}

/// An event id: of the order where there is one, else of 128 random bits.
///
/// # Errors
/// On a host without a random source.
#[wasm_bindgen(js_name = eventId)]
pub fn event_id(event_name: &str, order_id: &str) -> Result<String, JsError> {
    Ok(if order_id.is_empty() {
        EventId::random(entropy().ok_or_else(super::no_entropy)?)
    } else {
        EventId::derived(event_name, order_id)
    }
    .into())
}

/// The forms of a value before they are hashed, best first. `field` is its place in Meta's table, as
/// [`Field::ALL`] has it: a number is cheaper to hand over than a key.
#[wasm_bindgen]
pub fn normalize(field: usize, value: &str, country: &str, this_year: Option<u16>) -> Vec<String> {
    let forms = field_of(field)
        .and_then(|field| customer::normalize(field, value, &options(country, this_year)).ok());
    forms.iter().flatten().map(|form| form.as_str().to_owned()).collect()
}

/// The hashes to send for a value as lines, best first; empty when there is nothing to send.
#[wasm_bindgen]
pub fn hash(field: usize, value: &str, country: &str, this_year: Option<u16>) -> String {
    let hashes = field_of(field)
        .and_then(|field| customer::hash(field, value, &options(country, this_year)).ok())
        .unwrap_or_default();
    hashes.iter().map(Hashed::as_str).collect::<Vec<_>>().join("\n")
}

/// Why there is nothing to send for a value: a code, a tab, a sentence. `None` when there is.
#[wasm_bindgen]
pub fn problem(field: usize, value: &str, country: &str, this_year: Option<u16>) -> Option<String> {
    let reason = customer::hash(field_of(field)?, value, &options(country, this_year)).err()?;
    Some(format!("{}\t{}", reason.code(), reason.text()))
}

fn field_of(place: usize) -> Option<Field> {
    Field::ALL.get(place).copied()
}

fn options(country: &str, this_year: Option<u16>) -> Options<'_> {
    Options {
        default_country: Some(country).filter(|country| !country.is_empty()),
        this_year,
        ..Options::default()
    }
}

/// The visitor's public address out of the headers that are trusted, else of the connection.
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

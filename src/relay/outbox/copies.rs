//! Merges two copies of one event: decides which fields of the second copy the first copy gets.
//!
//! A page's copy arrives first and has the browser's data. A server's copy has the same name and
//! id, arrives a moment later and has the customer's data. Anyone can forge a page's copy. So a
//! page's copy only adds fields that the server's copy lacks, and only with proof that both copies
//! are of the same visitor.

use serde_json::{Map, Value};

use crate::event::Trust;
use crate::relay::config::MAX_EVENT_BYTES;

/// The fields of Meta's Limited Data Use. They are copied together.
const DATA_PROCESSING: [&str; 3] =
    ["data_processing_options", "data_processing_options_country", "data_processing_options_state"];
/// The customer information that a page may add to a server's event.
const OF_BROWSER: [&str; 4] = ["fbp", "fbc", "client_ip_address", "client_user_agent"];
/// The fields of an order that a page may never add to a server's event.
const OF_ORDER: [&str; 3] = ["value", "currency", "order_id"];

/// The result of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Together {
    /// The merged event, in JSON.
    Event(String),
    /// The first copy, unchanged. The second copy adds nothing, or may not add anything.
    First,
}

/// Merges a copy of the same trust into the copy that waits. A page's copy needs proof that it is
/// of the same visitor.
#[must_use]
pub fn same_trust(trust: Trust, first: &str, second: &str) -> Together {
    let Some((mut all, second)) = both(first, second) else { return Together::First };
    if trust == Trust::Page && !is_proved(&all, &second) {
        return Together::First;
    }
    let mut is_changed = limit(&mut all, &second);
    is_changed |= add(&mut all, &second, "user_data", |_| true);
    let currency = |event: &Map<String, Value>| event.get("custom_data")?.get("currency").cloned();
    // A value has no meaning with another currency.
    let own = currency(&all);
    let is_same_money = own.is_none() || own == currency(&second);
    is_changed |= add(&mut all, &second, "custom_data", |key| key != "value" || is_same_money);
    written(is_changed, all)
}

/// Merges a page's copy into a server's copy: adds the fields that a page may add.
#[must_use]
pub fn server_with_page(server: &str, page: &str) -> Together {
    let Some((mut all, page)) = both(server, page) else { return Together::First };
    if !is_proved(&all, &page) {
        return Together::First;
    }
    let mut is_changed = add(&mut all, &page, "user_data", |key| OF_BROWSER.contains(&key));
    is_changed |= add(&mut all, &page, "custom_data", |key| !OF_ORDER.contains(&key));
    if !all.contains_key("event_source_url")
        && let Some(url) = page.get("event_source_url")
    {
        all.insert("event_source_url".to_owned(), url.clone());
        is_changed = true;
    }
    // The page's limits on data use also apply to the fields that it added.
    if is_changed {
        limit(&mut all, &page);
    }
    written(is_changed, all)
}

/// Returns true if a server's copy has customer information or custom data that the page's copy
/// lacks or contradicts, or if nothing proves that both are of the same visitor. Fields of the
/// browser do not count. Meta already has the page's copy.
#[must_use]
pub fn says_more(page: &str, server: &str) -> bool {
    let Some((page, server)) = both(page, server) else { return true };
    if !is_proved(&page, &server) {
        return true;
    }
    let differs = |part: &str, counts: &dyn Fn(&str) -> bool| {
        let Some(Value::Object(new)) = server.get(part) else { return false };
        let old = page.get(part).and_then(Value::as_object);
        new.iter().any(|(key, value)| {
            counts(key) && !old.and_then(|old| old.get(key)).is_some_and(|old| is_same(old, value))
        })
    };
    differs("user_data", &|key| !OF_BROWSER.contains(&key)) || differs("custom_data", &|_| true)
}

/// Returns both copies as JSON objects; `None` if they are not the same event.
fn both(first: &str, second: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let object = |event: &str| match serde_json::from_str(event) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    };
    let (first, second) = (object(first)?, object(second)?);
    let is_same = ["event_name", "event_id"].iter().all(|key| first.get(*key) == second.get(*key));
    is_same.then_some((first, second))
}

/// Returns true if both copies are of the same visitor: they have the same `fbp`, the same IP
/// address, or an event id that cannot be guessed. A user agent is no proof, because many visitors
/// share it.
fn is_proved(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let of = |event: &Map<String, Value>, key: &str| {
        event.get("user_data")?.get(key).filter(|value| !value.is_null()).cloned()
    };
    let is_same = |key| of(one, key).is_some_and(|value| of(other, key) == Some(value));
    is_same("fbp") || is_same("client_ip_address") || is_unguessable(one, other)
}

/// Returns true if the event id cannot be guessed. It is a random UUID (RFC 9562, version 4), or
/// 128 random bits if neither copy has an order id. With an order id, 32 hexadecimal digits may be
/// a hash of the order number.
fn is_unguessable(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let Some(id) = one.get("event_id").and_then(Value::as_str) else { return false };
    let has_order = |event: &Map<String, Value>| {
        let order = event.get("custom_data").and_then(|data| data.get("order_id"));
        order.is_some_and(|order| !order.is_null())
    };
    is_random_uuid(id) || !has_order(one) && !has_order(other) && is_random(id)
}

/// Returns true for a random UUID: version 4.
pub(super) fn is_random_uuid(id: &str) -> bool {
    let dashes: Vec<usize> = id.match_indices('-').map(|(at, _)| at).collect();
    let digits: Vec<char> = id.chars().filter(|letter| *letter != '-').collect();
    dashes == [8, 13, 18, 23]
        && digits.len() == 32
        && digits.iter().all(char::is_ascii_hexdigit)
        && digits.get(12) == Some(&'4')
        && is_mixed(&digits)
}

/// Returns true for 32 hexadecimal digits, or for at least 22 base64url characters with lower-case
/// letters, upper-case letters and digits. Both need at least eight different characters.
pub(super) fn is_random(id: &str) -> bool {
    let digits: Vec<char> = id.chars().collect();
    let is_hex = digits.len() == 32 && digits.iter().all(char::is_ascii_hexdigit);
    let is_base64 = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let has = |kind: fn(&char) -> bool| digits.iter().any(kind);
    let is_of_all_kinds = digits.len() >= 22
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_digit);
    is_mixed(&digits) && (is_hex || is_base64 && is_of_all_kinds)
}

/// Returns true if the text has at least eight different characters, as random text of this length
/// has.
fn is_mixed(characters: &[char]) -> bool {
    let mut kinds = characters.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len() >= 8
}

/// Returns true if two values are equal. A number may be written as text.
fn is_same(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    one == other || number(one).is_some_and(|value| number(other) == Some(value))
}

/// Adds the members of one object that the first copy lacks, if `may_add` allows them. Returns true
/// if it added any.
fn add(
    first: &mut Map<String, Value>,
    second: &Map<String, Value>,
    object: &str,
    may_add: impl Fn(&str) -> bool,
) -> bool {
    let Some(Value::Object(more)) = second.get(object) else { return false };
    let own = first.entry(object).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(own) = own else { return false };
    let mut is_changed = false;
    for (key, value) in more {
        if !own.contains_key(key) && may_add(key) {
            own.insert(key.clone(), value.clone());
            is_changed = true;
        }
    }
    is_changed
}

/// Copies limits on data use: Limited Data Use and `opt_out`. Returns true if it copied any.
fn limit(first: &mut Map<String, Value>, second: &Map<String, Value>) -> bool {
    let limits = |event: &Map<String, Value>| {
        event.get(DATA_PROCESSING[0]).and_then(Value::as_array).is_some_and(|all| !all.is_empty())
    };
    let opts_out = |event: &Map<String, Value>| event.get("opt_out") == Some(&Value::Bool(true));
    let mut is_changed = false;
    if limits(second) && !limits(first) {
        for key in DATA_PROCESSING {
            if let Some(value) = second.get(key) {
                first.insert(key.to_owned(), value.clone());
            }
        }
        is_changed = true;
    }
    if opts_out(second) && !opts_out(first) {
        first.insert("opt_out".to_owned(), true.into());
        is_changed = true;
    }
    is_changed
}

/// Returns the merged event in JSON. The first copy stays if nothing was added or the merged event
/// is too large.
fn written(is_changed: bool, event: Map<String, Value>) -> Together {
    if !is_changed {
        return Together::First;
    }
    let json = Value::Object(event).to_string();
    if json.len() > MAX_EVENT_BYTES { Together::First } else { Together::Event(json) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifiers::EventId;
    use serde_json::json;

    const RANDOM: &str = "0f8e1c3a5b7d9e2f4a6c8b0d1e3f5a79";

    fn event(id: &str, more: Value) -> String {
        let mut event = json!({ "event_name": "Purchase", "event_id": id });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    }

    fn read(together: Together) -> Option<Value> {
        let Together::Event(event) = together else { return None };
        let mut event: Map<String, Value> = serde_json::from_str(&event).unwrap();
        event.retain(|key, _| !["event_name", "event_id"].contains(&key.as_str()));
        Some(event.into())
    }

    #[test]
    fn a_page_adds_the_browser_to_a_servers_order_and_nothing_else() {
        let server = json!({
            "user_data": { "em": ["h"], "fbp": "fb.1.1.1" },
            "custom_data": { "value": 499, "currency": "EUR", "order_id": "1500" },
        });
        let page = json!({
            "user_data": { "fbp": "fb.1.1.1", "fbc": "fb.1.2.c", "client_ip_address": "8.8.8.8",
                "client_user_agent": "M", "ph": ["forged"], "external_id": ["forged"] },
            "custom_data": { "value": 0.01, "currency": "USD", "order_id": "9", "num_items": 2 },
            "event_source_url": "https://shop.example/", "action_source": "website",
        });
        let expected = json!({
            "user_data": { "em": ["h"], "fbp": "fb.1.1.1", "fbc": "fb.1.2.c",
                "client_ip_address": "8.8.8.8", "client_user_agent": "M" },
            "custom_data": { "value": 499, "currency": "EUR", "order_id": "1500", "num_items": 2 },
            "event_source_url": "https://shop.example/",
        });
        let together = server_with_page(&event("1500", server), &event("1500", page));
        assert_eq!(read(together), Some(expected));
    }

    #[test]
    fn without_proof_a_page_adds_nothing() {
        let server = json!({ "user_data": { "client_user_agent": "M" }, "custom_data": { "order_id": "1500" } });
        let page =
            json!({ "user_data": { "fbc": "x", "client_user_agent": "M" }, "opt_out": true });
        let derived = EventId::derived("Purchase", "1500");
        // The last one is md5("1500").
        let hash = "4e2545f819e67f0615003dd7e04a6087";
        for id in ["1500", "order-1500", derived.as_str(), "00000000000000000000000000001500", hash]
        {
            let [server, page] = [&server, &page].map(|more| event(id, more.clone()));
            assert_eq!(server_with_page(&server, &page), Together::First, "{id}");
        }
    }

    #[test]
    fn the_proof_is_an_fbp_an_address_or_an_id_that_nobody_guesses() {
        let uuid = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
        let base64 = "Xk3_vQ8mZ0aBcD-eFgH1iJ";
        for (id, user_data) in [
            ("1", json!({ "fbp": "fb.1.1.1" })),
            ("1", json!({ "client_ip_address": "8.8.8.8" })),
            (RANDOM, json!({})),
            (uuid, json!({})),
            (base64, json!({})),
        ] {
            let mut more = user_data.clone();
            more["fbc"] = "c".into();
            let server = event(id, json!({ "user_data": user_data }));
            let page = event(id, json!({ "user_data": more.clone(), "opt_out": true }));
            let together = read(server_with_page(&server, &page));
            assert_eq!(together, Some(json!({ "user_data": more, "opt_out": true })), "{id}");
        }
    }

    #[test]
    fn another_visitor_with_the_same_order_adds_nothing_to_a_pages_event() {
        let first = event("1", json!({ "user_data": { "fbp": "fb.1.1.1" } }));
        let other = event("1", json!({ "user_data": { "fbp": "fb.1.1.2", "em": ["h"] } }));
        assert_eq!(same_trust(Trust::Page, &first, &other), Together::First);
        let same = event("1", json!({ "user_data": { "fbp": "fb.1.1.1", "em": ["h"] } }));
        let together = read(same_trust(Trust::Page, &first, &same));
        assert_eq!(together.unwrap()["user_data"]["em"], json!(["h"]));
    }

    #[test]
    fn a_second_servers_copy_adds_what_the_first_lacks() {
        let of = |first: Value, second: Value| {
            read(same_trust(Trust::Server, &event("1", first), &event("1", second)))
        };
        let euros = json!({ "custom_data": { "value": 7, "currency": "EUR" } });
        assert_eq!(of(json!({}), euros.clone()), Some(euros.clone()));
        let currency = |code| json!({ "custom_data": { "currency": code } });
        assert_eq!(of(currency("EUR"), euros.clone()), Some(euros.clone()));
        assert_eq!(of(currency("USD"), euros), None);
        let limited = json!({
            "data_processing_options": ["LDU"], "data_processing_options_country": 0,
            "data_processing_options_state": 0, "opt_out": true,
        });
        assert_eq!(of(json!({}), limited.clone()), Some(limited.clone()));
        let none = json!({ "data_processing_options": [], "opt_out": false });
        assert_eq!(of(none.clone(), limited.clone()), Some(limited.clone()));
        assert_eq!(of(limited, none), None);
    }

    #[test]
    fn another_event_and_what_grows_too_large_add_nothing() {
        let other = r#"{"event_name":"Lead","event_id":"1","user_data":{"em":["h"]}}"#;
        let first = event("1", json!({}));
        assert_eq!(same_trust(Trust::Server, &first, other), Together::First);
        assert_eq!(same_trust(Trust::Server, "{", other), Together::First);
        let long = "x".repeat(40_000);
        let half = |key: &str| event("1", json!({ "custom_data": { key: long } }));
        assert_eq!(same_trust(Trust::Server, &half("a"), &half("b")), Together::First);
    }

    #[test]
    fn a_servers_copy_says_more_when_it_knows_the_customer_or_another_value() {
        let page = event(
            RANDOM,
            json!({
                "user_data": { "fbp": "p", "em": ["h"] },
                "custom_data": { "value": 59.9, "currency": "EUR" },
            }),
        );
        let says = |more: Value| says_more(&page, &event(RANDOM, more));
        assert!(!says(json!({})));
        assert!(!says(json!({ "user_data": { "em": ["h"], "client_user_agent": "M" } })));
        assert!(!says(json!({ "custom_data": { "value": "59.90", "currency": "EUR" } })));
        assert!(says(json!({ "user_data": { "em": ["other"] } })));
        assert!(says(json!({ "user_data": { "ph": ["h"] } })));
        assert!(says(json!({ "custom_data": { "value": 60 } })));
        assert!(says(json!({ "custom_data": { "order_id": "1" } })));
        // Without proof that both are the same visitor's, the server's copy counts for itself.
        let guessable = event("1", json!({ "user_data": { "fbp": "p" } }));
        assert!(says_more(&guessable, &event("1", json!({ "user_data": { "fbp": "other" } }))));
        assert!(!says_more(&guessable, &guessable));
    }
}

//! Two copies of one event: same name, same event id.
//!
//! The page's copy arrives at once and knows the browser. The back end's copy arrives later and knows the
//! customer. Anyone can post as a page, so a page's copy may only add to a server's copy, and only with proof
//! that both mean the same visitor.

use serde_json::{Map, Value};

use crate::relay::config::MAX_EVENT_BYTES;

/// Limited data use: the three fields are set together or not at all.
const DATA_PROCESSING: [&str; 3] =
    ["data_processing_options", "data_processing_options_country", "data_processing_options_state"];

/// Customer information that a page may add to a server's event: facts of the browser, nothing about the person.
const ADDED_BY_PAGES: [&str; 4] = ["fbp", "fbc", "client_ip_address", "client_user_agent"];

/// Custom data that a page may not add to a server's event: the order and its worth.
const SERVERS_ONLY: [&str; 3] = ["value", "currency", "order_id"];

/// Merges a second copy into the first. Both are JSON as the outbox keeps it, and have the same trust. The first
/// copy keeps its own values; a limit on the use of the data that either copy sets holds for both. Returns `None`
/// when there is nothing to add, or when they are not the same event.
#[must_use]
pub fn with_second_copy(first: &str, second: &str) -> Option<String> {
    let (mut all, second) = (object(first)?, object(second)?);
    if !is_same_event(&all, &second) {
        return None;
    }
    let mut changed = limit(&mut all, &second);
    changed |= add(&mut all, &second, "user_data", |_| true);
    let currencies =
        [&all, &second].map(|event| event.get("custom_data")?.get("currency").cloned());
    let [own, other] = currencies;
    // A value is worth nothing in another currency.
    let same_money = own.is_none() || own == other;
    changed |= add(&mut all, &second, "custom_data", |key| key != "value" || same_money);
    written(all, changed)
}

/// Merges a second copy of a page into the first copy of a page, as [`with_second_copy`] does, if both are of the
/// same visitor. Two visitors can name the same order; neither may add to the other's event.
#[must_use]
pub fn with_second_page_copy(first: &str, second: &str) -> Option<String> {
    is_same_visitor(&object(first)?, &object(second)?)
        .then(|| with_second_copy(first, second))
        .flatten()
}

/// Merges a page's copy into a server's copy. The server's values stay. With proof that both mean the same visitor,
/// the page adds browser facts, its address and custom data that the server did not set, and its limits on the use
/// of the data. Returns `None` when there is nothing to add, or when they are not the same event.
#[must_use]
pub fn with_page_copy(server: &str, page: &str) -> Option<String> {
    let (mut all, page) = (object(server)?, object(page)?);
    if !is_same_event(&all, &page) || !is_same_visitor(&all, &page) {
        return None;
    }
    let mut changed = limit(&mut all, &page);
    changed |= add(&mut all, &page, "user_data", |key| ADDED_BY_PAGES.contains(&key));
    changed |= add(&mut all, &page, "custom_data", |key| !SERVERS_ONLY.contains(&key));
    if let Some(url) = page.get("event_source_url")
        && !all.contains_key("event_source_url")
    {
        all.insert("event_source_url".to_owned(), url.clone());
        changed = true;
    }
    written(all, changed)
}

/// Returns the server's copy that takes the place of a page's copy in the outbox, with what [`with_page_copy`] adds.
/// Returns `None` when they are not the same event.
#[must_use]
pub fn in_place_of_page(page: &str, server: &str) -> Option<String> {
    if !is_same_event(&object(page)?, &object(server)?) {
        return None;
    }
    Some(with_page_copy(server, page).unwrap_or_else(|| server.to_owned()))
}

fn is_same_event(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    ["event_name", "event_id"].iter().all(|key| one.get(*key) == other.get(*key))
}

/// Whether something proves that two copies are of the same visitor: the same browser id, the same address, or an
/// event id that cannot be guessed. A user agent is no proof: a few popular ones fit most visitors.
fn is_same_visitor(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let equal = |key: &str| {
        let [one, other] = [one, other].map(|event| event.get("user_data")?.get(key)?.as_str());
        one.is_some() && one == other
    };
    let id = one.get("event_id").and_then(Value::as_str).unwrap_or_default();
    equal("fbp") || equal("client_ip_address") || is_random_uuid(id)
}

/// Whether an id is a UUID of version 4 (RFC 9562), which has 122 random bits. An id of 32 hexadecimal digits may
/// be the hash of an order number, so its form proves nothing.
fn is_random_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Writes a merged event. Returns `None` when it did not change or became too large.
fn written(event: Map<String, Value>, changed: bool) -> Option<String> {
    let event = changed.then(|| Value::Object(event).to_string())?;
    (event.len() <= MAX_EVENT_BYTES).then_some(event)
}

/// Adds the fields that one object of the first copy lacks and `may_add` allows.
fn add(
    first: &mut Map<String, Value>,
    second: &Map<String, Value>,
    object: &str,
    may_add: impl Fn(&str) -> bool,
) -> bool {
    let Some(Value::Object(more)) = second.get(object) else { return false };
    if first.get(object).is_none() && !more.keys().any(|key| may_add(key)) {
        return false;
    }
    let own = first.entry(object).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(own) = own else { return false };
    let mut added = false;
    for (key, value) in more {
        if !own.contains_key(key) && may_add(key) {
            own.insert(key.clone(), value.clone());
            added = true;
        }
    }
    added
}

/// Adds the limits on the use of the data that only the second copy sets.
fn limit(first: &mut Map<String, Value>, second: &Map<String, Value>) -> bool {
    let limits = |event: &Map<String, Value>| {
        event.get(DATA_PROCESSING[0]).and_then(Value::as_array).is_some_and(|all| !all.is_empty())
    };
    let opts_out = |event: &Map<String, Value>| event.get("opt_out") == Some(&Value::Bool(true));
    let mut changed = false;
    if limits(second) && !limits(first) {
        for key in DATA_PROCESSING {
            if let Some(value) = second.get(key) {
                first.insert(key.to_owned(), value.clone());
            }
        }
        changed = true;
    }
    if opts_out(second) && !opts_out(first) {
        first.insert("opt_out".to_owned(), true.into());
        changed = true;
    }
    changed
}

fn object(event: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(event) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn together(first: Value, second: Value) -> Option<Value> {
        let event = |more: Value| {
            let mut event = json!({ "event_name": "Purchase", "event_id": "1" });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event
        };
        let [first, second] = [first, second].map(|more| event(more).to_string());
        let all = with_second_copy(&first, &second)?;
        let mut all = object(&all).unwrap();
        all.retain(|key, _| !["event_name", "event_id"].contains(&key.as_str()));
        Some(all.into())
    }

    #[test]
    fn the_back_ends_customer_goes_along_with_the_pages_copy() {
        let page = json!({
            "user_data": { "fbp": "fb.1.1.1", "client_ip_address": "8.8.8.8" },
            "custom_data": { "value": 5, "currency": "EUR" }, "action_source": "website",
        });
        let back_end = json!({
            "user_data": { "em": ["h"], "client_ip_address": "8.8.4.4" },
            "custom_data": { "value": 7, "currency": "EUR", "order_id": "1" },
            "action_source": "system_generated", "event_time": 5,
        });
        let expected = json!({
            "user_data": { "fbp": "fb.1.1.1", "client_ip_address": "8.8.8.8", "em": ["h"] },
            "custom_data": { "value": 5, "currency": "EUR", "order_id": "1" }, "action_source": "website",
        });
        assert_eq!(together(page, back_end), Some(expected));
    }

    #[test]
    fn a_value_is_taken_with_its_currency_or_not_at_all() {
        let euros = json!({ "custom_data": { "value": 7, "currency": "EUR" } });
        assert_eq!(together(json!({}), euros.clone()), Some(euros.clone()));
        let currency = |code| json!({ "custom_data": { "currency": code } });
        assert_eq!(together(currency("EUR"), euros.clone()), Some(euros.clone()));
        assert_eq!(together(currency("USD"), euros), None);
    }

    #[test]
    fn a_limit_that_either_sets_holds() {
        let limited = json!({
            "data_processing_options": ["LDU"], "data_processing_options_country": 0,
            "data_processing_options_state": 0, "opt_out": true,
        });
        assert_eq!(together(json!({}), limited.clone()), Some(limited.clone()));
        let none = json!({ "data_processing_options": [], "opt_out": false });
        assert_eq!(together(none.clone(), limited.clone()), Some(limited.clone()));
        assert_eq!(together(limited, none), None);
    }

    #[test]
    fn another_event_and_what_grows_too_large_add_nothing() {
        let other = r#"{"event_name":"Lead","event_id":"1","user_data":{"em":["h"]}}"#;
        assert_eq!(with_second_copy(r#"{"event_name":"Purchase","event_id":"1"}"#, other), None);
        assert_eq!(with_second_copy("{", other), None);
        let long = "x".repeat(40_000);
        let half = |key: &str| json!({ "custom_data": { key: long } });
        assert_eq!(together(half("a"), half("b")), None);
    }

    /// A server's order, and a page's copy of it with these facts of its visitor.
    fn server_and_page(server: Value, page: Value) -> [String; 2] {
        let event = |customer: Value, custom: Value| {
            json!({
                "event_name": "Purchase", "event_id": "order-1500", "user_data": customer, "custom_data": custom,
            })
        };
        let mut page = event(
            page,
            json!({ "value": 0.01, "currency": "USD", "order_id": "x", "content_ids": ["a"] }),
        );
        page["event_source_url"] = json!("https://shop.example/thanks");
        page["opt_out"] = json!(true);
        [event(server, json!({ "currency": "EUR" })).to_string(), page.to_string()]
    }

    #[test]
    fn a_page_without_proof_adds_nothing_to_a_servers_event() {
        let agent = json!("Mozilla/5.0");
        for (known, said) in [
            (
                json!({ "em": ["h"] }),
                json!({ "fbp": "fb.1.1.1", "client_ip_address": "8.8.8.8", "ph": ["p"] }),
            ),
            (json!({ "fbp": "fb.1.1.1" }), json!({ "fbp": "fb.1.1.2", "fbc": "fb.1.1.c" })),
            (
                json!({ "client_user_agent": agent }),
                json!({ "client_user_agent": agent, "fbc": "fb.1.1.c" }),
            ),
            (
                json!({ "em": ["h"], "external_id": ["1"] }),
                json!({ "em": ["h"], "external_id": ["1"] }),
            ),
            (json!({ "fbp": null }), json!({ "fbp": null })),
        ] {
            let [server, page] = server_and_page(known, said);
            assert_eq!(with_page_copy(&server, &page), None);
            assert_eq!(in_place_of_page(&page, &server), Some(server));
        }
    }

    #[test]
    fn a_page_with_proof_adds_facts_of_the_browser_and_its_limits() {
        let [server, page] = server_and_page(
            json!({ "fbp": "fb.1.1.1", "em": ["h"] }),
            json!({ "fbp": "fb.1.1.1", "fbc": "fb.1.1.c", "client_ip_address": "8.8.8.8", "em": ["x"], "ph": ["p"] }),
        );
        let expected = json!({
            "event_name": "Purchase", "event_id": "order-1500", "opt_out": true,
            "event_source_url": "https://shop.example/thanks",
            "user_data": { "fbp": "fb.1.1.1", "fbc": "fb.1.1.c", "client_ip_address": "8.8.8.8", "em": ["h"] },
            "custom_data": { "currency": "EUR", "content_ids": ["a"] },
        });
        let merged: Value = serde_json::from_str(&with_page_copy(&server, &page).unwrap()).unwrap();
        assert_eq!(merged, expected);
        assert_eq!(in_place_of_page(&page, &server), with_page_copy(&server, &page));
    }

    #[test]
    fn an_id_is_proof_only_if_it_cannot_be_guessed() {
        let merges = |id: &str| {
            let copy = |customer: Value| {
                json!({ "event_name": "Purchase", "event_id": id, "user_data": customer })
                    .to_string()
            };
            with_page_copy(&copy(json!({})), &copy(json!({ "fbp": "fb.1.1.1" }))).is_some()
        };
        assert!(merges("9f1c3a52-6b7e-4d0f-8a21-5c3e7d9b0f46"));
        // A name-based UUID (version 5), a hash of an order number, an order number.
        for id in
            ["9f1c3a52-6b7e-5d0f-8a21-5c3e7d9b0f46", "6e4c78d82a753cc5ca23e87024551922", "1500"]
        {
            assert!(!merges(id), "{id}");
        }
    }

    #[test]
    fn pages_of_two_visitors_add_nothing_to_each_other() {
        let copy = |customer: Value| {
            json!({ "event_name": "Purchase", "event_id": "order-1500", "user_data": customer })
                .to_string()
        };
        let first = copy(json!({ "fbp": "fb.1.1.1" }));
        assert_eq!(
            with_second_page_copy(&first, &copy(json!({ "fbp": "fb.1.1.2", "ph": ["p"] }))),
            None
        );
        assert!(
            with_second_page_copy(&first, &copy(json!({ "fbp": "fb.1.1.1", "ph": ["p"] })))
                .is_some()
        );
    }

    #[test]
    fn a_server_does_not_take_the_place_of_another_event() {
        let other = r#"{"event_name":"Lead","event_id":"order-1500"}"#;
        let [server, _] = server_and_page(json!({}), json!({}));
        assert_eq!(in_place_of_page(other, &server), None);
    }
}

//! A second copy of an event that still waits: what it knows more goes along with the first.
//!
//! A page's copy is there at once and knows little; the back end's comes a moment later, under the same
//! name and id, and knows the customer. Only one of them goes to Meta.

use serde_json::{Map, Value};

use crate::relay::config::MAX_EVENT_BYTES;

/// Limited data use, which is said by all three or not at all.
const DATA_PROCESSING: [&str; 3] =
    ["data_processing_options", "data_processing_options_country", "data_processing_options_state"];

/// The first copy with what only the second knows of the customer and of what it was about, each JSON as
/// the outbox keeps it. What the first says itself stays; a limit that either sets on the use of the data
/// holds for both. `None` when there is nothing to add, or they are not the same event.
#[must_use]
pub fn with_second_copy(first: &str, second: &str) -> Option<String> {
    let (mut all, second) = (object(first)?, object(second)?);
    if ["event_name", "event_id"].iter().any(|key| all.get(*key) != second.get(*key)) {
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
    let all = changed.then(|| Value::Object(all).to_string())?;
    (all.len() <= MAX_EVENT_BYTES).then_some(all)
}

/// Adds what the first lacks in one of its objects, as far as it may be added.
fn add(
    first: &mut Map<String, Value>,
    second: &Map<String, Value>,
    object: &str,
    may_add: impl Fn(&str) -> bool,
) -> bool {
    let Some(Value::Object(more)) = second.get(object) else { return false };
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
}

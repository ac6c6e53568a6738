//! What is found wrong in a pair.

use capi_bridge::sandbox::Request;
use serde_json::{Value, json};

use crate::meta::*;

fn browser() -> Value {
    json!({
        "event_name": "Purchase",
        "event_time_millis": EVENT_TIME * 1000,
        "event_id": "ord-1001",
        "fbp": FBP,
        "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123",
        "url": "https://shop.example.com/thanks?o=1001",
        "client_user_agent": "Mozilla/5.0 ...",
        "user_data": { "em": HASH_OF_JANE },
        "custom_data": { "value": "123.45", "currency": "EUR", "order_id": "1001" }
    })
}

fn check(browser: &Value, server: &Value) -> Value {
    let body = json!({ "browser": browser, "server": server }).to_string();
    let answer = Meta::new().call(Request {
        method: "POST",
        path: "/api/check-pair",
        body: body.as_bytes(),
        ..Request::default()
    });
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    json_of(&answer)
}

/// Asserts that a change of the browser's and of the server's copy is found in this field.
#[track_caller]
fn assert_found(changes: (Value, Value), field: &str, severity: &str, part: &str) {
    let change = |event: &mut Value, changes: Value| {
        for (pointer, value) in changes.as_object().unwrap() {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = event.pointer_mut(parent).unwrap();
            if value.is_null() {
                parent.as_object_mut().unwrap().remove(key);
            } else {
                parent[key] = value.clone();
            }
        }
    };
    let (mut browser, mut server) = (browser(), purchase());
    change(&mut browser, changes.0);
    change(&mut server, changes.1);
    let answer = check(&browser, &server);
    let findings = answer["findings"].as_array().unwrap();
    let is_found = findings.iter().any(|finding| {
        finding["field"] == field
            && finding["severity"] == severity
            && finding["message"].as_str().unwrap().contains(part)
            && !finding["fix"].as_str().unwrap().is_empty()
    });
    assert!(is_found, "{field}, {severity}, {part}: {answer}");
}

#[test]
fn nothing_is_found_in_a_good_pair() {
    let answer = check(&browser(), &purchase());
    assert_eq!(answer, json!({ "merged": true, "findings": [] }));
}

#[test]
fn a_pair_that_differs_is_not_merged() {
    let mut other = purchase();
    other["event_id"] = json!("ord-1002");
    assert_eq!(check(&browser(), &other)["merged"], false);
    assert_eq!(check(&browser(), &Value::Null)["merged"], false);
    assert_eq!(check(&Value::Null, &purchase())["merged"], false);
}

#[test]
fn names_and_ids() {
    let none = json!({});
    assert_found((json!({"/event_id": null}), none.clone()), "event_id", "warning", "browser's");
    assert_found(
        (
            json!({"/event_id": null, "/fbp": null}),
            json!({"/event_id": null, "/user_data/fbp": null}),
        ),
        "event_id",
        "error",
        "Neither",
    );
    assert_found((none.clone(), json!({"/event_id": "x"})), "event_id", "error", "differ");
    assert_found(
        (none.clone(), json!({"/event_id": null, "/custom_data/event_id": "ord-1001"})),
        "event_id",
        "error",
        "custom_data",
    );
    assert_found(
        (json!({"/event_name": "purchase"}), none),
        "event_name",
        "error",
        "case-sensitive",
    );
}

#[test]
fn times() {
    let none = json!({});
    let later = json!({"/event_time_millis": (EVENT_TIME - 3 * DAY_SECONDS) * 1000});
    assert_found((later, none.clone()), "event_time", "error", "48 hours");
    let earlier = json!({"/event_time": EVENT_TIME - 8 * DAY_SECONDS});
    assert_found((none.clone(), earlier), "event_time", "error", "older than 7 days");
    let two_hours = json!({"/event_time_millis": (EVENT_TIME - 7200) * 1000});
    assert_found((two_hours, none), "event_time", "warning", "120 minutes");
}

#[test]
fn browser_identifiers() {
    let none = json!({});
    let seconds = json!({"/user_data/fbc": "fb.1.1789990000.IwAR2AbC_dEf-123"});
    assert_found((none.clone(), seconds), "fbc", "error", "seconds");
    let other = json!({"/user_data/fbc": "fb.1.1789990000000.IwOther"});
    assert_found((none.clone(), other), "fbc", "error", "differ");
    let landed = json!({"/url": "https://shop.example.com/thanks?fbclid=IwNEW"});
    assert_found((landed, none.clone()), "fbc", "error", "another click id");
    let other = json!({"/user_data/fbp": "fb.1.1789990000001.5"});
    assert_found((none.clone(), other), "fbp", "error", "different browser ids");
    let wrong = json!({"/user_data/fbp": "1073741823"});
    assert_found((none.clone(), wrong), "fbp", "error", "form");
    assert_found((none, json!({"/user_data/fbp": null})), "fbp", "warning", "Only the browser");
}

#[test]
fn customer_information() {
    let none = json!({});
    for (key, value, part) in [
        // SHA-256 of "Jane@Example.com ", computed by another program.
        (
            "em",
            "9b2f954d121374f096f8a91ddc8f5a0bd9d1c9c6c16f265e6664add5b3aa63a3",
            "different hashes",
        ),
        ("em", "jane@example.com", "not hashed"),
        ("em", "9e26471d35a78862c17e467d87cddedf", "MD5"),
        ("em", "8C87B489CE35CF2E2F39F80E282CB2E804932A56A213983EEEB428407D43B52D", "capitals"),
        ("em", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "empty"),
        // SHA-256 of "US".
        ("country", "9b202ecbc6d45c6d8901d989a918878397a3eb9d00e8f48022fc051b19d21a1d", "capitals"),
    ] {
        let server = json!({ format!("/user_data/{key}"): value });
        assert_found((none.clone(), server), &format!("user_data.{key}"), "error", part);
    }
    let ids = (json!({"/user_data/external_id": "a"}), json!({"/user_data/external_id": "b"}));
    assert_found(ids, "user_data.external_id", "error", "different external ids");
}

#[test]
fn orders_and_addresses() {
    let none = json!({});
    let found = |server: Value, field: &str, severity: &str, part: &str| {
        assert_found((none.clone(), server), field, severity, part);
    };
    found(json!({"/custom_data/value": 1}), "custom_data.value", "error", "differ");
    found(json!({"/custom_data/currency": "USD"}), "custom_data.currency", "error", "differ");
    found(json!({"/custom_data/currency": null}), "custom_data.currency", "error", "rejects");
    found(json!({"/custom_data/order_id": "7"}), "custom_data.order_id", "warning", "differ");
    found(
        json!({"/event_source_url": "https://other.example/"}),
        "event_source_url",
        "error",
        "hosts",
    );
    found(
        json!({"/data_processing_options": ["LDU"]}),
        "data_processing_options",
        "error",
        "limits",
    );
    let personal =
        json!({"/event_source_url": "https://shop.example.com/thanks?mail=a%40b.example"});
    found(personal, "event_source_url", "error", "personal data");
    let browser = json!({"/custom_data/currency": null});
    assert_found((browser, none.clone()), "custom_data.currency", "error", "no currency");
}

#[test]
fn stored_events_have_their_findings() {
    let mut meta = Meta::new();
    meta.browser("id=1234567890&ev=Purchase&eid=ord-1001&cd[value]=1&cd[currency]=EUR");
    meta.server(purchase());
    let findings = meta.show("")["events"][0]["findings"].clone();
    assert!(findings.as_array().unwrap().iter().any(|one| one["field"] == "custom_data.value"));
}

#[test]
fn a_body_that_is_none_is_named() {
    for body in ["", "[]", r#"{"browser":1}"#, r#"{"sever":{}}"#] {
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/api/check-pair",
            body: body.as_bytes(),
            ..Request::default()
        });
        assert_eq!(answer.status, 400, "{body}");
    }
}

//! The pixel's endpoint.

use capi_bridge::sandbox::Request;
use serde_json::{Value, json};

use crate::meta::*;

const HIT: &str = "id=1234567890&ev=Purchase&eid=ord-1001&dl=https%3A%2F%2Fshop.example%2Fthanks&rl=https%3A%2F%2Fa.example\
    &ts=1790000009000&fbp=fb.1.1789990000000.1073741823&fbc=fb.1.1789990000000.Test-Click_1\
    &cd%5Bvalue%5D=59.9&cd[currency]=EUR&cd[my%20key]=a+b\
    &cd[contents]=%5B%7B%22id%22%3A%22SKU-1%22%7D%5D&cd[odd]=%7Bno+json\
    &ud[em]=8c87&udff[em]=other&udff[ph]=bb2f&dpo=LDU&dpoco=1&dpost=1000";

fn expected() -> Value {
    json!({
        "received_at_millis": NOW_MILLIS,
        "event_time_millis": 1_790_000_009_000_u64,
        "event_id": "ord-1001",
        "fbp": "fb.1.1789990000000.1073741823",
        "fbc": "fb.1.1789990000000.Test-Click_1",
        "url": "https://shop.example/thanks",
        "referrer": "https://a.example",
        "client_ip_address": "127.0.0.1",
        "client_user_agent": "Mozilla/5.0",
        "data_processing_options": ["LDU"],
        "user_data": { "em": "8c87", "ph": "bb2f" },
        "custom_data": {
            "value": "59.9", "currency": "EUR", "my key": "a b", "contents": [{ "id": "SKU-1" }], "odd": "{no json"
        },
        "copies": 1
    })
}

#[test]
fn reads_its_parameters_from_query_or_form() {
    for (method, path, query, body) in [
        ("GET", "/tr", HIT, ""),
        ("GET", "/tr/", HIT, ""),
        ("POST", "/tr", "", HIT),
        ("POST", "/tr/", "id=1", HIT),
    ] {
        let mut meta = Meta::new();
        let answer = meta.call(Request {
            method,
            path,
            query,
            body: body.as_bytes(),
            user_agent: Some("Mozilla/5.0"),
            client_ip: Some("127.0.0.1"),
            ..Request::default()
        });
        assert_eq!(answer.status, 200);
        let event = &meta.show("")["events"][0];
        assert_eq!(event["browser"], expected(), "{method} {path}");
        assert_eq!(
            (&event["dataset_id"], &event["event_name"]),
            (&json!("1234567890"), &json!("Purchase"))
        );
    }
}

#[test]
fn answers_an_image_that_nothing_caches() {
    let answer =
        Meta::new().call(Request { method: "GET", path: "/tr", query: HIT, ..Request::default() });
    assert_eq!(answer.content_type, "image/gif");
    assert!(answer.body.starts_with(b"GIF89a\x01\x00\x01\x00"));
    assert!(header(&answer, "cache-control").unwrap().contains("no-store"));
}

#[test]
fn says_which_parameter_is_missing_and_stores_nothing() {
    for (query, missing) in [
        ("", "id: "),
        ("ev=Lead", "id: "),
        ("id=a&ev=Lead", "id: "),
        ("id=1", "ev: "),
        ("id=1&ev=", "ev: "),
    ] {
        let mut meta = Meta::new();
        let answer = meta.call(Request { method: "GET", path: "/tr", query, ..Request::default() });
        assert_eq!(answer.status, 400);
        assert!(
            json_of(&answer)["error"]["message"].as_str().unwrap().starts_with(missing),
            "{query:?}"
        );
        assert_eq!(meta.counts()["browser"], 0);
    }
}

#[test]
fn survives_percent_signs_and_bytes_that_are_no_text() {
    let mut meta = Meta::new();
    meta.browser("id=1&ev=%zz%&cd[%ff]=%ff&cd[=1&cd]=2&ts=soon&eid=%00");
    assert_eq!(meta.show("")["events"][0]["event_name"], "%zz%");
}

//! A request is stored in at most four times the bytes that were received and 64 KiB (finding A2).

use capi_bridge::relay::Intake;
use serde_json::{Value, json};

use crate::taking::{ENTROPY, KEY, ORIGIN, config, problem_codes, sent};

fn stored(intake: &Intake) -> usize {
    // On disk a key of eight bytes takes the place of event name and id.
    let names: usize = intake.events.iter().map(|one| one.key.len()).sum();
    let parcel = intake.parcel.as_ref().map_or(0, |parcel| parcel.encode().len());
    parcel + 8 * intake.events.len() - names
}

fn received(headers: &[(&str, &str)], body: &str) -> usize {
    body.len() + headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}

/// A thousand events that say nothing themselves.
fn thousand(event: &Value, beside: Value) -> String {
    let mut body = json!({ "data": vec![event; 1_000] });
    body.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
    body.to_string()
}

#[test]
fn a_small_request_with_long_headers_stays_small_on_disk() {
    let query = format!("https://shop.example/?q={}", "x".repeat(14_000));
    let path = format!("https://shop.example/{}", "x".repeat(14_000));
    let click = format!("_fbc=fb.1.1789999000000.{}", "c".repeat(480));
    let long_cookie = format!("_fbp=fb.1.1789999000000.1.{}", "p".repeat(3_000));
    let agent = "a".repeat(14_000);
    let body = thousand(&json!({ "event_name": "Lead" }), json!({}));
    for (name, value) in [
        ("referer", &query),
        ("referer", &path),
        ("cookie", &click),
        ("cookie", &long_cookie),
        ("user-agent", &agent),
    ] {
        let headers = [("origin", ORIGIN), ("referer", "https://shop.example/"), (name, value)];
        let headers = if name == "referer" { &[headers[0], headers[2]][..] } else { &headers[..] };
        let intake = sent(&config(&json!({})), headers, body.as_bytes(), ENTROPY).unwrap();
        let most = 4 * received(headers, &body) + 64 * 1024;
        assert!(stored(&intake) <= most, "{name}: {} of {most}", stored(&intake));
        assert!(intake.events.len() > 990, "{name}: {}", intake.events.len());
        for one in &intake.events {
            assert!(one.event.len() < 4_000, "{name}: {}", one.event.len());
        }
    }
}

#[test]
fn a_long_referer_keeps_its_origin_and_path() {
    let referer = format!("https://shop.example/thanks?q={}#x", "x".repeat(3_000));
    let headers = [("origin", ORIGIN), ("referer", referer.as_str())];
    let body = json!({ "data": [{ "event_name": "Lead" }] }).to_string();
    let intake = sent(&config(&json!({})), &headers, body.as_bytes(), ENTROPY).unwrap();
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["event_source_url"], "https://shop.example/thanks");
}

#[test]
fn what_stands_beside_a_servers_events_counts_for_each_of_them() {
    let event = json!({ "event_name": "Lead", "action_source": "email", "user_data": { "em": "a@b.example" } });
    let body = thousand(&event, json!({ "test_event_code": "T".repeat(20_000) }));
    let authorization = format!("Bearer {KEY}");
    let headers = [("authorization", authorization.as_str())];
    let intake = sent(&config(&json!({})), &headers, body.as_bytes(), ENTROPY).unwrap();
    assert!(stored(&intake) <= 4 * received(&headers, &body) + 64 * 1024);
}

#[test]
fn a_thousand_ordinary_events_at_once_are_all_accepted() {
    let server = json!({
        "event_name": "Purchase", "event_time": 1_789_999_990, "event_id": "order-100001",
        "action_source": "website", "event_source_url": "https://shop.example/thanks?order=100001",
        "user_data": {
            "em": "jane.doe@example.com", "ph": "+49 151 12345678", "fn": "Jane", "ln": "Doe", "ct": "Berlin",
            "st": "BE", "zp": "10115", "country": "de", "db": "1990-12-31", "ge": "f", "external_id": "user-100001",
            "client_ip_address": "8.8.4.4", "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
        "custom_data": { "value": 59.9, "currency": "EUR", "order_id": "100001", "content_ids": ["SKU-1"] },
    });
    let page = json!({
        "event_name": "ViewContent", "event_time": 1_789_999_990, "event_id": "6e4c78d82a753cc5ca23e87024551922",
        "event_source_url": "https://shop.example/products/a-shirt?color=blue",
        "user_data": { "fbp": "fb.1.1596403881668.1116446470" },
        "custom_data": { "content_ids": ["SKU-1"], "content_type": "product" },
    });
    let authorization = format!("Bearer {KEY}");
    let agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
    for (event, headers) in [
        (server, vec![("authorization", authorization.as_str())]),
        (
            page,
            vec![("origin", ORIGIN), ("user-agent", agent), ("referer", "https://shop.example/")],
        ),
    ] {
        let changes = json!({ "maxBodyBytes": 1_048_576 });
        let body = thousand(&event, json!({}));
        let intake = sent(&config(&changes), &headers, body.as_bytes(), ENTROPY).unwrap();
        assert_eq!(intake.events.len(), 1_000, "{:?}", problem_codes(&intake).first());
    }
}

#[test]
fn the_orders_of_a_request_are_remembered_as_far_as_its_bytes_allow() {
    let event = json!({ "event_name": "Lead", "custom_data": { "order_id": "1001" } });
    let agent = "a".repeat(1_000);
    let headers =
        [("origin", ORIGIN), ("referer", "https://shop.example/"), ("user-agent", &agent)];
    for (many, are_all_remembered) in [(10, true), (1_000, false)] {
        let body = json!({ "data": vec![&event; many] }).to_string();
        let intake = sent(&config(&json!({})), &headers, body.as_bytes(), ENTROPY).unwrap();
        assert_eq!(intake.events.len(), many, "an order that is not remembered costs no event");
        let remembered = intake.events.iter().filter(|one| one.order.is_some()).count();
        assert_eq!(remembered == many, are_all_remembered, "{remembered} of {many}");
    }
}

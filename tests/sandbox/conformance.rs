//! The conformance suite's cases of deduplication and of event errors.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::meta::*;

#[derive(Deserialize)]
struct Suite {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    input: Value,
    expected: Value,
}

fn cases(text: &str) -> Vec<Case> {
    serde_json::from_str::<Suite>(text).unwrap().cases
}

/// Sends the browser's copy as the pixel does.
fn browser(meta: &mut Meta, copy: &Value) {
    let mut query = format!(
        "id={}&ev={}",
        copy["dataset_id"].as_str().unwrap(),
        copy["event_name"].as_str().unwrap()
    );
    for (key, parameter) in
        [("event_id", "eid"), ("fbp", "fbp"), ("external_id", "ud[external_id]")]
    {
        if let Some(value) = copy[key].as_str() {
            query += &format!("&{parameter}={value}");
        }
    }
    meta.browser(&query);
}

/// Sends the server's copy.
fn server(meta: &mut Meta, copy: &Value) {
    let mut event = json!({
        "event_name": copy["event_name"], "event_time": meta.now_millis / 1000, "action_source": "website",
        "event_source_url": "https://shop.example.com/",
        "user_data": { "client_user_agent": "Mozilla/5.0", "client_ip_address": "8.8.4.4" },
        "custom_data": { "value": 5, "currency": "EUR" }
    });
    if copy["event_id"].is_string() {
        event["event_id"] = copy["event_id"].clone();
    }
    for key in ["fbp", "external_id"] {
        if copy[key].is_string() {
            event["user_data"][key] = copy[key].clone();
        }
    }
    let path = format!("/v26.0/{}/events", copy["dataset_id"].as_str().unwrap());
    let (status, answer) = meta.post_to(&path, &json!({ "data": [event] }));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn merges_the_copies_that_the_suite_says_are_one_event() {
    let cases = cases(include_str!("../../conformance/deduplication.json"));
    assert!(cases.len() >= 25);
    for Case { name, input, expected } in cases {
        let mut meta = Meta::new();
        let seconds = |side: &str| input[side]["received_seconds"].as_u64().unwrap();
        let (first, second) = (seconds("browser"), seconds("server"));
        if first <= second {
            browser(&mut meta, &input["browser"]);
            meta.later((second - first) * 1000);
            server(&mut meta, &input["server"]);
        } else {
            server(&mut meta, &input["server"]);
            meta.later((first - second) * 1000);
            browser(&mut meta, &input["browser"]);
        }
        let merged = meta.counts()["merged"] == 1;
        assert_eq!(json!({ "merged": merged }), expected, "{name}");
    }
}

#[test]
fn accepts_the_events_that_the_suite_says_meta_accepts() {
    let cases = cases(include_str!("../../conformance/event-errors.json"));
    assert!(cases.len() >= 24);
    for Case { name, input, expected } in cases {
        let mut meta = Meta::new();
        meta.now_millis = input["nowSeconds"].as_u64().unwrap() * 1000;
        let (status, answer) = meta.post(&json!({ "data": [input["event"]] }));
        assert_eq!(json!(status == 200), expected["accepted"], "{name}: {answer}");
        if expected["subcode"].is_u64() {
            assert_eq!(answer["error"]["error_subcode"], expected["subcode"], "{name}: {answer}");
        }
    }
}

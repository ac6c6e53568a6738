//! What the relay keeps to, whatever it is sent.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use capi_bridge::relay::{Config, Connection, Intake, Verdict, from_page, verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW_MILLIS: u64 = 1_790_000_000_000;
const ORIGIN: &str = "https://shop.example";

fn config() -> Config {
    Config::read(r#"{"datasets":["1234567890"],"allowedOrigins":["https://shop.example"]}"#)
        .unwrap()
}

fn take(body: &[u8], entropy: &mut dyn FnMut() -> Option<[u8; 16]>) -> Option<Intake> {
    let header = |name: &str| (name == "origin").then(|| ORIGIN.to_owned());
    let config = config();
    let connection = Connection::read(&config, &header, Some("8.8.4.4"), NOW_MILLIS);
    from_page(&config, &connection, body, NOW_MILLIS, entropy)
}

fn taken(body: &Value) -> Intake {
    take(body.to_string().as_bytes(), &mut || Some([7; 16])).unwrap()
}

fn purchase() -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": 1_789_999_990,
        "event_source_url": "https://shop.example/thanks",
        "custom_data": { "value": "59.90", "currency": "EUR", "order_id": 1001 },
    })
}

#[test]
fn an_event_without_an_id_gets_that_of_its_order() {
    let intake = taken(&json!({ "data": [purchase()] }));
    // SHA-256 of "Purchase:1001", its first 32 hexadecimal characters, by sha256sum.
    assert_eq!(intake.events[0].key, "Purchase\n6e4c78d82a753cc5ca23e87024551922");
}

#[test]
fn a_price_in_text_goes_out_as_a_number() {
    let intake = taken(&json!({ "data": [purchase()] }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["custom_data"]["value"], json!(59.9));
}

#[test]
fn without_entropy_nothing_is_taken() {
    let body = json!({ "data": [purchase()] }).to_string();
    assert!(take(body.as_bytes(), &mut || None).is_none());
}

#[test]
fn limited_data_use_goes_along() {
    let mut event = purchase();
    event["data_processing_options"] = json!(["LDU"]);
    event["data_processing_options_country"] = json!(1);
    event["data_processing_options_state"] = json!(1000);
    let intake = taken(&json!({ "data": [event] }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["data_processing_options"], json!(["LDU"]));
    assert_eq!(event["data_processing_options_country"], json!(1));
    assert_eq!(event["data_processing_options_state"], json!(1000));
}

#[test]
fn a_page_cannot_set_what_only_a_server_knows() {
    let mut event = purchase();
    event["action_source"] = json!("physical_store");
    event["access_token"] = json!("forged");
    event["user_data"] = json!({
        "client_ip_address": "198.51.100.66", "client_user_agent": "Forged", "lead_id": 7, "subscription_id": "x",
    });
    let intake =
        taken(&json!({ "data": [event], "access_token": "forged", "test_event_code": "TEST1" }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["action_source"], "website");
    assert_eq!(event["user_data"], json!({ "client_ip_address": "8.8.4.4" }));
    assert!(!intake.events[0].event.contains("forged"));
}

/// Any JSON, with the names that the relay reads more likely than others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "fb\\.[0-9]\\.[0-9]{1,20}\\.[a-zA-Z0-9_.-]{0,20}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        3 => prop::sample::select(vec![
            "data", "dataset_id", "event_name", "event_time", "event_id", "event_source_url", "user_data",
            "custom_data", "em", "ph", "db", "fbp", "fbc", "value", "currency", "contents", "id", "order_id",
            "data_processing_options", "opt_out",
        ]).prop_map(str::to_owned),
        1 => ".{0,10}".prop_map(|text| text),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let intake = take(&body, &mut || Some([7; 16])).unwrap();
        prop_assert!(matches!(intake.answer.status, 202 | 400));
    }

    #[test]
    fn any_json_gets_an_answer_that_names_each_fault(body in any_json()) {
        let intake = taken(&body);
        prop_assert!(matches!(intake.answer.status, 202 | 400));
        prop_assert_eq!(intake.answer.body["events_received"].as_u64(), Some(intake.events.len() as u64));
        if intake.answer.status == 400 {
            let problem = &intake.answer.body["problems"][0];
            prop_assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()));
        }
    }

    #[test]
    fn any_event_gets_an_answer_and_what_is_kept_is_json(event in any_json()) {
        let intake = taken(&json!({ "data": [event, purchase()] }));
        prop_assert_eq!(intake.answer.status, 202);
        for accepted in &intake.events {
            prop_assert!(serde_json::from_str::<Value>(&accepted.event).unwrap().is_object());
        }
    }

    #[test]
    fn raw_customer_information_is_nowhere_in_what_is_kept_or_said(name in "[a-z]{12,20}", key in prop::sample::select(vec!["em", "ph", "fn", "ln", "ct", "zp", "country", "ge", "db", "external_id"])) {
        let mut event = purchase();
        event["user_data"] = json!({ key: [format!("{name}@example.com"), name.clone()] });
        let intake = taken(&json!({ "data": [event] }));
        prop_assert!(!intake.answer.body.to_string().contains(&name));
        prop_assert!(intake.events.iter().all(|accepted| !accepted.event.contains(&name)));
    }

    #[test]
    fn any_answer_of_metas_has_a_verdict_and_only_a_receipt_is_accepted(status in 0_u16..700, body in any_json()) {
        let judged = verdict(status, body.to_string().as_bytes());
        let receipt = (200..300).contains(&status) && body.get("events_received").is_some();
        prop_assert_eq!(judged == Verdict::Accepted, receipt);
    }
}

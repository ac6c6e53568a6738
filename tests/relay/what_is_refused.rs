//! Tests refusals, the messages of problems and the limits on values.

use serde_json::{Value, json};

use crate::taking::*;

#[test]
fn without_entropy_nothing_is_taken() {
    let mut event = purchase();
    event["custom_data"]["order_id"] = Value::Null;
    let body = json!({ "data": [event] }).to_string();
    assert!(of_page_bytes(body.as_bytes(), None).is_none());
}

#[test]
fn a_message_never_repeats_what_was_sent() {
    for (field, value, status) in [
        ("event_name", json!(["jane@example.com"]), 400),
        ("event_time", json!("jane@example.com"), 400),
        ("user_data", json!("jane@example.com"), 202),
        ("custom_data", json!("jane@example.com"), 400),
        ("opt_out", json!("jane@example.com"), 202),
        ("action_source", json!("jane@example.com"), 400),
        ("data_processing_options", json!("jane@example.com"), 202),
    ] {
        let mut event = purchase();
        event["action_source"] = json!("website");
        event[field] = value;
        let answer = of_server(&event).answer;
        assert_eq!(answer.status, status, "{field}");
        let body = answer.body.to_string();
        assert!(body.contains(&format!("data[0].{field}")) && !body.contains("jane"), "{body}");
    }
    let body =
        of_page_bytes(b"{\"data\": jane@example.com}", None).unwrap().answer.body.to_string();
    assert!(body.contains("line 1") && !body.contains("jane"), "{body}");
}

#[test]
fn a_list_of_values_that_are_all_wrong_is_one_problem() {
    let mut event = purchase();
    event["user_data"] = json!({ "ph": vec!["x"; 10_000], "fbp": "fb.1.1.1" });
    let intake = of_page_body(&json!({ "data": [event] }));
    assert_eq!(intake.events.len(), 1);
    let codes: Vec<&str> = problem_codes(&intake);
    assert_eq!(codes, ["too_many_values", "unusable_customer_information"]);
}

#[test]
fn of_one_person_fifty_values_of_a_field_are_kept() {
    let mut event = purchase();
    let ids: Vec<String> = (0..10_000).map(|id| format!("u{id}")).collect();
    event["user_data"] = json!({ "external_id": ids });
    let intake = of_page_body(&json!({ "data": [event] }));
    let kept: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(kept["user_data"]["external_id"].as_array().map(Vec::len), Some(50));
    assert_eq!(problem_codes(&intake), ["too_many_values"]);
}

#[test]
fn of_products_without_an_id_ten_are_named() {
    let mut event = purchase();
    event["custom_data"]["contents"] = json!(vec![json!({}); 10_000]);
    let intake = of_page_body(&json!({ "data": [event] }));
    assert_eq!((intake.answer.status, problem_codes(&intake).len()), (202, 10));
}

#[test]
fn a_currency_that_is_no_text_is_left_out_whatever_the_event() {
    for currency in [json!(978), json!(["EUR"]), json!({ "code": "EUR" }), json!(true)] {
        let event = json!({
            "event_name": "Search", "event_source_url": "https://shop.example/",
            "custom_data": { "currency": currency },
        });
        let intake = of_page_body(&json!({ "data": [event] }));
        assert_eq!(problem_codes(&intake), ["invalid_currency"], "{currency}");
        assert_eq!(intake.events.len(), 1, "{currency}");
    }
}

//! Tests the events that the relay accepts from pages.

use serde_json::{Value, json};

use crate::taking::*;

#[test]
fn an_event_without_an_id_gets_that_of_its_order() {
    let intake = of_page_body(&json!({ "data": [purchase()] }));
    // The first 32 hexadecimal characters of SHA-256 of "Purchase:1001", by sha256sum.
    assert_eq!(intake.events[0].key, "Purchase\n6e4c78d82a753cc5ca23e87024551922");
}

#[test]
fn a_price_in_text_goes_out_as_a_number() {
    let intake = of_page_body(&json!({ "data": [purchase()] }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["custom_data"]["value"], json!(59.9));
}

#[test]
fn a_number_goes_out_with_the_digits_it_came_with() {
    for digits in ["8.309872195179387e-246", "52.520006599999998", "1.7976931348623157e308", "59.9"]
    {
        let body = purchase().to_string().replace("\"59.90\"", digits);
        let intake = of_page_bytes(format!("{{\"data\":[{body}]}}").as_bytes(), None).unwrap();
        let kept: Value = serde_json::from_str(&intake.events[0].event).unwrap();
        let number: f64 = digits.parse().unwrap();
        assert_eq!(
            kept["custom_data"]["value"].to_string(),
            format!("{}", json!(number)),
            "{digits}"
        );
    }
}

#[test]
fn limited_data_use_goes_along() {
    let mut event = purchase();
    event["data_processing_options"] = json!(["LDU"]);
    event["data_processing_options_country"] = json!(1);
    event["data_processing_options_state"] = json!(1000);
    let intake = of_page_body(&json!({ "data": [event] }));
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
    let intake = of_page_body(&json!({ "data": [event], "access_token": "forged" }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["action_source"], "website");
    assert_eq!(event["user_data"], json!({ "client_ip_address": "8.8.4.4" }));
    assert!(!intake.events[0].event.contains("forged"));
}

#[test]
fn a_page_sends_no_test_events() {
    let intake = of_page_body(&json!({ "data": [purchase()], "test_event_code": "TEST12345" }));
    assert_eq!((intake.answer.status, intake.events.len()), (400, 0));
    let problem = &intake.answer.body["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["path"]),
        (&json!("not_for_pages"), &json!("test_event_code"))
    );
    let none = of_page_body(&json!({ "data": [purchase()], "test_event_code": null }));
    assert_eq!((none.answer.status, none.events[0].main_body.as_str()), (202, ""));
}

#[test]
fn who_asks_for_privacy_is_left_alone_unless_the_operator_says_how() {
    let asked = |setting: &str| {
        let config = config(&json!({ "globalPrivacyControl": setting }));
        let body = json!({ "data": [purchase()] }).to_string();
        let headers = [("origin", ORIGIN), ("sec-gpc", "1")];
        sent(&config, &headers, body.as_bytes(), ENTROPY).unwrap()
    };
    let refused = asked("refuse");
    assert_eq!((refused.answer.status, refused.events.len()), (403, 0));
    let limited: Value = serde_json::from_str(&asked("limit").events[0].event).unwrap();
    assert_eq!(limited["data_processing_options"], json!(["LDU"]));
    assert_eq!(limited["data_processing_options_state"], json!(1001));
    let ignored: Value = serde_json::from_str(&asked("ignore").events[0].event).unwrap();
    assert!(ignored.get("data_processing_options").is_none());
}

/// The hashes are those of the reference (Meta's own example, and a German number).
#[test]
fn a_national_number_is_of_the_country_that_is_said_beside_it_as_in_a_page() {
    for (number, country, hash) in [
        (
            "(650)555-1212",
            json!("United States"),
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        (
            "0151 12345678",
            json!(["DE"]),
            "8efb96404be52f6109b9db0f687274a81e9e3cc23fabd6f0da5d38baa3d2facd",
        ),
    ] {
        let mut event = purchase();
        event["user_data"] = json!({ "ph": number, "country": country });
        let of_page = of_page_body(&json!({ "data": [event] }));
        event["action_source"] = json!("phone_call");
        for intake in [of_page, of_server(&event)] {
            let kept: Value = serde_json::from_str(&intake.events[0].event).unwrap();
            assert_eq!(kept["user_data"]["ph"], json!([hash]), "{number}");
        }
    }
}

#[test]
fn a_referer_takes_the_place_of_an_address_that_is_none() {
    let sent_with = |address: &Value, referer: Option<&str>| {
        let mut event = purchase();
        event["event_source_url"] = address.clone();
        let mut headers = vec![("origin", ORIGIN)];
        headers.extend(referer.map(|referer| ("referer", referer)));
        let body = json!({ "data": [event] }).to_string();
        let intake = sent(&config(&json!({})), &headers, body.as_bytes(), ENTROPY).unwrap();
        let at = |problem: &&Value| problem["path"] == "data[0].event_source_url";
        let problems: Vec<Value> =
            intake.answer.body["problems"].as_array().unwrap().iter().filter(at).cloned().collect();
        (intake, problems)
    };
    for bad in [
        json!("/thanks"),
        json!("undefined"),
        json!("javascript:alert(1)"),
        json!("http:///"),
        json!("https:// /"),
        json!(7),
        json!(["https://shop.example/"]),
    ] {
        let (intake, problems) = sent_with(&bad, Some("https://shop.example/cart"));
        assert_eq!(intake.events.len(), 1, "{bad}: {:?}", intake.answer);
        let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
        assert_eq!(event["event_source_url"], "https://shop.example/cart", "{bad}");
        assert_eq!((problems.len(), &problems[0]["event_kept"]), (1, &json!(true)), "{bad}");
        for referer in [None, Some("about:blank"), Some("/cart")] {
            let (intake, problems) = sent_with(&bad, referer);
            assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{bad} {referer:?}");
            assert_eq!(problems.len(), 1, "{bad} {referer:?}");
            assert_eq!(problems[0]["code"], "missing_event_source_url");
        }
    }
    for absent in [json!(""), json!(" "), Value::Null] {
        let (intake, problems) = sent_with(&absent, Some("https://shop.example/cart"));
        assert_eq!((intake.events.len(), problems.len()), (1, 0), "{absent}");
    }
    let (intake, problems) =
        sent_with(&json!(" https://shop.example/thanks "), Some("https://shop.example/cart"));
    assert!(problems.is_empty());
    assert!(intake.events[0].event.contains("https://shop.example/thanks"));
}

#[test]
fn a_servers_address_that_is_none_still_refuses_its_event() {
    let mut event = purchase();
    event["action_source"] = json!("website");
    event["event_source_url"] = json!("/thanks");
    let headers = [
        ("authorization", &*format!("Bearer {KEY}")),
        ("cookie", "_fbp=fb.1.1596403881668.1116446470"),
        ("referer", "https://shop.example/cart"),
    ];
    let body = json!({ "data": [event] }).to_string();
    let intake = sent(&config(&json!({})), &headers, body.as_bytes(), ENTROPY).unwrap();
    assert_eq!((intake.answer.status, intake.events.len()), (400, 0));
}

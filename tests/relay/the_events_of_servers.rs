//! Tests the events that the relay accepts from servers.

use serde_json::{Value, json};

use crate::taking::*;

#[test]
fn a_servers_test_code_stands_beside_its_events() {
    let with = |code: Value| {
        let mut event = purchase();
        event["action_source"] = json!("system_generated");
        event["user_data"] = json!({ "em": "jane@example.com" });
        of_server_body(&json!({ "data": [event], "test_event_code": code }))
    };
    assert_eq!(with(json!("TEST12345")).events[0].main_body, r#"{"test_event_code":"TEST12345"}"#);
    assert_eq!(with(json!("")).events[0].main_body, "");
    for wrong in [json!(5), json!("T".repeat(257))] {
        let refused = with(wrong);
        assert_eq!((refused.answer.status, refused.events.len()), (400, 0));
        assert_eq!(refused.answer.body["problems"][0]["path"], "test_event_code");
    }
}

#[test]
fn a_server_says_everything_that_meta_documents() {
    let hash = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
    let mut extinfo = vec![""; 16];
    (extinfo[0], extinfo[4]) = ("a2", "15");
    let event = json!({
        "event_name": "Purchase",
        "event_time": 1_789_999_990,
        "event_id": "ord-1001",
        "action_source": "app",
        "opt_out": true,
        "referrer_url": "https://search.example/",
        "data_processing_options": ["LDU"],
        "data_processing_options_country": 1,
        "data_processing_options_state": 1000,
        "customer_segmentation": "new_customer_to_business",
        "original_event_data": { "event_name": "Purchase", "event_time": 1_789_999_000, "order_id": "1001" },
        "app_data": { "advertiser_tracking_enabled": 1, "extinfo": extinfo },
        "messaging_channel": "whatsapp",
        "attribution_data": { "campaign_id": "7", "attribution_share": 0.5 },
        "advanced_measurement_table": "t",
        "advertiser_tracking_enabled": true,
        "user_data": {
            "em": [hash],
            "client_ip_address": "2001:4860:4860::8888",
            "client_user_agent": "Mozilla/5.0",
            "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123",
            "fbp": "fb.1.1789990000000.1073741823",
            "subscription_id": "s", "fb_login_id": 12, "lead_id": 1_234_567_890_123_456_i64, "anon_id": "a",
            "madid": "38400000-8cf0-11bd-b23e-10b96e40000d", "page_id": "1", "page_scoped_user_id": "2",
            "ctwa_clid": "c", "ig_account_id": "3", "ig_sid": "4", "whatsapp_business_account_id": "5",
            "instagram_business_account_id": "6", "f5first": [hash], "doby": [hash],
        },
        "custom_data": { "value": 123.45, "currency": "EUR", "contents": [{ "id": "SKU-1", "quantity": 2 }] },
    });
    let intake = of_server(&event);
    assert_eq!(intake.answer.body["problems"], json!([]));
    let stored: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(stored, event);
}

#[test]
fn what_a_server_says_of_the_visitor_wins_and_its_own_connection_is_nobodys() {
    let mut event = purchase();
    event["action_source"] = json!("website");
    let said =
        json!({ "client_ip_address": "2001:4860:4860::8888", "client_user_agent": "Mozilla/5.0" });
    event["user_data"] = said;
    let stored: Value = serde_json::from_str(&of_server(&event).events[0].event).unwrap();
    assert_eq!(stored["user_data"]["client_ip_address"], "2001:4860:4860::8888");
    assert_eq!(stored["user_data"]["client_user_agent"], "Mozilla/5.0");
    // The visitor's cookies, which the server passed on.
    assert_eq!(stored["user_data"]["fbp"], "fb.1.1596403881668.1116446470");

    event["user_data"] = json!({ "em": "jane@example.com", "client_ip_address": "10.0.0.1" });
    let intake = of_server(&event);
    let stored: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert!(stored["user_data"].get("client_ip_address").is_none());
    assert!(stored["user_data"].get("client_user_agent").is_none());
    let paths: Vec<&str> = intake.answer.body["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["data[0].user_data.client_ip_address", "data[0].user_data.client_user_agent"]
    );
}

#[test]
fn a_server_says_where_an_event_took_place() {
    let mut event = purchase();
    event["user_data"] = json!({ "em": "jane@example.com" });
    for (source, code) in [
        (Value::Null, "missing_action_source"),
        (json!("shop"), "unknown_action_source"),
        (json!(7), "wrong_type"),
    ] {
        event["action_source"] = source;
        let problem = &of_server(&event).answer.body["problems"][0];
        assert_eq!(
            (&problem["code"], &problem["path"]),
            (&json!(code), &json!("data[0].action_source"))
        );
    }
    event["action_source"] = json!("physical_store");
    event["event_time"] = json!(1_790_000_000 - 61 * 86_400);
    let stored = &of_server(&event).events[0];
    // Meta takes the event until it is 62 days old. One minute is reserved for the way to Meta.
    assert_eq!(stored.send_before, 1_790_000_000 + 86_400 - 60);
}

#[test]
fn an_event_that_has_only_its_order_is_taken_for_the_order_memory() {
    let headers = [("authorization", &*format!("Bearer {KEY}")), ("user-agent", "curl/8")];
    let of = |changes: Value, event: &Value| {
        let body = json!({ "data": [event] }).to_string();
        let intake = sent(&config(&changes), &headers, body.as_bytes(), ENTROPY).unwrap();
        let codes: Vec<String> = problem_codes(&intake).into_iter().map(str::to_owned).collect();
        (intake.answer.status, intake.events.len(), codes)
    };
    let taken = (202, 1, vec!["known_by_order".to_owned()]);
    let refused = (400, 0, vec!["customer_information_too_broad".to_owned()]);
    let mut event = purchase();
    event["action_source"] = json!("system_generated");
    assert_eq!(of(json!({}), &event), taken);
    assert_eq!(of(json!({ "orderMemory": { "days": 0 } }), &event), refused);
    event["custom_data"].as_object_mut().unwrap().remove("order_id");
    assert_eq!(of(json!({}), &event), refused);
}

//! What the relay keeps to, whatever it is sent.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use capi_bridge::relay::{
    BridgeKeys, Config, Connection, Intake, Place, Sender, Verdict, take as take_events, verdict,
    with_second_copy,
};
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
    let connection =
        Connection::read(&config, &header, Some("8.8.4.4"), Place::default(), NOW_MILLIS);
    let sender = Sender::of(&config, &connection, &BridgeKeys::read("").unwrap()).ok()?;
    take_events(&config, &connection, &sender, body, NOW_MILLIS, entropy).ok()
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What becomes of a server's event.
fn of_server(event: &Value) -> Intake {
    of_server_body(&json!({ "data": [event] }))
}

fn of_server_body(body: &Value) -> Intake {
    let header = |name: &str| match name {
        "authorization" => Some(format!("Bearer {KEY}")),
        "user-agent" => Some("curl/8".to_owned()),
        "cookie" => Some("_fbp=fb.1.1596403881668.1116446470".to_owned()),
        _ => None,
    };
    let config = config();
    let connection =
        Connection::read(&config, &header, Some("8.8.4.4"), Place::default(), NOW_MILLIS);
    let sender = Sender::of(&config, &connection, &BridgeKeys::read(KEY).unwrap()).unwrap();
    let body = body.to_string();
    take_events(&config, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || Some([7; 16]))
        .unwrap()
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
fn a_number_goes_out_with_the_digits_it_came_with() {
    for digits in ["8.309872195179387e-246", "52.520006599999998", "1.7976931348623157e308", "59.9"]
    {
        let body = purchase().to_string().replace("\"59.90\"", digits);
        let intake = take(format!("{{\"data\":[{body}]}}").as_bytes(), &mut || None).unwrap();
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
fn without_entropy_nothing_is_taken() {
    let mut event = purchase();
    event["custom_data"]["order_id"] = Value::Null;
    let body = json!({ "data": [event] }).to_string();
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
    let intake = taken(&json!({ "data": [event], "access_token": "forged" }));
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(event["action_source"], "website");
    assert_eq!(event["user_data"], json!({ "client_ip_address": "8.8.4.4" }));
    assert!(!intake.events[0].event.contains("forged"));
}

#[test]
fn a_page_sends_no_test_events() {
    let intake = taken(&json!({ "data": [purchase()], "test_event_code": "TEST12345" }));
    assert_eq!((intake.answer.status, intake.events.len()), (400, 0));
    let problem = &intake.answer.body["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["path"]),
        (&json!("not_for_pages"), &json!("test_event_code"))
    );
    let none = taken(&json!({ "data": [purchase()], "test_event_code": null }));
    assert_eq!((none.answer.status, none.events[0].main_body.as_str()), (202, ""));
}

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
    // Meta takes it until it is 62 days old; a minute is kept for the way.
    assert_eq!(stored.send_before, 1_790_000_000 + 86_400 - 60);
}

#[test]
fn a_message_never_repeats_what_was_sent() {
    for (field, value) in [
        ("event_name", json!(["jane@example.com"])),
        ("event_time", json!("jane@example.com")),
        ("user_data", json!("jane@example.com")),
        ("custom_data", json!("jane@example.com")),
        ("opt_out", json!("jane@example.com")),
        ("action_source", json!("jane@example.com")),
        ("data_processing_options", json!("jane@example.com")),
    ] {
        let mut event = purchase();
        event["action_source"] = json!("website");
        event[field] = value;
        let answer = of_server(&event).answer;
        assert_eq!(answer.status, 400, "{field}");
        let body = answer.body.to_string();
        assert!(body.contains(&format!("data[0].{field}")) && !body.contains("jane"), "{body}");
    }
    let body = take(b"{\"data\": jane@example.com}", &mut || None).unwrap().answer.body.to_string();
    assert!(body.contains("line 1") && !body.contains("jane"), "{body}");
}

#[test]
fn who_asks_for_privacy_is_left_alone_unless_the_operator_says_how() {
    let asked = |setting: &str| {
        let config = Config::read(&format!(
            r#"{{"datasets":["1"],"allowedOrigins":["https://shop.example"],"globalPrivacyControl":"{setting}"}}"#
        ))
        .unwrap();
        let header = |name: &str| match name {
            "origin" => Some(ORIGIN.to_owned()),
            "sec-gpc" => Some("1".to_owned()),
            _ => None,
        };
        let place = Place { country: Some("US".to_owned()), region: Some("CO".to_owned()) };
        let connection = Connection::read(&config, &header, Some("8.8.4.4"), place, NOW_MILLIS);
        let sender = Sender::of(&config, &connection, &BridgeKeys::read("").unwrap()).unwrap();
        let body = json!({ "data": [purchase()] }).to_string();
        let take =
            take_events(&config, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || None);
        take.unwrap()
    };
    let refused = asked("refuse");
    assert_eq!((refused.answer.status, refused.events.len()), (403, 0));
    let limited: Value = serde_json::from_str(&asked("limit").events[0].event).unwrap();
    assert_eq!(limited["data_processing_options"], json!(["LDU"]));
    assert_eq!(limited["data_processing_options_state"], json!(1001));
    let ignored: Value = serde_json::from_str(&asked("ignore").events[0].event).unwrap();
    assert!(ignored.get("data_processing_options").is_none());
}

#[test]
fn a_list_of_values_that_are_all_wrong_is_one_problem() {
    let mut event = purchase();
    event["user_data"] = json!({ "ph": vec!["x"; 10_000], "fbp": "fb.1.1.1" });
    let intake = taken(&json!({ "data": [event] }));
    assert_eq!(intake.events.len(), 1);
    let codes: Vec<&str> = problem_codes(&intake);
    assert_eq!(codes, ["too_many_values", "unusable_customer_information"]);
}

#[test]
fn of_one_person_fifty_values_of_a_field_are_kept() {
    let mut event = purchase();
    let ids: Vec<String> = (0..10_000).map(|id| format!("u{id}")).collect();
    event["user_data"] = json!({ "external_id": ids });
    let intake = taken(&json!({ "data": [event] }));
    let kept: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    assert_eq!(kept["user_data"]["external_id"].as_array().map(Vec::len), Some(50));
    assert_eq!(problem_codes(&intake), ["too_many_values"]);
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
        let of_page = taken(&json!({ "data": [event] }));
        event["action_source"] = json!("phone_call");
        for intake in [of_page, of_server(&event)] {
            let kept: Value = serde_json::from_str(&intake.events[0].event).unwrap();
            assert_eq!(kept["user_data"]["ph"], json!([hash]), "{number}");
        }
    }
}

#[test]
fn of_products_without_an_id_ten_are_named() {
    let mut event = purchase();
    event["custom_data"]["contents"] = json!(vec![json!({}); 10_000]);
    let intake = taken(&json!({ "data": [event] }));
    assert_eq!((intake.answer.status, problem_codes(&intake).len()), (400, 10));
}

#[test]
fn a_currency_that_is_no_text_is_refused_whatever_the_event() {
    for currency in [json!(978), json!(["EUR"]), json!({ "code": "EUR" }), json!(true)] {
        let event = json!({
            "event_name": "Search", "event_source_url": "https://shop.example/",
            "custom_data": { "currency": currency },
        });
        let intake = taken(&json!({ "data": [event] }));
        assert_eq!(problem_codes(&intake), ["invalid_currency"], "{currency}");
    }
}

fn problem_codes(intake: &Intake) -> Vec<&str> {
    let problems = intake.answer.body["problems"].as_array().unwrap();
    problems
        .iter()
        .filter(|problem| problem["code"] != "missing_client_user_agent")
        .map(|problem| problem["code"].as_str().unwrap())
        .collect()
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
            "data_processing_options", "opt_out", "action_source", "app_data", "extinfo", "original_event_data",
            "messaging_channel", "lead_id", "client_ip_address", "doby", "madid",
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

/// An event as the outbox keeps it, with some of the fields that copies differ in.
fn copy() -> impl Strategy<Value = Value> {
    let user_data = prop::collection::btree_map("em|ph|fbp|fbc|external_id", "[a-c]", 0..4);
    let money = prop::option::of((prop::option::of(1..4), "EUR|USD"));
    let custom_data = prop::collection::btree_map("order_id|content_name|status", "[a-c]", 0..3);
    let limits = prop::option::of(prop::sample::select(vec![json!([]), json!(["LDU"])]));
    (user_data, money, custom_data, limits, any::<bool>()).prop_map(
        |(user_data, money, custom_data, limits, opt_out)| {
            let mut event = json!({
                "event_name": "Purchase", "event_id": "1", "user_data": user_data, "custom_data": custom_data,
            });
            if let Some((value, currency)) = money {
                event["custom_data"]["currency"] = json!(currency);
                if let Some(value) = value {
                    event["custom_data"]["value"] = json!(value);
                }
            }
            if let Some(limits) = limits {
                event["data_processing_options"] = limits;
                event["opt_out"] = json!(opt_out);
            }
            event
        },
    )
}

proptest! {
    #[test]
    fn a_second_copy_adds_and_changes_nothing_but_limits(first in copy(), second in copy()) {
        let (first_json, second_json) = (first.to_string(), second.to_string());
        let Some(all) = with_second_copy(&first_json, &second_json) else { return Ok(()) };
        // What came once more adds nothing more, and the first alone would have been less.
        prop_assert_eq!(with_second_copy(&all, &second_json), None);
        prop_assert_ne!(&all, &first_json);
        let all: Value = serde_json::from_str(&all).unwrap();
        for object in ["user_data", "custom_data"] {
            for (key, value) in all[object].as_object().unwrap() {
                let own = first[object].get(key);
                prop_assert_eq!(Some(value), own.or_else(|| second[object].get(key)));
            }
            let kept = first[object].as_object().unwrap().keys().all(|key| all[object].get(key).is_some());
            prop_assert!(kept);
        }
        // A value stands beside the currency that its own copy gave it.
        let money = |event: &Value| [event["custom_data"]["value"].clone(), event["custom_data"]["currency"].clone()];
        prop_assert!([money(&first), money(&second)].contains(&money(&all)));
        let limited = |event: &Value| event["data_processing_options"] == json!(["LDU"]);
        prop_assert_eq!(limited(&all), limited(&first) || limited(&second));
        let opts_out = |event: &Value| event["opt_out"] == json!(true);
        prop_assert_eq!(opts_out(&all), opts_out(&first) || opts_out(&second));
    }

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
    fn any_event_of_a_server_gets_an_answer_and_what_is_kept_is_json(event in any_json()) {
        let intake = of_server(&event);
        prop_assert!(matches!(intake.answer.status, 202 | 400));
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

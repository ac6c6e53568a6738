//! The stand-in for Meta, driven as over HTTP. Expected values are those of Meta's documents.

use capi_bridge::sandbox::{Request, Response, Sandbox};
use proptest::prelude::*;
use serde_json::{Value, json};

/// 2026-09-21, a little after the events of these tests.
const NOW_MILLIS: u64 = 1_790_000_010_000;
const EVENT_TIME: i64 = 1_790_000_000;
const HOUR_MILLIS: u64 = 60 * 60 * 1000;
const DAY_SECONDS: i64 = 24 * 60 * 60;
const FBP: &str = "fb.1.1789990000000.1073741823";
const HASH_OF_JANE: &str = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";

/// A sandbox with a clock.
struct Meta {
    sandbox: Sandbox,
    now_millis: u64,
}

impl Meta {
    fn new() -> Self {
        Self { sandbox: Sandbox::new(), now_millis: NOW_MILLIS }
    }

    fn call(&mut self, request: Request<'_>) -> Response {
        self.sandbox.answer(self.now_millis, &request)
    }

    fn post(&mut self, body: &Value) -> (u16, Value) {
        self.post_to("/v26.0/1234567890/events", body)
    }

    fn post_to(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.call(Request {
            method: "POST",
            path,
            authorization: Some("Bearer token"),
            content_type: Some("application/json"),
            body: body.to_string().as_bytes(),
            ..Request::default()
        });
        (answer.status, json_of(&answer))
    }

    fn server(&mut self, event: Value) {
        let (status, answer) = self.post(&json!({ "data": [event] }));
        assert_eq!(status, 200, "{answer}");
    }

    fn browser(&mut self, query: &str) {
        let answer = self.call(Request { method: "GET", path: "/tr", query, ..Request::default() });
        assert_eq!(answer.status, 200);
    }

    fn later(&mut self, millis: u64) {
        self.now_millis += millis;
    }

    fn show(&mut self, query: &str) -> Value {
        json_of(&self.call(Request { method: "GET", path: "/api/events", query, ..Request::default() }))
    }

    fn counts(&mut self) -> Value {
        self.show("")["counts"].clone()
    }

    /// Every reason, newest event first.
    fn reasons(&mut self) -> Vec<String> {
        let shown = self.show("");
        let events = shown["events"].as_array().unwrap();
        events.iter().map(|event| event["why_not"].as_str().unwrap_or("merged").to_owned()).collect()
    }

    fn merged_by(&mut self) -> Vec<Value> {
        let shown = self.show("");
        shown["events"].as_array().unwrap().iter().map(|event| event["merged_by"].clone()).collect()
    }

    fn fault(&mut self, body: &str) -> Response {
        self.call(Request { method: "PUT", path: "/api/fault", body: body.as_bytes(), ..Request::default() })
    }
}

fn json_of(answer: &Response) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(each, _)| *each == name).map(|(_, value)| *value)
}

/// A valid Purchase, as Meta's documents write one.
fn purchase() -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": EVENT_TIME,
        "event_id": "ord-1001",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?o=1001",
        "user_data": {
            "em": [HASH_OF_JANE],
            "client_ip_address": "2001:db8::5",
            "client_user_agent": "Mozilla/5.0 ...",
            "fbp": FBP,
            "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123"
        },
        "custom_data": {
            "currency": "EUR", "value": 123.45, "order_id": "1001", "content_type": "product",
            "contents": [{"id": "SKU-1", "quantity": 2, "item_price": 50.0}]
        }
    })
}

/// A valid event with this much and no more.
fn lead(more: Value) -> Value {
    let mut event = json!({
        "event_name": "Lead", "event_time": EVENT_TIME, "action_source": "website",
        "event_source_url": "https://shop.example.com/",
        "user_data": { "fbp": FBP }
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

/// A Purchase with one thing changed; JSON null takes it away.
fn purchase_with(pointer: &str, value: Value) -> Value {
    let mut event = purchase();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    event
}

#[track_caller]
fn assert_refused(event: Value, subcode: u32, path: &str) {
    let (status, answer) = Meta::new().post(&json!({ "data": [event] }));
    let error = &answer["error"];
    assert_eq!(
        (status, error["code"].as_u64(), error["error_subcode"].as_u64(), error["is_transient"].as_bool()),
        (400, Some(100), Some(subcode.into()), Some(false)),
        "{answer}"
    );
    assert_eq!(error["type"], "OAuthException");
    assert_eq!(error["message"], "Invalid parameter");
    let told = error["error_user_msg"].as_str().unwrap();
    assert!(told.starts_with(&format!("{path}: ")), "{told}");
    assert!(!error["error_user_title"].as_str().unwrap().is_empty());
    assert!(!error["fbtrace_id"].as_str().unwrap().is_empty());
}

#[track_caller]
fn assert_accepted(event: Value) -> Vec<String> {
    let (status, answer) = Meta::new().post(&json!({ "data": [event] }));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["events_received"], 1);
    answer["messages"].as_array().unwrap().iter().map(|message| message.as_str().unwrap().to_owned()).collect()
}

mod the_graph_edge {
    use super::*;

    #[test]
    fn accepts_the_purchase_of_the_documents_without_a_warning() {
        assert_eq!(assert_accepted(purchase()), Vec::<String>::new());
    }

    #[test]
    fn answers_how_many_events_it_received_with_a_trace_id_of_its_own() {
        let mut meta = Meta::new();
        let (_, first) = meta.post(&json!({ "data": [purchase(), lead(json!({}))] }));
        let (_, second) = meta.post(&json!({ "data": [purchase()] }));
        assert_eq!(first["events_received"], 2);
        assert_ne!(first["fbtrace_id"], second["fbtrace_id"]);
    }

    #[test]
    fn asks_for_an_access_token() {
        let body = json!({ "data": [purchase()] }).to_string();
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/v26.0/1234567890/events",
            body: body.as_bytes(),
            ..Request::default()
        });
        assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (400, &json!(2500)));
    }

    #[test]
    fn refuses_a_token_that_cannot_be_one() {
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/v26.0/1234567890/events",
            authorization: Some("Bearer \"quoted\""),
            body: b"{}",
            ..Request::default()
        });
        assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (401, &json!(190)));
    }

    #[test]
    fn takes_the_token_from_header_query_or_body() {
        let body = json!({ "data": [purchase()] }).to_string();
        let in_body = json!({ "data": [purchase()], "access_token": "EAAB" }).to_string();
        let cases = [
            (Some("bearer EAAB|x"), "", &body),
            (None, "access_token=EAAB", &body),
            (None, "", &in_body),
        ];
        for (authorization, query, body) in cases {
            let answer = Meta::new().call(Request {
                method: "POST",
                path: "/v26.0/1234567890/events",
                query,
                authorization,
                content_type: Some("application/json; charset=utf-8"),
                body: body.as_bytes(),
                ..Request::default()
            });
            assert_eq!(answer.status, 200, "{authorization:?} {query:?}");
        }
    }

    #[test]
    fn reads_a_form_whose_data_is_json_text() {
        let data = json!([purchase()]).to_string();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("access_token", "EAAB")
            .append_pair("data", &data)
            .append_pair("test_event_code", "TEST12345")
            .finish();
        let mut meta = Meta::new();
        let answer = meta.call(Request {
            method: "POST",
            path: "/v26.0/1234567890/events",
            content_type: Some("application/x-www-form-urlencoded"),
            body: body.as_bytes(),
            ..Request::default()
        });
        assert_eq!(answer.status, 200);
        assert_eq!(meta.show("")["requests"][0]["test_event_code"], "TEST12345");
    }

    #[test]
    fn reads_events_that_an_sdk_wrote_as_json_text_each() {
        let (status, answer) = Meta::new().post(&json!({ "data": [purchase().to_string()] }));
        assert_eq!((status, &answer["events_received"]), (200, &json!(1)));
    }

    #[test]
    fn refuses_data_that_is_missing_empty_or_no_array() {
        for body in [json!({}), json!({ "data": null }), json!({ "data": [] }), json!({ "data": {} }), json!({ "data": "[" })] {
            let (status, answer) = Meta::new().post(&body);
            assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{body}");
            assert!(answer["error"]["error_user_msg"].as_str().unwrap().starts_with("data "), "{answer}");
        }
    }

    #[test]
    fn takes_a_thousand_events_and_not_one_more() {
        let events = |count| json!({ "data": vec![purchase(); count] });
        assert_eq!(Meta::new().post(&events(1000)).0, 200);
        let (status, answer) = Meta::new().post(&events(1001));
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
        assert!(answer["error"]["error_user_msg"].as_str().unwrap().contains("1001"));
    }

    #[test]
    fn refuses_the_whole_request_for_one_invalid_event() {
        let mut meta = Meta::new();
        let (status, answer) = meta.post(&json!({ "data": [purchase(), purchase_with("/custom_data/value", json!(null))] }));
        assert_eq!(status, 400);
        assert!(answer["error"]["error_user_msg"].as_str().unwrap().starts_with("data[1].custom_data.value: "));
        assert_eq!(meta.counts(), json!({
            "browser": 0, "server": 0, "merged": 0, "browser_only": 0, "server_only": 0, "refused": 1
        }));
    }

    #[test]
    fn knows_datasets_by_digits_only() {
        let (status, answer) = Meta::new().post_to("/v26.0/my-pixel/events", &json!({ "data": [purchase()] }));
        let error = &answer["error"];
        assert_eq!((status, &error["code"], &error["error_subcode"]), (400, &json!(100), &json!(33)));
    }

    #[test]
    fn survives_bodies_that_are_not_what_they_say() {
        let nested = "[".repeat(100_000);
        for body in [&b"not json"[..], b"\xff\xfe{", b"{\"data\":", b"3", nested.as_bytes(), b""] {
            let answer = Meta::new().call(Request {
                method: "POST",
                path: "/v26.0/1/events",
                query: "access_token=t",
                content_type: Some("application/json"),
                body,
                ..Request::default()
            });
            assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (400, &json!(100)));
        }
    }

    #[test]
    fn says_that_it_reads_no_multipart() {
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/v26.0/1/events",
            authorization: Some("Bearer t"),
            content_type: Some("multipart/form-data; boundary=x"),
            ..Request::default()
        });
        assert_eq!(answer.status, 400);
        assert!(String::from_utf8_lossy(&answer.body).contains("multipart"));
    }

    #[test]
    fn refuses_a_body_over_its_limit() {
        let body = vec![b' '; 16 * 1024 * 1024 + 1];
        let answer = Meta::new().call(Request { method: "POST", path: "/v26.0/1/events", body: &body, ..Request::default() });
        assert_eq!(answer.status, 413);
    }
}

mod the_checks_on_an_event {
    use super::*;

    #[test]
    fn ask_for_an_object() {
        assert_refused(json!(7), 2_804_019, "data[0]");
    }

    #[test]
    fn ask_for_a_name_of_at_most_fifty_characters() {
        assert_refused(purchase_with("/event_name", json!(null)), 2_804_019, "data[0].event_name");
        assert_refused(purchase_with("/event_name", json!(" ")), 2_804_019, "data[0].event_name");
        assert_refused(lead(json!({ "event_name": "ü".repeat(51) })), 2_804_019, "data[0].event_name");
        assert_accepted(lead(json!({ "event_name": "ü".repeat(50) })));
    }

    #[test]
    fn ask_for_whole_seconds() {
        for wrong in [json!(null), json!("1790000000"), json!(1.79e9)] {
            assert_refused(purchase_with("/event_time", wrong), 2_804_019, "data[0].event_time");
        }
    }

    #[test]
    fn refuse_an_event_older_than_seven_days() {
        let now = 1_790_000_010;
        assert_accepted(purchase_with("/event_time", json!(now - 7 * DAY_SECONDS)));
        assert_refused(purchase_with("/event_time", json!(now - 7 * DAY_SECONDS - 1)), 2_804_003, "data[0].event_time");
        assert_refused(purchase_with("/event_time", json!(i64::MIN)), 2_804_003, "data[0].event_time");
    }

    #[test]
    fn let_a_store_report_for_sixty_two_days() {
        let now = 1_790_000_010;
        let sold = |age: i64| {
            let mut event = purchase_with("/event_time", json!(now - age));
            event["action_source"] = json!("physical_store");
            event
        };
        assert_accepted(sold(62 * DAY_SECONDS));
        assert_refused(sold(62 * DAY_SECONDS + 1), 2_804_003, "data[0].event_time");
    }

    #[test]
    fn refuse_an_event_from_the_future() {
        assert_accepted(purchase_with("/event_time", json!(1_790_000_010)));
        assert_refused(purchase_with("/event_time", json!(1_790_000_011)), 2_804_004, "data[0].event_time");
        assert_refused(purchase_with("/event_time", json!(u64::MAX)), 2_804_004, "data[0].event_time");
    }

    #[test]
    fn tell_milliseconds_from_seconds() {
        let (_, answer) = Meta::new().post(&json!({ "data": [purchase_with("/event_time", json!(NOW_MILLIS))] }));
        assert_eq!(answer["error"]["error_subcode"], 2_804_004);
        assert!(answer["error"]["error_user_msg"].as_str().unwrap().contains("milliseconds"));
    }

    #[test]
    fn know_nine_action_sources() {
        for source in [
            "website", "app", "physical_store", "phone_call", "chat", "email", "system_generated", "business_messaging",
            "other",
        ] {
            assert_accepted(purchase_with("/action_source", json!(source)));
        }
        for wrong in [json!(null), json!("Website"), json!("web"), json!(1)] {
            assert_refused(purchase_with("/action_source", wrong), 2_804_019, "data[0].action_source");
        }
    }

    #[test]
    fn ask_website_events_for_the_address_of_the_page() {
        for wrong in [json!(null), json!("shop.example.com"), json!("ftp://shop.example.com/"), json!("https://"), json!("https:///a")] {
            assert_refused(purchase_with("/event_source_url", wrong), 2_804_019, "data[0].event_source_url");
        }
        let mut by_phone = purchase_with("/event_source_url", json!(null));
        by_phone["action_source"] = json!("phone_call");
        assert_accepted(by_phone);
    }

    #[test]
    fn ask_for_an_event_id_that_is_text_and_warn_without_one() {
        assert_refused(purchase_with("/event_id", json!(1001)), 2_804_019, "data[0].event_id");
        let messages = assert_accepted(purchase_with("/event_id", json!(null)));
        assert!(messages[0].starts_with("data[0].event_id: "), "{messages:?}");
    }

    #[test]
    fn ask_a_purchase_for_value_and_currency() {
        assert_refused(purchase_with("/custom_data", json!(null)), 2_804_009, "data[0].custom_data.value");
        for wrong in [json!(null), json!("a lot"), json!("NaN"), json!([1])] {
            assert_refused(purchase_with("/custom_data/value", wrong), 2_804_009, "data[0].custom_data.value");
        }
        assert_refused(purchase_with("/custom_data/currency", json!(null)), 2_804_010, "data[0].custom_data.currency");
        assert_accepted(purchase_with("/custom_data/value", json!(0)));
    }

    #[test]
    fn accept_a_value_as_text_and_a_currency_in_lower_case_with_a_warning() {
        let value = assert_accepted(purchase_with("/custom_data/value", json!("59.90")));
        assert!(value[0].starts_with("data[0].custom_data.value: "), "{value:?}");
        let currency = assert_accepted(purchase_with("/custom_data/currency", json!("eur")));
        assert!(currency[0].starts_with("data[0].custom_data.currency: "), "{currency:?}");
    }

    #[test]
    fn ask_every_value_for_a_currency() {
        assert_refused(lead(json!({ "custom_data": { "value": 5 } })), 2_804_023, "data[0].custom_data.currency");
        assert_accepted(lead(json!({ "custom_data": { "currency": "EUR" } })));
    }

    #[test]
    fn ask_a_currency_for_three_letters() {
        for wrong in [json!("EURO"), json!("€"), json!("E1R"), json!(978)] {
            assert_refused(purchase_with("/custom_data/currency", wrong), 2_804_019, "data[0].custom_data.currency");
        }
    }

    #[test]
    fn ask_each_content_for_its_id() {
        let contents = json!([{ "id": "SKU-1" }, { "quantity": 1 }]);
        assert_refused(purchase_with("/custom_data/contents", contents), 2_804_008, "data[0].custom_data.contents[1].id");
        assert_refused(purchase_with("/custom_data/contents", json!(["SKU-1"])), 2_804_008, "data[0].custom_data.contents[0].id");
        assert_refused(purchase_with("/custom_data/contents", json!("SKU-1")), 2_804_019, "data[0].custom_data.contents");
        assert_refused(purchase_with("/custom_data", json!("SKU-1")), 2_804_019, "data[0].custom_data");
        assert_accepted(purchase_with("/custom_data/contents", json!([{ "id": 17 }])));
    }
}

mod the_checks_on_customer_information {
    use super::*;

    #[test]
    fn ask_for_some() {
        for nothing in [json!(null), json!({}), json!({ "em": [] }), json!({ "em": null, "fbp": "" }), json!("x"), json!({ "foo": "x" })] {
            assert_refused(purchase_with("/user_data", nothing), 2_804_050, "data[0].user_data");
        }
    }

    #[test]
    fn refuse_what_is_too_broad_to_find_a_person_by() {
        let only = |keys: &[&str]| {
            let user_data = keys.iter().map(|&key| {
                let value = if key == "client_user_agent" { "Mozilla/5.0" } else { HASH_OF_JANE };
                (key.to_owned(), json!(value))
            });
            purchase_with("/user_data", Value::Object(user_data.collect()))
        };
        for broad in [
            &["ct", "country", "st", "zp", "ge", "client_user_agent"][..],
            &["zp"],
            &["client_user_agent"],
            &["db", "client_user_agent"],
            &["fn", "ge"],
            &["ln", "ge"],
        ] {
            assert_refused(only(broad), 2_804_050, "data[0].user_data");
        }
        for narrow in [&["fn", "ln"][..], &["db", "ct"], &["em"], &["external_id", "client_user_agent"]] {
            assert_accepted(only(narrow));
        }
    }

    #[test]
    fn refuse_what_was_not_hashed_and_never_repeat_it() {
        for key in ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"] {
            for raw in [json!("jane@example.com"), json!([HASH_OF_JANE, "jane@example.com"])] {
                let event = purchase_with(&format!("/user_data/{key}"), raw);
                assert_refused(event.clone(), 2_804_019, &format!("data[0].user_data.{key}"));
                let (_, answer) = Meta::new().post(&json!({ "data": [event] }));
                assert!(!answer.to_string().contains("jane@"), "{answer}");
            }
        }
        assert_refused(purchase_with("/user_data/em", json!(HASH_OF_JANE.to_uppercase())), 2_804_019, "data[0].user_data.em");
        assert_refused(purchase_with("/user_data/em", json!(7)), 2_804_019, "data[0].user_data.em");
    }

    #[test]
    fn accept_the_appendix_of_metas_parameter_builder() {
        for appendix in ["AQ", "AQQCAQMC"] {
            let mut event = purchase_with("/user_data/em", json!(format!("{HASH_OF_JANE}.{appendix}")));
            event["user_data"]["fbp"] = json!(format!("{FBP}.{appendix}"));
            event["user_data"]["client_ip_address"] = json!(format!("2001:db8::5.{appendix}"));
            assert_eq!(assert_accepted(event), Vec::<String>::new());
        }
    }

    #[test]
    fn warn_of_cookies_that_are_not_well_formed() {
        for key in ["fbp", "fbc"] {
            for wrong in ["", "fb.1.1789990000.5", "1.1.1789990000000.5", "fb.1.1789990000000.", "fb.1.1789990000000.a.b", HASH_OF_JANE] {
                let messages = assert_accepted(purchase_with(&format!("/user_data/{key}"), json!(wrong)));
                let expected = usize::from(!wrong.is_empty());
                let told = messages.iter().filter(|message| message.starts_with(&format!("data[0].user_data.{key}: ")));
                assert_eq!(told.count(), expected, "{wrong:?}: {messages:?}");
            }
        }
    }

    #[test]
    fn warn_of_what_meta_documents_but_does_not_enforce() {
        let warned = |pointer: &str, value: Value| assert_accepted(purchase_with(pointer, value)).join("\n");
        assert!(warned("/user_data/client_user_agent", json!(null)).contains("data[0].user_data.client_user_agent"));
        assert!(warned("/user_data/client_ip_address", json!("localhost")).contains("data[0].user_data.client_ip_address"));
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(warned("/user_data/fn", json!(nothing)).contains("data[0].user_data.fn"));
        assert!(warned("/user_data/emial", json!("x")).contains("data[0].user_data"));
    }

    #[test]
    fn cut_a_thousand_warnings_short() {
        let events = vec![purchase_with("/event_id", json!(null)); 1000];
        let (_, answer) = Meta::new().post(&json!({ "data": events }));
        let messages = answer["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 101);
        assert_eq!(messages[100], "… and 900 more warnings.");
    }
}

mod the_pixels_endpoint {
    use super::*;

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
        for (method, path, query, body) in [("GET", "/tr", HIT, ""), ("GET", "/tr/", HIT, ""), ("POST", "/tr", "", HIT), ("POST", "/tr/", "id=1", HIT)] {
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
            assert_eq!((&event["dataset_id"], &event["event_name"]), (&json!("1234567890"), &json!("Purchase")));
        }
    }

    #[test]
    fn answers_an_image_that_nothing_caches() {
        let answer = Meta::new().call(Request { method: "GET", path: "/tr", query: HIT, ..Request::default() });
        assert_eq!(answer.content_type, "image/gif");
        assert!(answer.body.starts_with(b"GIF89a\x01\x00\x01\x00"));
        assert!(header(&answer, "cache-control").unwrap().contains("no-store"));
    }

    #[test]
    fn says_which_parameter_is_missing_and_stores_nothing() {
        for (query, missing) in [("", "id: "), ("ev=Lead", "id: "), ("id=a&ev=Lead", "id: "), ("id=1", "ev: "), ("id=1&ev=", "ev: ")] {
            let mut meta = Meta::new();
            let answer = meta.call(Request { method: "GET", path: "/tr", query, ..Request::default() });
            assert_eq!(answer.status, 400);
            assert!(json_of(&answer)["error"]["message"].as_str().unwrap().starts_with(missing), "{query:?}");
            assert_eq!(meta.counts()["browser"], 0);
        }
    }

    #[test]
    fn survives_percent_signs_and_bytes_that_are_no_text() {
        let mut meta = Meta::new();
        meta.browser("id=1&ev=%zz%&cd[%ff]=%ff&cd[=1&cd]=2&ts=soon&eid=%00");
        assert_eq!(meta.show("")["events"][0]["event_name"], "%zz%");
    }
}

mod deduplication {
    use super::*;

    fn hit(name: &str, id: &str) -> String {
        format!("id=1234567890&ev={name}&eid={id}&fbp={FBP}")
    }

    #[test]
    fn recognises_one_event_by_dataset_name_and_id_in_either_order() {
        for server_first in [false, true] {
            let mut meta = Meta::new();
            if server_first {
                meta.server(purchase());
            }
            meta.browser(&hit("Purchase", "ord-1001"));
            if !server_first {
                meta.server(purchase());
            }
            let shown = meta.show("");
            assert_eq!(shown["counts"], json!({
                "browser": 1, "server": 1, "merged": 1, "browser_only": 0, "server_only": 0, "refused": 0
            }));
            let event = &shown["events"][0];
            assert_eq!((&event["merged"], &event["merged_by"], &event["why_not"]), (&json!(true), &json!("event_id"), &json!(null)));
            assert_eq!(event["browser"]["event_id"], event["server"]["event_id"]);
        }
    }

    #[test]
    fn counts_what_one_channel_repeats() {
        let mut meta = Meta::new();
        meta.browser(&hit("Purchase", "ord-1001"));
        for _ in 0..3 {
            meta.server(purchase());
            meta.browser(&hit("Purchase", "ord-1001"));
        }
        let shown = meta.show("");
        assert_eq!(shown["events"].as_array().unwrap().len(), 1);
        assert_eq!((&shown["events"][0]["browser"]["copies"], &shown["events"][0]["server"]["copies"]), (&json!(4), &json!(3)));
        assert_eq!(shown["totals"], json!({
            "browser_copies": 4, "server_copies": 3, "repeated_copies": 5, "events": 1, "merged": 1
        }));
    }

    #[test]
    fn ends_after_forty_eight_hours() {
        let mut meta = Meta::new();
        meta.browser(&hit("Purchase", "ord-1001"));
        meta.later(48 * HOUR_MILLIS);
        let fresh = purchase_with("/event_time", json!(meta.now_millis / 1000));
        meta.server(fresh.clone());
        assert_eq!(meta.counts()["merged"], 1);

        let mut meta = Meta::new();
        meta.browser(&hit("Purchase", "ord-1001"));
        meta.later(48 * HOUR_MILLIS + 1);
        meta.server(fresh);
        assert_eq!(meta.counts()["merged"], 0);
        for reason in meta.reasons() {
            assert!(reason.contains("more than 48 hours apart (about 49)"), "{reason}");
        }
        // The later one starts a window of its own.
        meta.browser(&hit("Purchase", "ord-1001"));
        assert_eq!(meta.counts()["merged"], 1);
    }

    #[test]
    fn by_person_takes_the_browser_first_and_the_server_second() {
        let mut meta = Meta::new();
        meta.browser(&hit("Lead", ""));
        meta.server(lead(json!({})));
        assert_eq!(meta.merged_by(), ["fbp"]);

        let mut meta = Meta::new();
        meta.server(lead(json!({})));
        meta.browser(&hit("Lead", ""));
        assert_eq!(meta.counts()["merged"], 0);
        let reasons = meta.reasons();
        assert!(reasons.iter().all(|reason| reason.starts_with("Neither copy carries an event id, and the server's copy came first")), "{reasons:?}");
    }

    #[test]
    fn by_person_favours_the_external_id() {
        let mut meta = Meta::new();
        meta.browser(&format!("id=1234567890&ev=Lead&fbp={FBP}&ud[external_id]=u1"));
        meta.server(lead(json!({ "user_data": { "fbp": FBP, "external_id": ["u0", "u1"] } })));
        assert_eq!(meta.merged_by(), ["external_id"]);
    }

    #[test]
    fn by_person_needs_one_copy_without_an_id() {
        let mut meta = Meta::new();
        meta.browser(&hit("Lead", "a"));
        meta.server(lead(json!({})));
        assert_eq!(meta.merged_by(), ["fbp"]);

        let mut meta = Meta::new();
        meta.browser(&hit("Lead", ""));
        meta.server(lead(json!({ "event_id": "b" })));
        assert_eq!(meta.merged_by(), ["fbp"]);

        let mut meta = Meta::new();
        meta.browser(&hit("Lead", "a"));
        meta.server(lead(json!({ "event_id": "b" })));
        assert_eq!(meta.reasons(), vec!["The event ids differ: browser \"a\", server \"b\" (same fbp)."; 2]);
    }

    #[test]
    fn by_person_ends_after_forty_eight_hours() {
        for (after, merged) in [(48 * HOUR_MILLIS, 1), (48 * HOUR_MILLIS + 1, 0)] {
            let mut meta = Meta::new();
            meta.browser(&hit("Lead", ""));
            meta.later(after);
            meta.server(lead(json!({ "event_time": meta.now_millis / 1000 })));
            assert_eq!(meta.counts()["merged"], merged);
        }
    }

    #[test]
    fn by_person_never_joins_copies_of_one_channel() {
        let mut meta = Meta::new();
        meta.browser(&hit("Lead", ""));
        meta.browser(&hit("Lead", ""));
        assert_eq!(meta.counts()["browser"], 2);

        let mut meta = Meta::new();
        meta.server(lead(json!({})));
        meta.server(lead(json!({})));
        assert_eq!(meta.counts()["server"], 2);
    }

    #[test]
    fn by_person_pairs_each_browser_event_before_one_twice() {
        let mut meta = Meta::new();
        for _ in 0..2 {
            meta.browser(&hit("Lead", ""));
        }
        for _ in 0..3 {
            meta.server(lead(json!({})));
        }
        let shown = meta.show("");
        assert_eq!(shown["counts"]["merged"], 2);
        let copies: u64 = shown["events"].as_array().unwrap().iter().map(|event| event["server"]["copies"].as_u64().unwrap()).sum();
        assert_eq!((shown["counts"]["server_only"].as_u64(), copies), (Some(0), 3));
    }

    #[test]
    fn keeps_persons_names_and_datasets_apart() {
        let mut meta = Meta::new();
        meta.browser("id=1234567890&ev=Lead&fbp=fb.1.1789990000000.2");
        meta.browser(&hit("Contact", ""));
        meta.browser(&format!("id=999&ev=Lead&fbp={FBP}"));
        meta.server(lead(json!({})));
        assert_eq!(meta.counts()["merged"], 0);
    }

    #[test]
    fn says_that_the_other_copy_has_not_arrived() {
        let mut meta = Meta::new();
        meta.browser(&hit("Purchase", "ord-1001"));
        meta.server(lead(json!({ "event_id": "lead-1" })));
        assert_eq!(meta.reasons(), ["No browser copy has arrived (yet).", "The server's copy has not arrived (yet)."]);
        meta.later(49 * HOUR_MILLIS);
        assert_eq!(meta.reasons(), ["No browser copy arrived within 48 hours.", "The server's copy did not arrive within 48 hours."]);
    }

    #[test]
    fn says_that_a_copy_carries_no_event_id() {
        let mut meta = Meta::new();
        meta.browser("id=1&ev=Lead");
        meta.browser(&hit("Lead", ""));
        meta.server(lead(json!({ "user_data": { "external_id": "u1" } })));
        let reasons = meta.reasons();
        assert!(reasons[0].contains("The server's copy carries no event id"), "{reasons:?}");
        assert!(reasons[1].contains("The browser's copy carries no event id, so only its fbp"), "{reasons:?}");
        assert!(reasons[2].contains("no event id, no fbp and no external_id"), "{reasons:?}");
    }

    #[test]
    fn says_which_copy_came_without_an_id_and_too_early() {
        let mut meta = Meta::new();
        meta.server(lead(json!({ "event_id": "a" })));
        meta.browser(&hit("Lead", ""));
        let reasons = meta.reasons();
        assert!(reasons.iter().all(|reason| reason.starts_with("The browser's copy carries no event id, and the server's copy came first")), "{reasons:?}");
    }

    #[test]
    fn says_that_the_names_or_the_datasets_differ() {
        let mut meta = Meta::new();
        meta.browser(&hit("purchase", "ord-1001"));
        meta.server(purchase());
        assert_eq!(meta.reasons(), vec!["Same id but different names: browser \"purchase\", server \"Purchase\"."; 2]);

        let mut meta = Meta::new();
        meta.browser("id=999&ev=Purchase&eid=ord-1001");
        meta.server(purchase());
        assert_eq!(meta.reasons(), vec!["Same id and name, but different datasets: browser \"999\", server \"1234567890\"."; 2]);
    }

    #[test]
    fn says_that_an_id_was_put_where_meta_ignores_it() {
        let mut meta = Meta::new();
        meta.browser("id=1&ev=Lead&cd[eventID]=a");
        assert!(meta.reasons()[0].contains("{eventID: …}"));
        let mut meta = Meta::new();
        meta.server(lead(json!({ "custom_data": { "event_id": "a" } })));
        assert!(meta.reasons()[0].contains("custom_data"));
    }

    #[test]
    fn compares_a_person_with_the_nearest_event_of_the_other_channel() {
        let mut meta = Meta::new();
        for n in 0..20 {
            meta.browser(&hit("PageView", &format!("b{n}")));
            meta.server(lead(json!({ "event_name": "PageView", "event_id": format!("s{n}"), "event_time": meta.now_millis / 1000 })));
            meta.later(60_000);
        }
        let shown = meta.show("event_id=b7");
        assert_eq!(shown["events"][0]["why_not"], "The event ids differ: browser \"b7\", server \"s7\" (same fbp).");
    }
}

mod the_api {
    use super::*;

    #[test]
    fn shows_the_servers_copy_as_it_was_sent() {
        let mut meta = Meta::new();
        let (_, answer) = meta.post(&json!({ "data": [purchase()] }));
        let event = &meta.show("")["events"][0];
        assert_eq!(event["browser"], json!(null));
        assert_eq!(event["server"], json!({
            "received_at_millis": NOW_MILLIS,
            "event_time": EVENT_TIME,
            "event_id": "ord-1001",
            "fbp": FBP,
            "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123",
            "url": "https://shop.example.com/thanks?o=1001",
            "referrer": null,
            "action_source": "website",
            "client_ip_address": "2001:db8::5",
            "client_user_agent": "Mozilla/5.0 ...",
            "data_processing_options": null,
            "user_data": purchase()["user_data"],
            "custom_data": purchase()["custom_data"],
            "copies": 1,
            "fbtrace_id": answer["fbtrace_id"]
        }));
    }

    #[test]
    fn shows_every_request_newest_first_and_never_a_token() {
        let mut meta = Meta::new();
        meta.post(&json!({ "data": [purchase()], "partner_agent": "capi-bridge", "access_token": "sEcReT" }));
        meta.post(&json!({ "data": [purchase_with("/event_time", json!("soon"))] }));
        let shown = meta.show("");
        assert_eq!(shown["requests"][1], json!({
            "received_at_millis": NOW_MILLIS, "status": 200, "version": "v26.0", "dataset_id": "1234567890",
            "test_event_code": null, "partner_agent": "capi-bridge", "user_agent": null,
            "events": [{ "event_name": "Purchase", "event_id": "ord-1001", "event_time": EVENT_TIME }],
            "error": null, "fbtrace_id": "sandbox-00000001"
        }));
        let refused = &shown["requests"][0];
        assert_eq!((&refused["status"], &refused["error"]["error_subcode"]), (&json!(400), &json!(2_804_019)));
        assert_eq!(refused["events"][0]["event_time"], "soon");
        assert!(!shown.to_string().contains("sEcReT"));
    }

    #[test]
    fn filters_by_name_dataset_and_id_and_limits_what_it_shows() {
        let mut meta = Meta::new();
        meta.server(purchase());
        meta.browser("id=999&ev=Purchase&eid=x");
        meta.browser("id=1234567890&ev=Lead&eid=y");
        let count = |meta: &mut Meta, query: &str| meta.show(query)["events"].as_array().unwrap().len();
        assert_eq!(count(&mut meta, "event_name=Purchase"), 2);
        assert_eq!(count(&mut meta, "event_name=Purchase&dataset_id=999"), 1);
        assert_eq!(count(&mut meta, "event_id=y&_=123"), 1);
        assert_eq!(meta.show("dataset_id=999")["requests"], json!([]));
        let limited = meta.show("limit=1");
        assert_eq!((limited["events"][0]["event_name"].as_str(), limited["events"][1].as_str()), (Some("Lead"), None));
        assert_eq!(limited["counts"]["browser"], 2);
        assert!(meta.show("limit=all")["error"]["message"].as_str().unwrap().starts_with("limit: "));
    }

    #[test]
    fn forgets_everything_when_told() {
        let mut meta = Meta::new();
        meta.server(purchase());
        let answer = meta.call(Request { method: "DELETE", path: "/api/events", ..Request::default() });
        assert_eq!(json_of(&answer), json!({ "events_forgotten": 1, "requests_forgotten": 1 }));
        let shown = meta.show("");
        assert_eq!((&shown["events"], &shown["requests"], &shown["total_requests"]), (&json!([]), &json!([]), &json!(0)));
        // Nothing of the old copy is left to merge with.
        meta.browser("id=1234567890&ev=Purchase&eid=ord-1001");
        assert_eq!(meta.counts()["merged"], 0);
    }

    #[test]
    fn tells_its_health() {
        let answer = Meta::new().call(Request { method: "GET", path: "/api/health", ..Request::default() });
        assert_eq!(json_of(&answer), json!({ "status": "ok", "events": 0, "requests": 0 }));
    }

    #[test]
    fn is_open_to_pages_of_any_origin() {
        for (method, path, status) in [
            ("GET", "/api/events", 200),
            ("HEAD", "/api/events", 200),
            ("OPTIONS", "/api/fault", 204),
            ("POST", "/api/health", 405),
            ("GET", "/api/none", 404),
        ] {
            let answer = Meta::new().call(Request { method, path, ..Request::default() });
            assert_eq!(answer.status, status);
            assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"), "{method} {path}");
            assert_eq!(answer.body.is_empty(), matches!(method, "HEAD" | "OPTIONS"));
        }
    }

    #[test]
    fn lists_its_routes_where_there_is_none() {
        for path in ["/", "/api", "/v26.0/1/activities", "/vx/1/events", "/v26.0/1/events/2", "/v./1/events", ""] {
            let answer = Meta::new().call(Request { method: "POST", path, ..Request::default() });
            assert_eq!(answer.status, 404, "{path:?}");
            assert!(json_of(&answer)["routes"].as_array().unwrap().len() > 5);
        }
    }

    #[test]
    fn says_which_methods_a_route_takes() {
        for (path, allowed) in [
            ("/v26.0/1/events", "POST"),
            ("/tr", "GET, POST"),
            ("/api/events", "GET, DELETE"),
            ("/api/fault", "GET, PUT, DELETE"),
            ("/api/health", "GET"),
        ] {
            let answer = Meta::new().call(Request { method: "PATCH", path, ..Request::default() });
            assert_eq!((answer.status, header(&answer, "allow")), (405, Some(allowed)));
        }
    }
}

mod a_fault {
    use super::*;

    #[test]
    fn fails_the_next_posts_and_stores_nothing_but_their_ids_and_times() {
        let mut meta = Meta::new();
        assert_eq!(json_of(&meta.fault(r#"{"status":500,"times":2}"#)), json!({ "fault": { "status": 500, "remaining": 2 } }));
        for remaining in [json!({ "status": 500, "remaining": 1 }), json!(null)] {
            let (status, answer) = meta.post(&json!({ "data": [purchase()] }));
            let error = &answer["error"];
            assert_eq!((status, &error["code"], &error["is_transient"]), (500, &json!(2), &json!(true)));
            let shown = meta.show("");
            assert_eq!(shown["fault"], remaining);
            assert_eq!(shown["counts"]["server"], 0);
            assert_eq!(shown["counts"]["refused"], 0);
            assert_eq!(shown["requests"][0]["events"][0], json!({
                "event_name": "Purchase", "event_id": "ord-1001", "event_time": EVENT_TIME
            }));
            assert_eq!(shown["requests"][0]["error"]["code"], 2);
        }
        assert_eq!(meta.post(&json!({ "data": [purchase()] })).0, 200);
    }

    #[test]
    fn says_what_meta_says_with_its_status() {
        for (wanted, code) in [(400, 100), (401, 190), (403, 200), (429, 4), (500, 2), (503, 2)] {
            let mut meta = Meta::new();
            meta.fault(&json!({ "status": wanted }).to_string());
            let (status, answer) = meta.post(&json!({ "data": [purchase()] }));
            assert_eq!((status, &answer["error"]["code"]), (wanted, &json!(code)));
        }
    }

    #[test]
    fn answers_with_a_body_of_ones_own() {
        for (body, content_type) in [("<h1>Sorry</h1>", "text/html; charset=utf-8"), (r#"{"error":{"code":368}}"#, "application/json; charset=utf-8")] {
            let mut meta = Meta::new();
            meta.fault(&json!({ "status": 502, "body": body }).to_string());
            let answer = meta.call(Request { method: "POST", path: "/v26.0/1/events", ..Request::default() });
            assert_eq!((answer.status, answer.content_type, &answer.body[..]), (502, content_type, body.as_bytes()));
            assert!(meta.show("")["requests"][0]["error"].is_object());
        }
    }

    #[test]
    fn spares_the_pixel_and_the_api() {
        let mut meta = Meta::new();
        meta.fault(r#"{"status":503,"times":9}"#);
        meta.browser("id=1&ev=Lead");
        assert_eq!(meta.show("")["fault"]["remaining"], 9);
    }

    #[test]
    fn can_be_seen_and_taken_back() {
        let mut meta = Meta::new();
        meta.fault(r#"{"status":503}"#);
        let see = |meta: &mut Meta, method| json_of(&meta.call(Request { method, path: "/api/fault", ..Request::default() }));
        assert_eq!(see(&mut meta, "GET"), json!({ "fault": { "status": 503, "remaining": 1 } }));
        assert_eq!(see(&mut meta, "DELETE"), json!({ "fault": null }));
        assert_eq!(meta.post(&json!({ "data": [purchase()] })).0, 200);
    }

    #[test]
    fn must_be_asked_for_properly() {
        for (body, named) in [
            ("", "status"),
            ("{}", "status"),
            (r#"{"status":200}"#, "status: "),
            (r#"{"status":600}"#, "status: "),
            (r#"{"status":"500"}"#, "at status"),
            (r#"{"status":500,"times":0}"#, "times: "),
            (r#"{"status":500,"times":1000000}"#, "times: "),
            (r#"{"status":500,"tims":3}"#, "tims"),
        ] {
            let answer = Meta::new().fault(body);
            assert_eq!(answer.status, 400, "{body}");
            let message = json_of(&answer)["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(named), "{body}: {message}");
        }
    }
}

mod memory {
    use super::*;

    #[test]
    fn keeps_the_newest_ten_thousand_events_and_counts_all() {
        let mut meta = Meta::new();
        for n in 0..10_100 {
            meta.browser(&format!("id=1&ev=Lead&eid=e{n}&fbp={FBP}"));
        }
        let shown = meta.show("");
        assert_eq!(shown["counts"]["browser"], 10_000);
        assert_eq!(shown["totals"]["browser_copies"], 10_100);
        assert_eq!(shown["events"][9_999]["event_id"], "e100");
    }

    #[test]
    fn keeps_the_newest_thousand_requests() {
        let mut meta = Meta::new();
        for n in 0..1_010 {
            meta.post(&json!({ "data": [lead(json!({ "event_id": format!("e{n}") }))] }));
        }
        let shown = meta.show("");
        assert_eq!(shown["requests"].as_array().unwrap().len(), 1_000);
        assert_eq!(shown["requests"][999]["events"][0]["event_id"], "e10");
        assert_eq!(shown["total_requests"], 1_010);
    }

    #[test]
    fn keeps_fewer_events_when_they_are_large() {
        let mut meta = Meta::new();
        let large = "x".repeat(1024 * 1024);
        for n in 0..80 {
            meta.server(lead(json!({ "event_id": format!("e{n}"), "custom_data": { "note": large } })));
        }
        let kept = meta.counts()["server"].as_u64().unwrap();
        assert!((50..70).contains(&kept), "{kept}");
    }

    /// A scan per event would take minutes here.
    #[test]
    fn takes_a_hundred_thousand_events_of_one_person_in_a_few_seconds() {
        let mut meta = Meta::new();
        for batch in 0..100 {
            let events: Vec<Value> = (0..1000)
                .map(|n| {
                    let id = batch * 1000 + n;
                    if n % 2 == 0 {
                        meta.browser(&format!("id=1234567890&ev=Lead&fbp={FBP}&eid=b{id}"));
                    }
                    lead(if n % 3 == 0 { json!({}) } else { json!({ "event_id": format!("s{id}") }) })
                })
                .collect();
            assert_eq!(meta.post(&json!({ "data": events })).0, 200);
        }
        let shown = meta.show("limit=10");
        assert_eq!(shown["totals"]["server_copies"], 100_000);
        assert_eq!(shown["events"].as_array().unwrap().len(), 10);
    }
}

fn any_method() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]).prop_map(str::to_owned),
        ".{0,8}",
    ]
}

fn any_path() -> impl Strategy<Value = String> {
    let routes = vec!["/v26.0/1234567890/events", "/v1/x/events", "/tr", "/tr/", "/api/events", "/api/fault", "/api/health"];
    prop_oneof![4 => prop::sample::select(routes).prop_map(str::to_owned), 1 => "/.{0,40}", 1 => ".{0,20}"]
}

/// JSON that often has the keys that are looked for, with values of any kind.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = vec![
        "data", "event_name", "event_time", "event_id", "action_source", "event_source_url", "user_data", "custom_data",
        "value", "currency", "contents", "id", "em", "fbp", "external_id", "status", "times", "body", "access_token",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["Purchase", "website", "EUR", "https://a.example/", FBP, HASH_OF_JANE]).prop_map(Value::from),
        Just(json!(EVENT_TIME)),
        Just(json!(500)),
    ];
    leaf.prop_recursive(6, 48, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.clone()), inner), 0..10)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        any_json().prop_map(|json| json!({ "data": [json], "access_token": "t" }).to_string().into_bytes()),
        prop::collection::vec(("(id|ev|eid|fbp|ts|cd\\[.{0,5}\\]|ud\\[external_id\\])", ".{0,12}"), 0..8)
            .prop_map(|pairs| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_anything_below_500_unless_a_fault_was_asked_for(
        calls in prop::collection::vec(
            (any_method(), any_path(), any_body(), any_body(), prop::option::of(".{0,20}"), prop::sample::select(vec![
                None, Some("application/json"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data"),
            ]), any::<u64>()),
            1..8,
        )
    ) {
        let mut sandbox = Sandbox::new();
        for (method, path, query, body, authorization, content_type, now_millis) in &calls {
            let query = String::from_utf8_lossy(query);
            let request = Request {
                method,
                path,
                query: &query,
                authorization: authorization.as_deref(),
                content_type: *content_type,
                user_agent: None,
                client_ip: None,
                body,
            };
            let fault = Request { method: "GET", path: "/api/fault", ..Request::default() };
            let faulty = sandbox.answer(0, &fault).body != br#"{"fault":null}"#;
            let answer = sandbox.answer(*now_millis, &request);
            prop_assert!(faulty || answer.status < 500, "{request:?}: {answer:?}");
            let shown = sandbox.answer(*now_millis, &Request { method: "GET", path: "/api/events", ..Request::default() });
            prop_assert_eq!(shown.status, 200);
            prop_assert!(serde_json::from_slice::<Value>(&shown.body).is_ok());
        }
    }

    #[test]
    fn merges_the_same_pairs_in_whatever_order_they_come(order in Just((0..24).collect::<Vec<u32>>()).prop_shuffle()) {
        let mut meta = Meta::new();
        for n in order {
            let id = n / 2;
            if n % 2 == 0 {
                meta.browser(&format!("id=1234567890&ev=Lead&eid=e{id}&fbp={FBP}"));
            } else {
                meta.server(lead(json!({ "event_id": format!("e{id}") })));
            }
        }
        prop_assert_eq!(meta.counts(), json!({
            "browser": 12, "server": 12, "merged": 12, "browser_only": 0, "server_only": 0, "refused": 0
        }));
        prop_assert_eq!(meta.merged_by(), vec!["event_id"; 12]);
    }
}

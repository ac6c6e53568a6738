//! Tests the Graph API's contract with the posts of its clients in `sources/graph.json`.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

#[path = "support/any_json.rs"]
mod any_json;

use capi_bridge::relay::{
    Admission, Admitted, Answer, Config, Door, DoorSecrets, Head, Intake, Moment, Place, Unread,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW_MILLIS: u64 = 1_790_000_000_000;
const KEY: &str = "0123456789abcdef0123456789abcdef";
const DATASET: &str = "1234567890";
const FORM: &str = "application/x-www-form-urlencoded";

/// One call, with its headers.
struct Posted<'a> {
    headers: &'a [(&'a str, String)],
    query: &'a str,
    content_type: &'a str,
    dataset: &'a str,
    body: &'a [u8],
}

impl Default for Posted<'_> {
    fn default() -> Self {
        let (headers, query, body) = (&[], "", &[]);
        Self { headers, query, content_type: "application/json", dataset: DATASET, body }
    }
}

/// Runs `decide` at a moment of the worker.
fn at<T>(decide: impl FnOnce(&mut Moment<'_>) -> T) -> T {
    let config = Config::read(r#"{"datasets":["1234567890"],"allowedOrigins":[]}"#).unwrap();
    decide(&mut Moment {
        config: &config,
        secrets: &DoorSecrets::read(&config, [("BRIDGE_KEY", KEY)]).unwrap(),
        now_millis: NOW_MILLIS,
        entropy: &mut || Some([7; 16]),
    })
}

/// Returns the admitted call, or the answer that it gets before its body is read.
fn admit_to(door: &mut Door, posted: &Posted<'_>) -> Result<Admitted, Answer> {
    let header = |name: &str| {
        let said = posted.headers.iter().find(|(is, _)| *is == name).map(|(_, is)| is.clone());
        said.or_else(|| (name == "content-type").then(|| posted.content_type.to_owned()))
    };
    let url = format!("https://bridge.example/v26.0/{}/events?{}", posted.dataset, posted.query);
    let (peer, place) = (Some("8.8.4.4"), Place::default());
    let head = Head { method: "POST", url: &url, header: &header, peer, place };
    match at(|moment| door.admit(moment, &head)).unwrap() {
        Admission::Admitted(admitted) => Ok(*admitted),
        Admission::Answer(answer) => Err(answer),
        Admission::NotOurs => unreachable!("expected a path of the door"),
    }
}

/// Returns the intake of a call, or the answer that it gets before its body is read.
fn post_to(door: &mut Door, posted: &Posted<'_>) -> Result<Intake, Answer> {
    let admitted = admit_to(door, posted)?;
    Ok(at(|moment| door.take(moment, admitted, posted.body)).unwrap())
}

fn post(posted: &Posted<'_>) -> Result<Intake, Answer> {
    post_to(&mut Door::default(), posted)
}

fn with_key() -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {KEY}"))]
}

/// Posts JSON with the key in the header.
fn post_json(body: &Value) -> Intake {
    let body = body.to_string();
    post(&Posted { headers: &with_key(), body: body.as_bytes(), ..Posted::default() }).unwrap()
}

/// Asserts that `found` has every member of `expected`.
fn assert_holds(found: &Value, expected: &Value, name: &str) {
    match expected {
        Value::Object(members) => {
            for (key, expected) in members {
                assert_holds(&found[key], expected, name);
            }
        }
        _ => assert_eq!(found, expected, "{name}"),
    }
}

#[test]
fn each_call_of_the_vectors_is_answered_and_kept_as_they_say() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("vectors/sources/graph.json")).unwrap();
    assert!(vectors.len() > 50, "the vectors were read");
    for row in &vectors {
        let name = row["name"].as_str().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().replace("{key}", KEY);
        let mut headers: Vec<(&str, String)> = row["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(header, value)| (header.as_str(), text(value)))
            .collect();
        let said = |header| headers.iter().any(|(is, _)| *is == header);
        // An empty object means no headers at all, not even the key.
        if row["headers"] != json!({}) && !said("authorization") {
            headers.extend(with_key());
        }
        let body = match row["form"].as_object() {
            Some(fields) => form(fields),
            None => row["body"].to_string().replace("{key}", KEY),
        };
        let posted = Posted {
            headers: &headers,
            query: &text(&row["query"]),
            content_type: row["content_type"].as_str().unwrap_or("application/json"),
            dataset: row["dataset"].as_str().unwrap_or(DATASET),
            body: body.as_bytes(),
        };
        let (answer, events) = match post(&posted) {
            Ok(Intake { answer, events, .. }) => (answer, events),
            Err(answer) => (answer, Vec::new()),
        };
        assert_eq!(u64::from(answer.status), row["status"].as_u64().unwrap(), "{name}: {answer:?}");
        assert_holds(&answer.body, &row["answer"], name);
        assert_eq!(trace_id(&answer.body).len(), 32, "{name}");
        for path in row["messages_about"].as_array().into_iter().flatten() {
            let messages = answer.body["messages"].to_string();
            assert!(messages.contains(path.as_str().unwrap()), "{name}: {messages}");
        }
        let stored: Vec<Value> =
            events.iter().map(|kept| serde_json::from_str(&kept.event).unwrap()).collect();
        let expected = row["events"].as_array().cloned().unwrap_or_default();
        assert_eq!(stored, expected, "{name}");
        for kept in &events {
            let main_body: Map<String, Value> =
                serde_json::from_str(&kept.main_body).unwrap_or_default();
            let expected = row["main_body"].as_object().cloned().unwrap_or_default();
            assert_eq!(main_body, expected, "{name}");
        }
    }
}

fn form(fields: &Map<String, Value>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        let text =
            value.as_str().map_or_else(|| value.to_string(), |text| text.replace("{key}", KEY));
        form.append_pair(name, &text);
    }
    form.finish()
}

fn trace_id(body: &Value) -> &str {
    let trace = body.get("fbtrace_id").or_else(|| body["error"].get("fbtrace_id"));
    trace.and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn an_error_says_field_and_reason_where_sdks_look_for_them() {
    let event = json!({
        "event_name": "Purchase", "event_time": 1_789_999_990, "action_source": "email",
        "user_data": { "em": "jane@example.com" }, "custom_data": { "currency": "EUR" },
    });
    let error = &post_json(&json!({ "data": [event] })).answer.body["error"];
    let sentence = "data[0].custom_data.value: expected a number: a Purchase needs its value";
    assert_eq!(error["error_user_msg"], sentence);
    assert_eq!(error["message"], format!("(#100) Invalid parameter: {sentence}"));
    assert_eq!(error["error_user_title"], "Event Not Kept");
    assert_eq!(error["error_data"]["blame_field_specs"], json!([["data[0].custom_data.value"]]));
}

#[test]
fn a_thousand_events_are_taken_and_not_one_more() {
    let event = json!({
        "event_name": "Lead", "event_time": 1_789_999_990, "action_source": "email",
        "user_data": { "external_id": "user-1" },
    });
    let of = |count| post_json(&json!({ "data": vec![event.clone(); count] }));
    assert_eq!(of(1000).answer.body["events_received"], 1000);
    let (answer, events) = (of(1001).answer, of(1001).events);
    assert_eq!((answer.status, events.len()), (400, 0));
    assert_eq!(answer.body["error"]["error_data"]["blame_field_specs"], json!([["data"]]));
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let body = vec![b' '; 4 * 1024 * 1024 + 1];
    let posted = Posted { headers: &with_key(), body: &body, ..Posted::default() };
    let answer = post(&posted).unwrap().answer;
    assert_eq!((answer.status, &answer.body["error"]["code"]), (413, &json!(100)));
}

#[test]
fn a_length_above_the_limit_is_not_held() {
    let mut door = Door::default();
    let mut admitted = admit_to(&mut door, &Posted::default()).ok().unwrap();
    let config = Config::read(r#"{"datasets":["1234567890"],"allowedOrigins":[]}"#).unwrap();
    // JavaScript's -5 as an unsigned number.
    assert!(!admitted.hold(&config, u32::MAX - 4));
    assert!(!admitted.hold(&config, admitted.max_body_bytes() + 2));
    assert!(admitted.hold(&config, admitted.max_body_bytes() + 1));
}

#[test]
fn guessing_keys_in_the_body_is_slowed_down_and_never_the_right_one() {
    let mut door = Door::default();
    let mut guess = |key: &str| {
        let body = json!({ "data": [], "access_token": key }).to_string();
        let posted = Posted { body: body.as_bytes(), ..Posted::default() };
        match post_to(&mut door, &posted) {
            Ok(intake) => intake.answer,
            Err(answer) => answer,
        }
    };
    let answers: Vec<Answer> = (0..12).map(|_| guess("wrong")).collect();
    assert_eq!((answers[0].status, answers[9].status), (401, 401));
    let refused = &answers[11];
    assert_eq!(refused.status, 429);
    assert_eq!(refused.body["error"]["code"], 4);
    assert_eq!(refused.body["error"]["is_transient"], true);
    assert!(refused.headers.iter().any(|(name, _)| *name == "retry-after"));
    // The key is right, but the events are wrong.
    let right = guess(KEY);
    assert_eq!(right.status, 400);
    assert_eq!(right.body["error"]["error_data"]["blame_field_specs"], json!([["data"]]));
}

#[test]
fn an_address_whose_bodies_do_not_come_fills_an_eighth_and_its_right_keys_still_count() {
    let mut door = Door::default();
    let config = Config::read(r#"{"datasets":["1234567890"],"allowedOrigins":[]}"#).unwrap();
    let eighth = config.max_body_bytes_in_flight / 8;
    let can_fill = |door: &mut Door, bytes: u32| {
        // A second request, because a body may have any size while it is the only one.
        let [mut one, mut other] = [(); 2].map(|()| admit_to(door, &Posted::default()).unwrap());
        one.hold(&config, 1) && (0..bytes / 1_000_000).all(|_| other.hold(&config, 1_000_000))
    };
    assert!(can_fill(&mut door, 2 * eighth));
    for why in [Unread::Slow, Unread::Broken] {
        for _ in 0..6 {
            let admitted = admit_to(&mut door, &Posted::default()).unwrap();
            at(|moment| door.unread(moment, &admitted, why)).unwrap();
        }
    }
    assert!(can_fill(&mut door, eighth / 2));
    assert!(!can_fill(&mut door, 2 * eighth));
    let body = json!({ "data": [], "access_token": KEY }).to_string();
    let posted = Posted { body: body.as_bytes(), ..Posted::default() };
    // The key is right, but the events are wrong.
    assert_eq!(post_to(&mut door, &posted).unwrap().answer.status, 400);
    // A key in the head has its own share.
    let mut known =
        admit_to(&mut door, &Posted { headers: &with_key(), ..Posted::default() }).unwrap();
    assert!((0..2 * eighth / 1_000_000).all(|_| known.hold(&config, 1_000_000)));
}

#[test]
fn a_key_in_the_body_is_found_wherever_it_stands_and_however_it_is_written() {
    let event = json!({
        "event_name": "Lead", "event_time": 1_789_999_990, "action_source": "email",
        "user_data": { "external_id": "user-1" },
    });
    let data = json!([event]).to_string();
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{data}\r\n--x\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n{KEY}\r\n--x--\r\n"
    );
    let mut fields = Map::new();
    fields.insert("data".to_owned(), json!([event]));
    fields.insert("access_token".to_owned(), KEY.into());
    let unicode: String = KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (content_type, body) in [
        ("application/json", format!(r#"{{"access_token":"{KEY}","data":{data}}}"#)),
        ("application/json", format!(r#"{{"data":{data},"access_token":"{unicode}"}}"#)),
        (FORM, format!(r#" {{"data":{data},"access_token":"{KEY}"}}"#)),
        (FORM, form(&fields)),
        ("multipart/form-data; boundary=x", multipart),
    ] {
        let posted = Posted { content_type, body: body.as_bytes(), ..Posted::default() };
        let intake = post(&posted).unwrap();
        assert_eq!(intake.answer.status, 200, "{body}: {:?}", intake.answer);
    }
}

#[test]
fn a_body_without_a_right_key_is_not_parsed() {
    // The body is no JSON after the key. A parser would report that before the key is checked.
    for (key, status) in [("wrong", 401), ("", 400)] {
        let body = format!(r#"{{"access_token":"{key}","data":[nonsense"#);
        let posted = Posted { body: body.as_bytes(), ..Posted::default() };
        let answer = post(&posted).unwrap().answer;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.to_string().contains("BRIDGE_KEY"), "{answer:?}");
    }
    let body = format!(r#"{{"access_token":"{KEY}","data":[nonsense"#);
    let posted = Posted { body: body.as_bytes(), ..Posted::default() };
    let answer = post(&posted).unwrap().answer;
    assert_eq!(answer.status, 400);
    assert!(answer.body.to_string().contains("expected JSON"), "{answer:?}");
}

#[test]
fn a_browser_of_another_site_costs_its_address_nothing_and_is_not_read() {
    let mut door = Door::default();
    let from_elsewhere = [
        ("origin", "https://evil.example".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-mode", "no-cors".to_owned()),
    ];
    for query in ["", "access_token=wrong"] {
        for _ in 0..100 {
            let posted = Posted { headers: &from_elsewhere, query, ..Posted::default() };
            let answer = admit_to(&mut door, &posted).err().unwrap();
            assert!([401, 403].contains(&answer.status), "{answer:?}");
        }
    }
    // The calls above used up none of the ten wrong keys that an address may try.
    let wrong = [("authorization", "Bearer wrong".to_owned())];
    let statuses: Vec<u16> = (0..11)
        .map(|_| admit_to(&mut door, &Posted { headers: &wrong, ..Posted::default() }))
        .map(|admitted| admitted.err().unwrap().status)
        .collect();
    assert_eq!((statuses[0], statuses[9], statuses[10]), (401, 401, 429));
}

#[test]
fn a_body_that_comes_too_slowly_gets_metas_shape_too() {
    let mut door = Door::default();
    let admitted = admit_to(&mut door, &Posted::default()).unwrap();
    let answer = at(|moment| door.unread(moment, &admitted, Unread::Slow)).unwrap();
    let error = &answer.body["error"];
    assert_eq!(
        (answer.status, &error["code"], &error["is_transient"]),
        (408, &json!(1), &json!(true))
    );
    assert_eq!(error["error_user_msg"], "expected the whole body within 10000 ms");
}

const NAMES: &str = "\
    data access_token test_event_code partner_agent event_name event_time event_id \
    event_source_url action_source user_data custom_data em fbp value currency contents id \
    order_id app_data extinfo original_event_data attribution_data messaging_channel lead_id \
    client_ip_address";
const TEXTS: &[&str] =
    &["Purchase", "website", "app", "business_messaging", "whatsapp", "EUR", KEY, "[{}]"];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, prop::sample::select(TEXTS).prop_map(Value::from))
}

/// Returns whether an answer is a receipt or an error object as Meta writes them, and no 5xx.
fn is_metas(answer: &Answer) -> bool {
    let Answer { status, body, .. } = answer;
    let error = &body["error"];
    let shape = match status {
        200 => body["events_received"].is_u64() && body["messages"].is_array(),
        400 | 401 | 403 | 413 | 429 => {
            error["code"].is_u64()
                && error["type"] == "OAuthException"
                && error["is_transient"].is_boolean()
                && ["message", "error_user_title", "error_user_msg"]
                    .iter()
                    .all(|name| error[name].as_str().is_some_and(|text| !text.is_empty()))
        }
        _ => false,
    };
    shape && trace_id(body).len() == 32
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_gets_an_answer_in_metas_shape(body in any_json(), has_key in any::<bool>()) {
        let body = body.to_string();
        let headers = with_key();
        let headers = if has_key { headers.as_slice() } else { &[] };
        match post(&Posted { headers, body: body.as_bytes(), ..Posted::default() }) {
            Ok(intake) => prop_assert!(is_metas(&intake.answer), "{:?}", intake.answer),
            Err(answer) => prop_assert!(is_metas(&answer), "{answer:?}"),
        }
    }

    #[test]
    fn any_list_of_events_gets_one_too_and_what_is_received_is_kept(data in prop::collection::vec(any_json(), 1..4)) {
        let intake = post_json(&json!({ "data": data }));
        prop_assert!(is_metas(&intake.answer), "{:?}", intake.answer);
        let received = intake.answer.body["events_received"].as_u64().unwrap_or(0);
        prop_assert_eq!(received, intake.events.len() as u64);
        for kept in &intake.events {
            prop_assert!(serde_json::from_str::<Value>(&kept.event).unwrap().is_object());
        }
    }

    #[test]
    fn any_bytes_in_any_kind_of_body_and_any_query_get_one_too(
        body in prop::collection::vec(any::<u8>(), 0..300),
        query in ".{0,40}",
        content_type in prop::sample::select(vec!["application/json", FORM, "multipart/form-data; boundary=x", "text/plain", ""]),
    ) {
        match post(&Posted { headers: &with_key(), query: &query, content_type, body: &body, ..Posted::default() }) {
            Ok(intake) => prop_assert!(is_metas(&intake.answer), "{:?}", intake.answer),
            Err(answer) => prop_assert!(is_metas(&answer), "{answer:?}"),
        }
    }

    #[test]
    fn an_answer_never_repeats_what_was_sent(field in prop::sample::select(vec![
        "event_name", "event_time", "event_source_url", "user_data", "custom_data", "action_source", "app_data",
        "data_processing_options", "original_event_data", "messaging_channel", "test_event_code",
    ]), text in "[a-z]{12,20}") {
        let mut event = json!({ "event_name": "Lead", "action_source": "email", "user_data": { "em": [text.clone()] } });
        event[field] = json!([text]);
        let answer = post_json(&json!({ "data": [event], "test_event_code": [text], "access_token": text })).answer;
        prop_assert!(!answer.body.to_string().contains(&text), "{:?}", answer);
    }
}

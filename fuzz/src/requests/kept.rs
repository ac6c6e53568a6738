//! Checks that hold for every answer and for every accepted event: Meta takes the event, and the
//! relay would accept it unchanged if it came again.

use std::net::IpAddr;

use capi_bridge::customer::Hashed;
use capi_bridge::event::{ActionSource, Unhashed};
use capi_bridge::identifiers::{Fbc, Fbp};
use capi_bridge::relay::{
    Accepted, Answer, Intake, MAX_BYTES_PER_REQUEST, Secrets, delivery, take,
};
use serde_json::{Map, Value};

use super::{CONFIG, DATASETS, NOW_MILLIS, NOW_SECONDS, PERSONAL, SECRETS, TOKEN, server};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The most problems of one event.
const MOST_PROBLEMS_OF_AN_EVENT: usize = 60;

/// Checks that an answer has one of these statuses and tells neither secrets nor personal
/// information.
pub(super) fn is_discreet(answer: &Answer, statuses: &[u16]) {
    assert!(statuses.contains(&answer.status), "{answer:?}");
    let text = format!("{:?}{}", answer.headers, answer.body);
    for secret in SECRETS.iter().chain(&PERSONAL) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for (name, value) in &answer.headers {
        assert!(!value.contains(|letter: char| letter.is_control()), "{name}: {value:?}");
    }
}

/// Checks that each problem has a code, a message and a path.
pub(super) fn are_problems(problems: &Value, events: usize) {
    let Some(problems) = problems.as_array() else { panic!("no list of problems: {problems}") };
    assert!(problems.len() <= (events + 1) * MOST_PROBLEMS_OF_AN_EVENT, "{}", problems.len());
    for problem in problems {
        for name in ["code", "message"] {
            assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        assert!(problem["path"].is_string() && problem["event_kept"].is_boolean(), "{problem}");
    }
}

/// Checks that every event is accepted, or refused with a reason.
pub(super) fn none_is_missing(intake: &Intake, given: usize) {
    let mut refused: Vec<&str> = intake.answer.body["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|problem| problem["event_kept"] == false)
        .filter_map(|problem| problem["path"].as_str()?.split(']').next())
        .collect();
    refused.dedup();
    assert_eq!(intake.events.len() + refused.len(), given, "{:?}", intake.answer);
}

/// Returns the events in a body of Meta's shape, if it can be read.
pub(super) fn given(body: &[u8]) -> Option<Vec<Value>> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return None };
    match body.get("data") {
        Some(Value::Array(data)) if body.get("source").is_none_or(Value::is_null) => {
            Some(data.clone())
        }
        _ => None,
    }
}

/// Checks that accepted events can be stored, sent, and accepted again. `visitor` is the address of
/// a page's connection. `is_sampled` turns on the slow checks; one input in four is enough for
/// them.
pub(super) fn are_sound(intake: &Intake, visitor: Option<IpAddr>, is_sampled: bool) {
    let Intake { answer, dataset_id, events, people, .. } = intake;
    assert_eq!(dataset_id.is_some(), !events.is_empty() || !people.is_empty());
    let Some(dataset_id) = dataset_id else { return };
    assert!((200..300).contains(&answer.status), "{answer:?}");
    assert!(DATASETS.contains(&dataset_id.as_str()), "{dataset_id}");
    for person in people {
        is_hashed(&read(&person.user_data));
        for key in person.keys.iter().chain(&person.same_as) {
            assert!(crate::is_lower_hex(key, 64), "{key:?}");
        }
    }
    for accepted in events {
        let event = read(&accepted.event);
        is_sound(accepted, &event);
        if let Some(visitor) = visitor {
            assert_eq!(event["user_data"]["client_ip_address"], visitor.to_string());
            assert_eq!(event["action_source"], "website");
        }
        if is_sampled {
            stays_as_it_is(accepted);
        }
    }
    if is_sampled {
        can_be_sent(dataset_id, events);
    }
}

fn read(json: &str) -> Map<String, Value> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => fields,
        other => panic!("no object: {other:?}"),
    }
}

fn is_sound(accepted: &Accepted, event: &Map<String, Value>) {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, id) = (text("event_name"), text("event_id"));
    assert!(!name.trim().is_empty() && name.chars().count() <= 50, "{name:?}");
    assert!((1..=256).contains(&crate::utf16_length(id)) && !id.chars().any(char::is_control));
    assert_eq!(accepted.key, format!("{name}\n{id}"));
    assert!(accepted.event.len() <= 64 * 1024);

    let Some(source) = ActionSource::from_name(text("action_source")) else {
        panic!("no action source: {event:?}")
    };
    let oldest = if source == ActionSource::PhysicalStore { 62 } else { 7 } * DAY_SECONDS;
    let time = event.get("event_time").and_then(Value::as_i64).unwrap_or_default();
    assert!((NOW_SECONDS - oldest..=NOW_SECONDS).contains(&time), "{time}");
    assert_eq!(accepted.send_before, time + oldest - 60);
    if source == ActionSource::Website {
        let url = text("event_source_url").to_ascii_lowercase();
        assert!(url.starts_with("https://") || url.starts_with("http://"), "{url:?}");
    }

    if let Some(data) = event.get("custom_data") {
        let value = data.get("value");
        let currency = data.get("currency");
        assert!(value.is_none_or(Value::is_number), "{data}");
        let code = currency.and_then(Value::as_str).unwrap_or_default();
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(is_code || currency.is_none() && value.is_none(), "{data}");
        let contents = data.get("contents");
        assert!(contents.is_none_or(Value::is_array), "{data}");
        for content in contents.and_then(Value::as_array).into_iter().flatten() {
            assert!(
                content["id"].is_number()
                    || content["id"].as_str().is_some_and(|id| !id.is_empty())
            );
        }
    }
    assert!(name != "Purchase" || event["custom_data"]["value"].is_number());
    is_hashed(event["user_data"].as_object().unwrap_or_else(|| panic!("no user_data: {event:?}")));
}

/// Checks that customer information is hashed, or is a field that Meta takes as it is.
fn is_hashed(user_data: &Map<String, Value>) {
    for (name, value) in user_data {
        let is_so = match (name.as_str(), value) {
            ("client_ip_address", Value::String(address)) => address.parse::<IpAddr>().is_ok(),
            ("client_user_agent", Value::String(agent)) => (1..=1024).contains(&agent.len()),
            ("fbp", Value::String(fbp)) => Fbp::parse(fbp).is_ok_and(|it| it.as_str() == fbp),
            ("fbc", Value::String(fbc)) => Fbc::parse(fbc).is_ok_and(|it| it.as_str() == fbc),
            (name, value) if Unhashed::from_key(name).is_some() => !value.is_null(),
            (_, Value::Array(hashes)) => {
                !hashes.is_empty()
                    && hashes.iter().all(|hash| hash.as_str().and_then(Hashed::parse).is_some())
            }
            _ => false,
        };
        assert!(is_so, "{name}: {value}");
    }
}

/// Checks that an event stays the same if a server posts it again.
fn stays_as_it_is(accepted: &Accepted) {
    let body = format!("{{\"data\":[{}]}}", accepted.event);
    let (connection, sender) = server(&|_| None);
    let again = take(&CONFIG, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || None);
    let Ok(again) = again else { panic!("an id is missing: {}", accepted.event) };
    for problem in again.answer.body["problems"].as_array().into_iter().flatten() {
        // Meta documents it as required for websites, and takes events without it.
        assert_eq!(problem["code"], "missing_client_user_agent", "{}", accepted.event);
    }
    assert_eq!(again.events.len(), 1, "{}", accepted.event);
    assert_eq!(again.events[0].key, accepted.key);
    if again.events[0].event != accepted.event {
        // Only events of a server get the click id of the page's address.
        let mut after = read(&again.events[0].event);
        if let Some(Value::Object(user_data)) = after.get_mut("user_data") {
            assert!(
                user_data.remove("fbc").is_some(),
                "{} {}",
                again.events[0].event,
                accepted.event
            );
        }
        assert_eq!(after, read(&accepted.event));
    }
}

/// Checks that one request can send the events: it is within the limits, and only its header has
/// the token.
fn can_be_sent(dataset_id: &str, accepted: &[Accepted]) {
    let events: Vec<String> = accepted.iter().map(|one| one.event.clone()).collect();
    assert!(events.len() <= 1000);
    let secrets = Secrets { token: TOKEN, app_secret: None };
    let main_body = accepted.first().map_or("", |one| one.main_body.as_str());
    let request = delivery(&CONFIG, dataset_id, &secrets, main_body, &events);
    assert_eq!(request.url, format!("https://graph.facebook.com/v27.0/{dataset_id}/events"));
    assert_eq!(request.authorization, format!("Bearer {TOKEN}"));
    assert!(request.body.len() <= MAX_BYTES_PER_REQUEST && !request.body.contains(TOKEN));
    let body = read(&request.body);
    let expected: Vec<Value> = events.iter().map(|event| Value::Object(read(event))).collect();
    assert_eq!(body.get("data"), Some(&Value::Array(expected)));
    for (name, value) in body.iter().filter(|(name, _)| *name != "data") {
        assert!(value.as_str().is_some_and(|text| text.chars().count() <= 256), "{name}: {value}");
    }
}

//! Checks Segment's calls and its webhook.

use capi_bridge::relay::SegmentCall;
use capi_bridge::sources::segment::{together, with_known};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;

use super::message::Message;
use super::{
    ORIGIN, PAGE_KEY, WEBHOOK_SECRET, WRITE_KEY, at_the_door, connection, is_sampled, kept,
};

/// The input is a message with `:call` in its head. Without `:key` the body gets the write key,
/// with `:key: page` the page's key, with another `:key` none. `:signed` gives a webhook the right
/// signature.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let said = |name: &str| match name {
        "origin" => message.header(name).or_else(|| Some(ORIGIN.to_owned())),
        name => message.header(name),
    };
    let key = match message.get(":key") {
        None => Some(WRITE_KEY),
        Some("page") => Some(PAGE_KEY),
        Some(_) => None,
    };
    let body = match (key, serde_json::from_slice(&message.body)) {
        (Some(key), Ok(Value::Object(mut fields))) => {
            fields.insert("writeKey".to_owned(), key.into());
            Value::Object(fields).to_string().into_bytes()
        }
        _ => message.body.clone(),
    };
    let name = message.get(":call").unwrap_or("batch");
    let name = SegmentCall::from_path(name).map_or("batch", |_| name);
    let is_webhook = message.get(":call") == Some("webhook");
    let path =
        if is_webhook { "/bridge/segment/webhook".to_owned() } else { format!("/v1/{name}") };
    let header = |name: &str| match name {
        "x-signature" if message.get(":signed").is_some() => Some(signature(&body)),
        name => said(name),
    };
    let (intake, _) = at_the_door(&path, &header, &body);
    if is_sampled(input) {
        let (again, _) = at_the_door(&path, &header, &body);
        assert_eq!((again.answer, again.events), (intake.answer.clone(), intake.events.clone()));
    }

    let answer = &intake.answer;
    kept::is_discreet(answer, &[200, 400, 401, 403]);
    assert_eq!(answer.body["success"], answer.status == 200, "{answer:?}");
    if answer.status == 200 {
        if let Some(problems) = answer.body.get("problems") {
            kept::are_problems(problems, intake.events.len() + 8);
        }
    } else {
        for name in ["code", "message"] {
            assert!(answer.body[name].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
        }
        kept::are_problems(&answer.body["problems"], 8);
    }
    let of_page = answer.headers.iter().any(|(name, _)| *name == "access-control-allow-origin");
    let of_page = of_page && message.get(":key") == Some("page") && !is_webhook;
    kept::are_sound(&intake, connection(&said).client_ip.filter(|_| of_page), is_sampled(input));
    what_is_known_goes_along(&intake.events, &intake.people);
}

/// Checks that the known information on a person adds to an event and changes nothing in it.
fn what_is_known_goes_along(
    events: &[capi_bridge::relay::Accepted],
    people: &[capi_bridge::relay::Person],
) {
    let known = || people.iter().map(|person| person.user_data.as_str());
    let all = together(known());
    assert_eq!(together([Value::Object(all.clone()).to_string().as_str()]), all);
    for accepted in events {
        for key in &accepted.known_as {
            assert!(crate::is_lower_hex(key, 64), "{key:?}");
        }
        let before: Value = serde_json::from_str(&accepted.event).unwrap_or_default();
        let completed = with_known(&accepted.event, known());
        let after: Value = serde_json::from_str(&completed).unwrap_or_default();
        assert_eq!(with_known(&completed, known()), completed);
        let fields = |event: &Value| event["user_data"].as_object().cloned().unwrap_or_default();
        for (name, value) in fields(&before) {
            assert_eq!(after["user_data"][&name], value);
        }
        for (name, value) in fields(&after) {
            assert!(before["user_data"].get(&name).or(all.get(&name)) == Some(&value), "{name}");
        }
    }
}

fn signature(body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(WEBHOOK_SECRET.as_bytes()) else {
        panic!("any secret will do")
    };
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

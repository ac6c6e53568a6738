//! Checks requests of clients of the Graph API.

use capi_bridge::relay::Answer;
use serde_json::Value;

use super::message::Message;
use super::{DATASETS, KEY, at_the_door, is_sampled, kept};

/// The input is a message with `:query` and `:dataset` in its head. With `:form`, its JSON goes
/// into a form. Without a key or `:keyless`, the right key is in the header.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let says_key = message.get("authorization").is_some() || message.get(":keyless").is_some();
    let header = |name: &str| match name {
        "authorization" if !says_key => Some(format!("Bearer {KEY}")),
        name => message.header(name),
    };
    let body = match message.get(":form") {
        Some(rest) => format!("data={}&{rest}", escaped(&message.body)).into_bytes(),
        None => message.body.clone(),
    };
    let dataset = message.get(":dataset").unwrap_or(DATASETS[0]);
    if dataset.is_empty() || !dataset.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let path = format!("/v26.0/{dataset}/events?{}", message.get(":query").unwrap_or_default());
    let (intake, is_read) = at_the_door(&path, &header, &body);
    if !is_read {
        return is_metas(&intake.answer);
    }
    if is_sampled(input) {
        let (again, _) = at_the_door(&path, &header, &body);
        assert_eq!((again.answer, again.events), (intake.answer.clone(), intake.events.clone()));
    }
    is_metas(&intake.answer);
    let received = intake.answer.body["events_received"].as_u64().unwrap_or_default();
    assert_eq!(received, intake.events.len() as u64);
    assert!(intake.people.is_empty());
    kept::are_sound(&intake, None, is_sampled(input));
}

/// Checks that an answer is a receipt or an error object, as Meta writes them.
fn is_metas(answer: &Answer) {
    kept::is_discreet(answer, &[200, 400, 401, 403]);
    let body = &answer.body;
    let texts = |value: &Value, names: &[&str]| {
        names.iter().all(|name| value[name].as_str().is_some_and(|text| !text.is_empty()))
    };
    if answer.status == 200 {
        assert!(body["events_received"].as_u64().is_some_and(|events| events > 0), "{body}");
        let messages = body["messages"].as_array().map(Vec::len);
        assert!(messages.is_some_and(|messages| messages <= 101), "{body}");
        assert!(texts(body, &["fbtrace_id"]), "{body}");
    } else {
        let error = &body["error"];
        let names = ["message", "type", "error_user_title", "error_user_msg", "fbtrace_id"];
        assert!(texts(error, &names) && error["code"].is_u64(), "{body}");
        assert!(error["is_transient"].is_boolean(), "{body}");
    }
}

/// Escapes bytes as in a form.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

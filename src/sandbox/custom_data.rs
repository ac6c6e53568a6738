//! Warnings on custom data. What refuses an event are rules that the worker asks as well
//! ([`crate::event::Facts`]). Source: `events.md` section 5, `http-api.md` section 3.2.

use serde_json::{Map, Value};

/// Adds what Meta was seen to take and documents otherwise.
pub(super) fn warn(custom_data: &Map<String, Value>, event_path: &str, messages: &mut Vec<String>) {
    let path = format!("{event_path}.custom_data");
    if custom_data.get("value").is_some_and(Value::is_string) {
        messages.push(format!("{path}.value: send a JSON number, not text."));
    }
    let currency = custom_data.get("currency").and_then(Value::as_str);
    if currency.is_some_and(|code| code.bytes().any(|byte| byte.is_ascii_lowercase())) {
        messages.push(format!("{path}.currency: send it in capitals."));
    }
}

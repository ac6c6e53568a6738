//! Warnings about custom data. The rules for which an event is refused are in
//! [`crate::event::Facts`], because the worker uses them as well. Source: `events.md` section 5,
//! `http-api.md` section 3.2.

use serde_json::{Map, Value};

/// Adds warnings about values that Meta was observed to take but documents differently.
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

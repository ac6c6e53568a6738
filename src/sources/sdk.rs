//! Corrects the fields that Meta's business SDKs write differently from Meta's documents.

use serde_json::{Map, Value};

/// The number of texts in `extinfo` (Meta, "App Data Parameters").
const EXTINFO: usize = 16;

/// Returns an event as Meta documents it.
pub(super) fn mended(mut event: Value) -> Value {
    for name in ["original_event_data", "attribution_data"] {
        if let Some(Value::Object(fields)) = event.get_mut(name) {
            *fields = std::mem::take(fields).into_iter().map(named).collect();
        }
    }
    if let Some(extinfo) = event.pointer_mut("/app_data/extinfo") {
        match extinfo {
            Value::Object(texts) => {
                if let Some(list) = listed(texts) {
                    *extinfo = Value::Array(list);
                }
            }
            Value::Array(texts) => texts.iter_mut().for_each(write_out),
            _ => {}
        }
    }
    event
}

/// Renames a field. In these two objects, the SDK for Node (24.0.1) uses the names of its private
/// members: `_event_name` for `event_name`.
fn named((name, value): (String, Value)) -> (String, Value) {
    match name.strip_prefix('_') {
        Some(meant) => (meant.to_owned(), value),
        None => (name, value),
    }
}

/// Converts `extinfo` to a list. The SDK for Node (24.0.1) writes it as an object by position,
/// without the values that are not known. Returns `None` for any other object.
fn listed(texts: &Map<String, Value>) -> Option<Vec<Value>> {
    let mut list = vec![Value::from(""); EXTINFO];
    for (position, text) in texts {
        let place = list.get_mut(position.parse::<usize>().ok()?)?;
        place.clone_from(text);
        write_out(place);
    }
    Some(list)
}

/// Converts a value to text. The SDK for Python (26.0.3) writes `null` for a value that is not
/// known. Both SDKs write numbers as numbers.
fn write_out(text: &mut Value) {
    match text {
        Value::Null => *text = "".into(),
        Value::Number(number) => *text = number.to_string().into(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn extinfo(written: Value) -> Value {
        mended(json!({ "app_data": { "extinfo": written } }))["app_data"]["extinfo"].take()
    }

    #[test]
    fn a_device_is_sixteen_texts_however_an_sdk_wrote_it() {
        let mut texts = vec![json!(""); 16];
        (texts[0], texts[4], texts[12]) = (json!("a2"), json!("15"), json!("8"));
        assert_eq!(extinfo(json!({ "0": "a2", "4": "15", "12": 8 })), json!(texts));
        let mut with_nulls = vec![Value::Null; 16];
        (with_nulls[0], with_nulls[4], with_nulls[12]) = (json!("a2"), json!("15"), json!(8));
        assert_eq!(extinfo(json!(with_nulls)), json!(texts));
    }

    #[test]
    fn what_no_sdk_wrote_so_stays_for_the_checks() {
        for other in [json!({ "16": "x" }), json!({ "version": "a2" }), json!("a2"), json!(["a2"])]
        {
            assert_eq!(extinfo(other.clone()), other);
        }
        for event in [json!(7), json!(null), json!({ "app_data": 7, "original_event_data": [] })] {
            assert_eq!(mended(event.clone()), event);
        }
    }
}

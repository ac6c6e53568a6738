//! Turns the notes of an order into an object. Shops store notes as a list of named values.

use serde_json::{Map, Value};

/// Returns the notes of a list such as `[{"key": "_fbp", "value": "…"}]` by their name, which is the
/// member `key` of a note. If a name comes twice, the later note is the newer one and counts.
pub(super) fn by_name(list: Option<&Value>, key: &str) -> Map<String, Value> {
    let notes = list.and_then(Value::as_array).into_iter().flatten();
    let named = notes.filter_map(|note| {
        let value = note.get("value").filter(|value| !value.is_object() && !value.is_array())?;
        Some((note.get(key)?.as_str()?.to_owned(), value.clone()))
    });
    named.collect()
}

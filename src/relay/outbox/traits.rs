//! Limits the customer information that is remembered of a person.

use crate::relay::config::MAX_TRAITS_BYTES;
use crate::sources::segment::together;

/// Fields that are kept first if the customer information of a person is too large.
const BEST_FIELDS: [&str; 3] = ["em", "ph", "external_id"];

/// Merges customer information, a JSON object each, and leaves out what is beyond
/// [`MAX_TRAITS_BYTES`]: values after the first of a field, then fields. Returns `None` if nothing
/// is known.
pub(super) fn traits<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let all = together(texts);
    if all.is_empty() {
        return None;
    }
    let json = serde_json::Value::Object(all.clone()).to_string();
    if json.len() <= MAX_TRAITS_BYTES {
        return Some(json);
    }
    let (best, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(key, _)| BEST_FIELDS.contains(&key.as_str()));
    let mut kept = serde_json::Map::new();
    let mut left = MAX_TRAITS_BYTES - "{}".len();
    for (key, mut value) in best.into_iter().chain(others) {
        if let Some(values) = value.as_array_mut() {
            values.truncate(1);
        }
        let bytes = key.len() + value.to_string().len() + "\"\":,".len();
        if let Some(rest) = left.checked_sub(bytes) {
            left = rest;
            kept.insert(key, value);
        }
    }
    Some(serde_json::Value::Object(kept).to_string())
}

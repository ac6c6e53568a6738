//! Reads the fields that a batch has for all of its calls.
//!
//! A batch may have 2,500 calls and 500 KB of shared fields. They are read once, and a call gets a
//! copy of only the values that are read later. A "no" of the batch is found once, too.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{DESTINATIONS, app, at};
use crate::event::{Problem, consent};
use crate::sources::mapping::Table;

/// The maximum number of values that each call of a batch inherits. Segment's own table reads 17
/// values of the context.
const MAX_SHARED_VALUES: usize = 200;
/// The maximum length of the shared `sentAt`, in bytes. A longer text is no time.
const MAX_SENT_AT_BYTES: usize = 64;
/// The name in `integrations` for all destinations that are not named.
const ALL: &str = "All";

/// The fields that a batch has for all of its calls.
#[derive(Default)]
pub struct Shared {
    /// The values of `context` that are read.
    context: Map<String, Value>,
    /// The names in `integrations` that count for Meta, and whether each is turned on.
    integrations: Vec<(&'static str, bool)>,
    /// The time at which the library sent the batch.
    sent_at: Option<Value>,
    /// The place of a "no" to advertising.
    no: Option<String>,
}

impl Shared {
    /// Reads a batch's shared fields. Also returns the problems: the values that no call inherits
    /// because they are too many.
    #[must_use]
    pub fn of(batch: &Map<String, Value>, table: &Table) -> (Self, Vec<Problem>) {
        let integrations = batch.get("integrations");
        let mut shared = Self {
            context: Map::new(),
            integrations: names()
                .filter_map(|name| Some((name, is_on(integrations, name)?)))
                .collect(),
            sent_at: batch.get("sentAt").filter(|sent| is_short(sent)).cloned(),
            no: consent::place_of_no(batch),
        };
        let mut problems = Vec::new();
        if let Some(Value::Object(context)) = batch.get("context") {
            let mut left = MAX_SHARED_VALUES;
            let of_table = table.paths().filter_map(|path| path.strip_prefix("context."));
            let mut paths: BTreeSet<&str> = of_table.collect();
            for path in app::paths() {
                paths.insert(path);
            }
            for path in paths {
                if !copy(context, path, &mut shared.context, &mut left) {
                    problems.push(too_many(&at("context", path)));
                }
            }
        }
        (shared, problems)
    }

    /// Returns the problem of a call in a batch that says "no" for all of its calls.
    pub(super) fn denied(&self, path: &str) -> Option<Problem> {
        self.no.as_deref().map(|place| consent::problem(path, place))
    }

    /// Returns true if a call is not meant for Meta. A consent manager says so in `integrations`.
    /// For each name a `false` of the call or of the batch counts.
    pub(super) fn is_turned_off(&self, message: &Value) -> bool {
        let own = message.get("integrations");
        let is_name_on = |name: &'static str| {
            let shared = self.integrations.iter().find(|(shared, _)| *shared == name);
            match (is_on(own, name), shared) {
                (Some(own), Some((_, shared))) => Some(own && *shared),
                (own, shared) => own.or(shared.map(|(_, shared)| *shared)),
            }
        };
        names().find_map(is_name_on) == Some(false)
    }

    /// Adds the shared fields to a call. The call's own fields win if they say something. A member
    /// of `context` such as `page` or `traits` is taken whole from one of them, so that two persons
    /// are not mixed.
    pub(super) fn add_to(&self, message: &mut Value) {
        let Value::Object(message) = message else { return };
        if !self.context.is_empty() {
            match message.get_mut("context") {
                Some(Value::Object(own)) => {
                    for (name, value) in &self.context {
                        set_if_nothing_is_said(own, name, value);
                    }
                }
                _ => drop(message.insert("context".to_owned(), self.context.clone().into())),
            }
        }
        if let Some(sent) = &self.sent_at {
            set_if_nothing_is_said(message, "sentAt", sent);
        }
    }
}

fn set_if_nothing_is_said(fields: &mut Map<String, Value>, name: &str, value: &Value) {
    if fields.get(name).is_none_or(says_nothing) {
        fields.insert(name.to_owned(), value.clone());
    }
}

/// Returns true if a value says nothing: it is null, blank or empty, or all of its members are.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.iter().all(says_nothing),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns the names in `integrations` that count for Meta. A destination's name counts before
/// `All`.
fn names() -> impl Iterator<Item = &'static str> {
    DESTINATIONS.into_iter().chain([ALL])
}

/// Returns whether a name in `integrations` is turned on, or `None` if nothing is said.
fn is_on(integrations: Option<&Value>, name: &str) -> Option<bool> {
    match integrations?.get(name)? {
        Value::Null => None,
        value => Some(value != &Value::Bool(false)),
    }
}

fn is_short(sent: &Value) -> bool {
    sent.as_str().is_some_and(|sent| sent.len() <= MAX_SENT_AT_BYTES) || sent.is_number()
}

/// Copies the value at a path, if there is one. Returns false if it has more values than `left`.
fn copy(
    from: &Map<String, Value>,
    path: &str,
    to: &mut Map<String, Value>,
    left: &mut usize,
) -> bool {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    match (from.get(key), rest) {
        (None, _) => true,
        (Some(Value::Object(from)), Some(rest)) => {
            match to.entry(key).or_insert_with(|| Value::Object(Map::new())) {
                Value::Object(to) => copy(from, rest, to, left),
                _ => true,
            }
        }
        (Some(value), _) => {
            let Some(rest) = left.checked_sub(count(value)) else { return false };
            *left = rest;
            to.insert(key.to_owned(), value.clone());
            true
        }
    }
}

/// Returns the number of values in a value, itself included.
fn count(value: &Value) -> usize {
    let below: usize = match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    };
    1 + below
}

fn too_many(path: &str) -> Problem {
    let message = "expected few values, since each of the batch's calls has them: they were left out; put them into the calls";
    Problem::left_out("too_many_values", path, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::mapping::{Changes, Source};
    use serde_json::json;

    /// Returns the values that a call without fields of its own inherits, and the problems.
    fn inherited(batch: &Value) -> (Value, Vec<Problem>) {
        let table = Table::of(Source::Segment, Changes::default()).unwrap();
        let (shared, problems) = Shared::of(batch.as_object().unwrap(), &table);
        let mut message = json!({});
        shared.add_to(&mut message);
        (message, problems)
    }

    #[test]
    fn a_call_inherits_a_few_values_whatever_a_batch_says() {
        let many: Map<String, Value> =
            (0..50_000).map(|index| (format!("i{index}"), json!(1))).collect();
        let lists: Value = ["email", "phone", "firstName", "lastName", "birthday", "gender"]
            .map(|name| (name.to_owned(), json!(vec!["a"; 190])))
            .into_iter()
            .collect();
        for context in [
            json!(many),
            json!({ "traits": many, "page": many, "consent": many, "app": many }),
            json!({ "traits": { "email": many, "address": many }, "userAgent": many, "ip": many }),
            json!({ "traits": lists }),
        ] {
            let batch = json!({
                "context": context, "integrations": many, "sentAt": "x".repeat(400_000),
            });
            let (message, _) = inherited(&batch);
            assert!(count(&message) < 2 * MAX_SHARED_VALUES, "{}", count(&message));
            assert_eq!(message.get("sentAt"), None);
            assert_eq!(message.get("integrations"), None);
        }
    }

    #[test]
    fn a_call_inherits_only_what_is_read() {
        let (message, problems) = inherited(&json!({
            "context": {
                "page": { "url": "https://shop.example/", "title": "Shop" },
                "library": { "name": "analytics.js" }, "ip": "8.8.8.8",
            },
            "integrations": { "Segment.io": true },
            "sentAt": "2026-09-21T13:13:20.000Z",
        }));
        assert_eq!(problems, []);
        assert_eq!(
            message,
            json!({
                "context": { "page": { "url": "https://shop.example/" }, "ip": "8.8.8.8" },
                "sentAt": "2026-09-21T13:13:20.000Z",
            })
        );
    }
}

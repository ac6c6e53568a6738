//! The verdicts of Meta's documents, from `tests/vectors/sandbox-verdicts.json`.

use capi_bridge::sandbox::Request;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::meta::*;

#[derive(Deserialize)]
struct Table {
    now_millis: u64,
    events: Map<String, Value>,
    verdicts: Vec<Verdict>,
    pairs: Vec<Pair>,
}

/// A request with one event, or with others beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    name: String,
    source: String,
    event: String,
    #[serde(default)]
    change: Map<String, Value>,
    /// The number of valid events before it.
    #[serde(default)]
    beside: usize,
    data: Option<Value>,
    #[serde(default = "any_token")]
    token: Option<String>,
    #[serde(default = "newest")]
    version: String,
    #[serde(default = "any_dataset")]
    dataset: String,
    known: Option<Value>,
    fault: Option<Value>,
    expect: Value,
}

/// Copies, and how many events they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    source: String,
    copies: Vec<Copy>,
    expect: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    browser: Option<String>,
    server: Option<String>,
    #[serde(default)]
    change: Map<String, Value>,
    dataset: Option<String>,
    after_seconds: u64,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn any_token() -> Option<String> {
    Some("EAABtoken".to_owned())
}

fn newest() -> String {
    "v27.0".to_owned()
}

fn any_dataset() -> String {
    "1234567890".to_owned()
}

fn table() -> Table {
    let table: Table =
        serde_json::from_str(include_str!("../vectors/sandbox-verdicts.json")).unwrap();
    let sources = table.verdicts.iter().map(|row| (&row.name, &row.source));
    for (name, source) in sources.chain(table.pairs.iter().map(|row| (&row.name, &row.source))) {
        assert!(!source.is_empty(), "{name} has no source");
    }
    table
}

/// Returns an event with changes by JSON pointer. Null takes a field away.
fn changed(event: &Value, changes: &Map<String, Value>) -> Value {
    let mut event = event.clone();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match event.pointer_mut(parent).unwrap() {
            Value::Array(values) => values[key.parse::<usize>().unwrap()] = value.clone(),
            parent if value.is_null() => {
                parent.as_object_mut().unwrap().remove(key);
            }
            parent => parent[key] = value.clone(),
        }
    }
    event
}

fn put(meta: &mut Meta, path: &str, body: &Value) {
    let body = body.to_string();
    let answer =
        meta.call(Request { method: "PUT", path, body: body.as_bytes(), ..Request::default() });
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

#[test]
fn are_those_of_metas_documents() {
    let Table { now_millis, events, verdicts, .. } = table();
    assert!(verdicts.len() >= 80);
    let mut wrong = Vec::new();
    for row in verdicts {
        let mut meta = Meta::new();
        meta.now_millis = now_millis;
        for (path, body) in [("/api/known", &row.known), ("/api/fault", &row.fault)] {
            if let Some(body) = body {
                put(&mut meta, path, body);
            }
        }
        let event = changed(&events[&row.event], &row.change);
        let mut data = vec![events["lead"].clone(); row.beside];
        data.push(event);
        let data = row.data.unwrap_or(json!(data));
        let authorization = row.token.map(|token| format!("Bearer {token}"));
        let answer = meta.call(Request {
            method: "POST",
            path: &format!("/{}/{}/events", row.version, row.dataset),
            authorization: authorization.as_deref(),
            content_type: Some("application/json"),
            body: json!({ "data": data }).to_string().as_bytes(),
            ..Request::default()
        });
        let body = json_of(&answer);
        let mut found = json!({ "status": answer.status });
        for (name, field) in [("code", "code"), ("subcode", "error_subcode")] {
            if !body["error"][field].is_null() {
                found[name] = body["error"][field].clone();
            }
        }
        if found != row.expect {
            wrong.push(format!("{}: expected {}, found {found}: {body}", row.name, row.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn on_pairs_are_those_of_metas_documents() {
    let Table { now_millis, events, pairs, .. } = table();
    for pair in pairs {
        let mut meta = Meta::new();
        for copy in pair.copies {
            meta.now_millis = now_millis + copy.after_seconds * 1000;
            if let Some(query) = copy.browser {
                meta.browser(&query);
            }
            if let Some(name) = copy.server {
                let event = changed(&events[&name], &copy.change);
                let dataset = copy.dataset.unwrap_or_else(any_dataset);
                let path = format!("/v27.0/{dataset}/events");
                let (status, answer) = meta.post_to(&path, &json!({ "data": [event] }));
                assert_eq!(status, 200, "{}: {answer}", pair.name);
            }
        }
        let shown = meta.show("");
        let found =
            json!({ "events": shown["totals"]["events"], "merged": shown["totals"]["merged"] });
        assert_eq!(found, pair.expect, "{}", pair.name);
    }
}

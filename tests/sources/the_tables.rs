//! A vector for each row of each table, the tables of the documentation, and an operator's changes to them.

use std::collections::BTreeSet;
use std::fmt::Write;

use capi_bridge::relay::Config;
use capi_bridge::sources::mapping::{Changes, Columns, Source, Table};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::taking::*;

#[derive(Deserialize)]
struct Row {
    name: String,
    input: Value,
    event: Value,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn rows(source: Source) -> Vec<Row> {
    serde_json::from_str(&read(&format!("tests/vectors/sources/{}.json", source.name()))).unwrap()
}

#[test]
fn every_vector_becomes_its_event() {
    for source in Source::ALL {
        for Row { name, input, event } in rows(source) {
            let intake = match source {
                Source::Segment => batch(&json!([input]), &json!({})),
                source => of_server(&json!({ "source": source.name(), "data": [input] })),
            };
            let answer = intake.answer.body.to_string();
            assert_eq!(events(&intake), [event], "{}: {name}: {answer}", source.name());
            assert!(!answer.contains("problems\":[{"), "{}: {name}: {answer}", source.name());
        }
    }
}

#[test]
fn every_row_of_a_table_has_a_vector() {
    for source in Source::ALL {
        let table = Table::of(source, &Changes::default()).unwrap();
        let seen: BTreeSet<(String, String)> = rows(source)
            .iter()
            .map(|row| {
                let call = row.input.get("type").and_then(Value::as_str).unwrap_or("track");
                let call = if source == Source::Segment { call } else { "track" };
                let named = ["event", "name", "status"]
                    .map(|key| row.input.get(key).and_then(Value::as_str));
                let name = if call == "track" { named.into_iter().flatten().next() } else { None };
                (call.to_owned(), name.unwrap_or_default().to_ascii_lowercase())
            })
            .collect();
        let rows: BTreeSet<(String, String)> = table
            .events
            .iter()
            .map(|row| {
                (row.call.clone(), row.event.clone().unwrap_or_default().to_ascii_lowercase())
            })
            .collect();
        assert_eq!(seen, rows, "{}", source.name());
    }
}

/// The tables as `docs/mappings.md` shows them.
fn shown(source: Source) -> String {
    let table = Table::of(source, &Changes::default()).unwrap();
    let mut text = String::from("| event | becomes | products | of its own |\n|---|---|---|---|\n");
    for row in &table.events {
        let event = row.event.clone().unwrap_or_else(|| format!("the call `{}`", row.call));
        let products = row.products.as_ref().map_or(String::new(), |paths| code(paths.all()));
        let becomes = row.becomes.as_deref().unwrap_or("");
        let own: Vec<String> = columns(&row.fields);
        writeln!(text, "| {event} | {becomes} | {products} | {} |", own.join("; ")).unwrap();
    }
    text.push_str("\n| Meta's field | of every event |\n|---|---|\n");
    list(&mut text, &table.every_event, "");
    text.push_str("\n| Meta's field | of every product |\n|---|---|\n");
    list(&mut text, &table.product, "contents[].");
    text
}

fn list(text: &mut String, columns: &Columns, prefix: &str) {
    for (field, paths) in columns.iter() {
        writeln!(text, "| `{prefix}{field}` | {} |", code(paths.all())).unwrap();
    }
}

fn columns(columns: &Columns) -> Vec<String> {
    columns.iter().map(|(field, paths)| format!("`{field}`: {}", code(paths.all()))).collect()
}

fn code(paths: &[String]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", else ")
}

/// `WRITE_DOCS=1 cargo test --test sources` writes them anew.
#[test]
fn the_documentation_shows_the_tables() {
    let mut document = read("docs/mappings.md");
    for source in Source::ALL {
        let start = format!("<!-- table {} -->\n", source.name());
        let end = format!("<!-- end {} -->", source.name());
        let from = document.find(&start).unwrap() + start.len();
        let to = document.find(&end).unwrap();
        document.replace_range(from..to, &format!("\n{}\n", shown(source)));
    }
    if std::env::var_os("WRITE_DOCS").is_some() {
        let path = format!("{}/docs/mappings.md", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &document).unwrap();
    }
    assert_eq!(read("docs/mappings.md"), document);
}

#[test]
fn what_no_row_names_is_left_out_or_becomes_a_custom_event() {
    let lesson = json!([{
        "type": "track", "event": "Lesson Done", "userId": "u", "messageId": "m",
        "context": { "page": { "url": "https://shop.example/" } },
        "properties": { "value": 5, "currency": "EUR", "email": "jane@example.com" },
    }]);
    let left_out = batch(&lesson, &json!({}));
    assert_eq!((left_out.events.len(), left_out.answer.status), (0, 200));
    let custom = batch(&lesson, &json!({ "mappings": { "segment": { "unmapped": "custom" } } }));
    assert_eq!(events(&custom)[0]["event_name"], "Lesson Done");
    // Nothing that no column names goes along.
    assert!(!custom.events[0].event.contains("jane"));
}

#[test]
fn a_configuration_adds_changes_and_takes_out_rows() {
    let changes = json!({ "mappings": { "segment": {
        "everyEvent": { "custom_data.currency": ["properties.currency", "=EUR"] },
        "events": [
            { "event": "order completed", "becomes": "Donate", "fields": { "custom_data.value": "properties.tip" } },
            { "event": "Signed Up", "becomes": null },
            { "call": "screen", "becomes": "ViewContent" },
        ],
    } } });
    let mut tip = order();
    tip["properties"] = json!({ "tip": "3.50" });
    let mut signed_up = order();
    signed_up["event"] = json!("Signed Up");
    let mut screen = order();
    screen["type"] = json!("screen");
    let intake = batch(&json!([tip, signed_up, screen]), &changes);
    let events = events(&intake);
    assert_eq!(events.len(), 2, "{}", intake.answer.body);
    assert_eq!(events[0]["event_name"], "Donate");
    assert_eq!(events[0]["custom_data"], json!({ "value": 3.5, "currency": "EUR" }));
    assert_eq!(events[1]["event_name"], "ViewContent");
}

#[test]
fn a_mistake_in_a_mapping_is_named_by_its_path() {
    let error = Config::read(
        r#"{"datasets":["1"],"allowedOrigins":[],"mappings":{"ga4":{"product":{"sku":"x"}}}}"#,
    )
    .unwrap_err();
    assert_eq!(error.path(), "mappings.ga4.product.sku");
    let error =
        Config::read(r#"{"datasets":["1"],"allowedOrigins":[],"segment":{"actionSource":"shop"}}"#)
            .unwrap_err();
    assert_eq!(error.path(), "segment.actionSource");
}

//! A vector for each row of each table, the tables of the documentation, and an operator's changes to them.

use std::collections::BTreeSet;
use std::fmt::Write;

use capi_bridge::relay::Config;
use capi_bridge::sources::mapping::{Changes, Columns, Source, Table};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::taking::*;
use crate::the_webhooks::signed;

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
                Source::ShopifyOrders | Source::Stripe => signed(source, &input),
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
        let table = Table::of(source, Changes::default()).unwrap();
        let seen: BTreeSet<(String, String)> = rows(source)
            .iter()
            .map(|row| {
                let call = row.input.get("type").and_then(Value::as_str).unwrap_or("track");
                let call = if source == Source::Segment { call } else { "track" };
                // A row of orders has the name of the event.
                if matches!(source, Source::ShopifyOrders | Source::Stripe) {
                    return ("track".to_owned(), row.name.clone());
                }
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
    let table = Table::of(source, Changes::default()).unwrap();
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

/// Returns the kept event of a call of Segment's with these products, and code and path of each
/// problem.
fn with_products(products: &Value) -> (Value, Vec<(String, String)>) {
    let mut order = order();
    order["properties"]["products"] = products.clone();
    let intake = batch(&json!([order]), &json!({}));
    let named = intake.answer.body["problems"].as_array().cloned().unwrap_or_default();
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let named = named.iter().map(|one| (text(one, "code"), text(one, "path"))).collect();
    (events(&intake).remove(0)["custom_data"].take(), named)
}

#[test]
fn products_in_json_text_and_ids_that_are_numbers_are_read() {
    for (products, ids) in [
        (json!("[{\"product_id\":\"A\",\"price\":5},{\"sku\":7}]"), json!(["A", "7"])),
        (json!(" {\"product_id\":\"A\"} "), json!(["A"])),
        (json!({ "product_id": "A" }), json!(["A"])),
        (json!([{ "product_id": 123.0 }]), json!(["123"])),
        (json!([{ "product_id": u64::MAX }]), json!(["18446744073709551615"])),
    ] {
        let (data, named) = with_products(&products);
        assert_eq!((&data["content_ids"], named), (&ids, vec![]), "{products}");
        let contents = data["contents"].as_array().unwrap();
        assert!(contents.iter().all(|one| one["id"].is_string() && one["quantity"] == 1));
    }
    let shop = json!({
        "event": "view_item", "page_location": "https://shop.example/", "user_id": "u-1",
        "items": "[{\"item_id\":123.0,\"price\":\"1,299\"}]",
    });
    let intake = of_server(&json!({ "source": "ga4", "data": [shop] }));
    let kept = events(&intake).remove(0);
    assert_eq!(kept["custom_data"]["contents"], json!([{ "id": "123", "quantity": 1 }]));
    let answer = intake.answer.body.to_string();
    assert!(answer.contains("\"data[0].items[0].price\""), "{answer}");
}

#[test]
fn faults_in_json_text_of_products_cost_only_themselves() {
    let products = "[{\"product_id\":\"A\\ud83d\",\"price\":NaN},{\"product_id\":\"B\"}]";
    let (data, named) = with_products(&json!(products));
    assert_eq!(data["content_ids"], json!(["A\u{fffd}", "B"]));
    let at = "batch[0].properties.products[0].price".to_owned();
    assert_eq!(named, [("invalid_number".to_owned(), at)]);
}

#[test]
fn of_products_nothing_vanishes_without_a_name() {
    let code = |code: &str, path: &str| {
        let path = format!("batch[0].properties.{path}").trim_end_matches('.').to_owned();
        (code.to_owned(), path)
    };
    for products in [json!("SKU-1"), json!("[{\"product_id\""), json!(7), json!(true), json!("[1")]
    {
        let (data, named) = with_products(&products);
        assert_eq!(named, [code("invalid_contents", "products")], "{products}");
        assert!(data.get("contents").is_none() && data.get("content_ids").is_none(), "{products}");
    }
    for one in [json!({ "product_id": true }), json!({ "product_id": 1e300 })] {
        let at = code("missing_content_id", "products.product_id");
        assert_eq!(with_products(&one).1, [at], "{one}");
        let at = code("missing_content_id", "products[0].product_id");
        assert_eq!(with_products(&json!([one])).1, [at], "{one}");
    }
    let (data, named) = with_products(&json!([
        { "name": "no id" },
        "SKU-1",
        { "product_id": "A", "quantity": "two", "price": "1,299", "name": { "en": "A" } },
        { "product_id": "B", "quantity": [2], "price": [5], "brand": true, "category": 7 },
        { "product_id": "C", "quantity": "2", "price": "59,90", "name": " " },
        { "product_id": "D", "quantity": 2.5 },
    ]));
    let contents = json!([
        { "id": "A" },
        { "id": "B", "category": "7" },
        { "id": "C", "quantity": 2, "item_price": 59.9 },
        { "id": "D" },
    ]);
    assert_eq!(
        (&data["contents"], &data["content_ids"]),
        (&contents, &json!(["A", "B", "C", "D"]))
    );
    // The number of items is not known.
    assert!(data.get("num_items").is_none());
    let mut named = named;
    named.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(
        named,
        [
            code("missing_content_id", "products[0].product_id"),
            code("missing_content_id", "products[1].product_id"),
            code("wrong_type", "products[2].name"),
            code("wrong_type", "products[2].price"),
            code("wrong_type", "products[2].quantity"),
            code("wrong_type", "products[3].brand"),
            code("wrong_type", "products[3].price"),
            code("wrong_type", "products[3].quantity"),
            code("wrong_type", "products[5].quantity"),
        ]
    );
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

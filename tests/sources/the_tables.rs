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
fn what_only_a_server_container_says_becomes_its_event() {
    let path = "tests/vectors/sources/ga4-server.json";
    let rows: Vec<Row> = serde_json::from_str(&read(path)).unwrap();
    assert!(rows.len() >= 10);
    for Row { name, input, event } in rows {
        let intake = of_server(&json!({ "source": "ga4", "data": [input] }));
        let answer = intake.answer.body.to_string();
        assert_eq!(events(&intake), [event], "{name}: {answer}");
        assert!(!answer.contains("problems\":[{"), "{name}: {answer}");
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
            .filter(|row| row.reason.is_none())
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
        let becomes = match (&row.becomes, &row.reason) {
            (Some(becomes), _) => becomes.clone(),
            (None, Some(reason)) => format!("nothing: {reason}"),
            (None, None) => String::new(),
        };
        let own: Vec<String> = columns(&row.fields);
        writeln!(text, "| {event} | {becomes} | {products} | {} |", own.join("; ")).unwrap();
    }
    text.push_str("\n| Meta's field | of every event |\n|---|---|\n");
    list(&mut text, &table.every_event, "");
    text.push_str("\n| Meta's field | of every product |\n|---|---|\n");
    list(&mut text, &table.product, "contents[].");
    if table.parts.iter().next().is_some() {
        text.push_str(
            "\n| part of a template | of a product, or of its event after `$.` |\n|---|---|\n",
        );
        list(&mut text, &table.parts, "");
    }
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

/// Returns the kept event of one source's event, and code and path of each problem but that of the
/// user agent, which these events lack.
fn mapped(source: &str, event: &Value, changes: &Value) -> (Value, Vec<(String, String)>) {
    let changes = json!({ "mappings": { source: changes } });
    let intake = of_server_with(&json!({ "source": source, "data": [event] }), &changes);
    let named = intake.answer.body["problems"].as_array().cloned().unwrap_or_default();
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    let named = named.iter().map(|one| (text(one, "code"), text(one, "path")));
    let named = named.filter(|(code, _)| code != "missing_client_user_agent").collect();
    (events(&intake).pop().unwrap_or_default(), named)
}

fn shop(event: &str, items: &Value) -> Value {
    json!({
        "event": event, "page_location": "https://shop.example/", "user_id": "u-1",
        "value": 5, "currency": "EUR", "items": items,
    })
}

#[test]
fn a_template_composes_the_id_of_a_product() {
    let ids = |template: Value, items: Value| {
        let (event, named) =
            mapped("ga4", &shop("view_item", &items), &json!({ "product": { "id": template } }));
        (event["custom_data"]["content_ids"].clone(), named)
    };
    let at = |key: &str| vec![("missing_content_id".to_owned(), format!("data[0].items[0].{key}"))];
    let tee = json!([{ "product_id": 31, "variation_id": 34, "sku": "TEE-M", "id": "34" }]);
    let plain = json!([{ "product_id": 31, "variation_id": 0, "sku": "", "id": 31 }]);
    let template = json!("wc_post_id_{variation_id|product_id}");
    assert_eq!(ids(template.clone(), tee.clone()), (json!(["wc_post_id_34"]), vec![]));
    assert_eq!(ids(template, plain.clone()), (json!(["wc_post_id_31"]), vec![]));
    assert_eq!(ids(json!("{sku}_{id}"), tee.clone()), (json!(["TEE-M_34"]), vec![]));
    // Never "_31".
    assert_eq!(ids(json!("{sku}_{id}"), plain.clone()), (Value::Null, at("sku")));
    assert_eq!(ids(json!("{sku}"), plain.clone()), (Value::Null, at("sku")));
    let either = json!(["{sku}_{id}", "wc_post_id_{id}"]);
    assert_eq!(ids(either, plain.clone()), (json!(["wc_post_id_31"]), vec![]));
    let paths = json!(["variation_id", "product_id"]);
    assert_eq!(ids(paths.clone(), tee.clone()), (json!(["34"]), vec![]));
    assert_eq!(ids(paths.clone(), plain), (json!(["31"]), vec![]));
    for none in [json!(0), json!("0"), json!(null), json!("")] {
        let items = json!([{ "variation_id": none, "product_id": none }]);
        assert_eq!(ids(paths.clone(), items), (Value::Null, at("variation_id")), "{none}");
    }
    let of_event = json!("{$.ecommerce.affiliation|$.currency}-{id}");
    assert_eq!(ids(of_event, tee), (json!(["EUR-34"]), vec![]));
}

#[test]
fn the_parts_of_a_table_name_the_fields_of_a_template() {
    let viewed = json!({
        "id": "sh-1", "name": "product_viewed", "timestamp": "2026-09-21T10:00:00.000Z", "clientId": "c",
        "context": { "document": { "location": { "href": "https://shop.example/" } } },
        "data": { "productVariant": {
            "id": "39072856", "sku": "TEE-G", "product": { "id": "632910392" },
            "price": { "amount": 5, "currencyCode": "EUR" },
        } },
    });
    let template = json!({ "id": "shopify_{country}_{product_id}_{variant_id}" });
    let changes = json!({ "product": template, "parts": { "country": "=DE" } });
    let (event, named) = mapped("shopify", &viewed, &changes);
    let id = "shopify_DE_632910392_39072856";
    assert_eq!((&event["custom_data"]["content_ids"], named), (&json!([id]), vec![]));
    // Before the checkout nothing says the country.
    let (event, named) = mapped("shopify", &viewed, &json!({ "product": template }));
    let at = "data[0].data.productVariant.country".to_owned();
    assert_eq!(event["custom_data"].get("content_ids"), None);
    assert_eq!(named, [("missing_content_id".to_owned(), at)]);
    let checkout = json!({
        "id": "sh-2", "name": "checkout_started", "timestamp": "2026-09-21T10:00:00.000Z", "clientId": "c",
        "context": { "document": { "location": { "href": "https://shop.example/" } } },
        "data": { "checkout": {
            "currencyCode": "EUR", "totalPrice": { "amount": 5 },
            "shippingAddress": { "countryCode": "FR" },
            "lineItems": [{ "quantity": 2, "variant": { "id": 39_072_856, "product": { "id": 632_910_392 } } }],
        } },
    });
    let (event, _) = mapped("shopify", &checkout, &json!({ "product": template }));
    assert_eq!(event["custom_data"]["content_ids"], json!([id.replace("DE", "FR")]));
    assert_eq!(event["custom_data"]["num_items"], 2);
}

#[test]
fn a_mistake_in_a_template_is_named_by_its_path() {
    for template in ["{sku", "sku}", "{sku}_{{id}}", "{sku|}", "{sku:upper}", "{}"] {
        let changes = json!({ "woocommerce": { "product": { "id": template } } });
        let config = json!({ "datasets": ["1"], "allowedOrigins": [], "mappings": changes });
        let error = Config::read(&config.to_string()).unwrap_err();
        assert_eq!(error.path(), "mappings.woocommerce.product.id", "{template}");
        assert!(error.to_string().contains("{variation_id|product_id}"), "{error}");
    }
}

#[test]
fn a_refund_and_a_cancelled_order_are_counted_and_not_sent() {
    let refund = shop("refund", &json!([{ "item_id": "A" }]));
    let intake = of_server(&json!({ "source": "ga4", "data": [refund] }));
    assert_eq!((intake.answer.status, intake.events.len()), (202, 0));
    assert_eq!(intake.answer.refused, ["order_refunded"]);
    for (name, code) in
        [("Order Refunded", "order_refunded"), ("order cancelled", "order_cancelled")]
    {
        let mut call = order();
        call["event"] = json!(name);
        let intake = batch(&json!([call]), &json!({}));
        assert_eq!((intake.answer.status, intake.events.len()), (200, 0), "{name}");
        assert_eq!(intake.answer.refused, [code]);
        // The operator decides otherwise.
        let row = json!([{ "event": name, "becomes": "Refund" }]);
        let changes = json!({ "mappings": { "segment": { "events": row } } });
        assert_eq!(events(&batch(&json!([call]), &changes))[0]["event_name"], "Refund");
        let row = json!([{ "event": name, "becomes": null }]);
        let changes = json!({ "mappings": { "segment": { "events": row } } });
        let intake = batch(&json!([call]), &changes);
        assert_eq!((intake.answer.refused.len(), intake.events.len()), (0, 0));
    }
}

#[test]
fn googles_hash_of_a_phone_number_never_becomes_ph() {
    let mut order = shop("purchase", &json!([{ "item_id": "A" }]));
    order["transaction_id"] = json!("7");
    // SHA-256 of "+4915112345678", by sha256sum.
    let hash = "536afd523e19dc83fccba822ef5e4ca646111314aaf0aa286667c5bea18dd70b";
    order["user_data"] = json!({ "sha256_phone_number": hash, "emial": "typo@example.com" });
    order["x-fb-cd-color"] = json!("red");
    let (event, mut named) = mapped("ga4", &order, &json!({}));
    assert_eq!(event["user_data"].get("ph"), None);
    assert!(!event.to_string().contains(hash));
    named.sort();
    let expected = [
        ("unknown_field", "data[0].*"),
        ("unknown_field", "data[0].user_data.*"),
        ("unusable_customer_information", "data[0].user_data.sha256_phone_number"),
    ];
    assert_eq!(named, expected.map(|(code, path)| (code.to_owned(), path.to_owned())));
}

#[test]
fn one_moment_in_two_vocabularies_is_one_event_of_a_body() {
    let old = json!({
        "event": "gtm4wp.addProductToCartEEC", "page_location": "https://shop.example/", "user_id": "u-1",
        "ecommerce": { "currencyCode": "EUR", "add": { "products": [{ "id": 34, "price": "5" }] } },
    });
    let new = shop("add_to_cart", &json!([{ "item_id": "34", "price": 5 }]));
    let other = shop("add_to_cart", &json!([{ "item_id": "35" }]));
    let intake = of_server(&json!({ "source": "ga4", "data": [old, new, new, other] }));
    assert_eq!((intake.answer.status, intake.events.len()), (202, 3), "{}", intake.answer.body);
    assert_eq!(intake.answer.refused, ["same_moment"]);
}

#[test]
fn an_event_id_that_is_a_number_is_its_text() {
    let mut shop = shop("view_item", &json!([]));
    shop["event_id"] = json!(12345);
    assert_eq!(mapped("ga4", &shop, &json!({})).0["event_id"], "12345");
    let mut call = order();
    call["messageId"] = json!(12345);
    assert_eq!(events(&batch(&json!([call]), &json!({})))[0]["event_id"], "12345");
}

#[test]
fn a_currency_that_is_no_code_is_named_where_it_was_sent() {
    let mut shop = shop("view_item", &json!([{ "item_id": "A" }]));
    shop["currency"] = json!("RMB");
    let (event, named) = mapped("ga4", &shop, &json!({}));
    assert_eq!(event["custom_data"].get("currency"), None);
    assert!(named.contains(&("invalid_currency".to_owned(), "data[0].currency".to_owned())));
}

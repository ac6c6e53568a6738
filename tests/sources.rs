//! Other people's events: a vector for each row of each table, the tables of the documentation, and
//! what holds for any JSON.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::collections::BTreeSet;
use std::fmt::Write;

use capi_bridge::relay::{
    BridgeKeys, Config, Connection, Intake, Place, RateLimiter, SegmentCall, SegmentSecrets,
    Sender, take, take_segment,
};
use capi_bridge::sources::Reading;
use capi_bridge::sources::mapping::{Changes, Columns, Source, Table};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

const NOW_MILLIS: u64 = 1_790_000_000_000;
const BRIDGE_KEY: &str = "0123456789abcdef0123456789abcdef";
const WRITE_KEY: &str = "segment-write-key-0123456789abcdef";
const PAGE_KEY: &str = "key-of-a-page";

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

fn config(changes: &Value) -> Config {
    let mut config = json!({
        "datasets": ["1234567890", "42"],
        "allowedOrigins": ["https://shop.example"],
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Config::read(&config.to_string()).unwrap()
}

fn connection(config: &Config, headers: &[(&str, &str)]) -> Connection {
    let header = |name: &str| {
        headers.iter().find(|(header, _)| *header == name).map(|(_, value)| (*value).to_owned())
    };
    Connection::read(config, &header, Some("8.8.8.8"), Place::default(), NOW_MILLIS)
}

/// What becomes of a call, with these changes of the configuration and these headers.
fn called(call: &SegmentCall, body: &str, changes: &Value, headers: &[(&str, &str)]) -> Intake {
    let config = config(changes);
    let names = [
        ("SEGMENT_WRITE_KEY", WRITE_KEY),
        ("SEGMENT_WRITE_KEY_42", "key-of-dataset-42-0123456789abcdef"),
        ("SEGMENT_WEBHOOK_SECRET", "shared-secret-0123456789abcdef-01"),
    ];
    let secrets = SegmentSecrets::read(&config, names).unwrap();
    let connection = connection(&config, headers);
    let reading = Reading { now_millis: NOW_MILLIS, entropy: &mut || Some([7; 16]) };
    let mut limiter = RateLimiter::default();
    take_segment(&config, &connection, &secrets, &mut limiter, call, body.as_bytes(), reading)
        .unwrap()
}

fn batch(messages: &Value, changes: &Value) -> Intake {
    let body = json!({ "batch": messages, "writeKey": WRITE_KEY }).to_string();
    called(&SegmentCall::Batch, &body, changes, &[])
}

fn events(intake: &Intake) -> Vec<Value> {
    intake.events.iter().map(|one| serde_json::from_str(&one.event).unwrap()).collect()
}

/// An order as Segment's specification has it.
fn order() -> Value {
    json!({
        "type": "track", "event": "Order Completed", "messageId": "m-1", "userId": "user_42",
        "context": { "page": { "url": "https://shop.example/thanks" }, "userAgent": "Mozilla/5.0" },
        "properties": { "order_id": "1001", "revenue": 25, "currency": "EUR" },
    })
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

fn of_server(body: &Value) -> Intake {
    let config = config(&json!({}));
    let authorization = format!("Bearer {BRIDGE_KEY}");
    let connection = connection(&config, &[("authorization", &authorization)]);
    let keys = BridgeKeys::read(BRIDGE_KEY).unwrap();
    let sender = Sender::of(&config, &connection, &keys).unwrap();
    let body = body.to_string();
    take(&config, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || Some([7; 16])).unwrap()
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

#[test]
fn a_problem_names_the_field_that_segment_sent() {
    let mut no_price = order();
    no_price["properties"]["revenue"] = Value::Null;
    let mut no_action_source = order();
    no_action_source["context"] = json!({});
    let mut nameless = order();
    nameless["event"] = Value::Null;
    let mut nobody = order();
    nobody["userId"] = Value::Null;
    let mut late = order();
    late["timestamp"] = json!("yesterday");
    let kindless = json!({ "userId": "u" });
    let good = order();
    let items = json!([no_price, no_action_source, nameless, nobody, late, kindless, 7, good]);
    let intake = batch(&items, &json!({}));
    let problems = intake.answer.body["problems"].as_array().unwrap();
    let paths: Vec<&str> =
        problems.iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "batch[0].properties.revenue",
            "batch[1].properties.action_source",
            "batch[2].event",
            "batch[3].userId",
            "batch[4].timestamp",
            "batch[5].type",
            "batch[6].type",
        ]
    );
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["success"], true);
}

#[test]
fn a_request_of_which_nothing_can_be_kept_is_a_400_in_segments_shape() {
    let mut no_price = order();
    no_price["properties"]["revenue"] = Value::Null;
    let body = json!({ "batch": [no_price], "writeKey": WRITE_KEY }).to_string();
    let Intake { answer, events, .. } = called(&SegmentCall::Batch, &body, &json!({}), &[]);
    assert_eq!((answer.status, events.len()), (400, 0));
    assert_eq!(answer.body["success"], false);
    assert_eq!(answer.body["code"], "missing_value");
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.starts_with("batch[0].properties.revenue: expected"), "{message}");
}

#[test]
fn an_app_that_does_not_say_whether_it_may_track_is_told_where_to() {
    let mut in_app = order();
    in_app["properties"]["action_source"] = json!("app");
    in_app["context"] = json!({ "os": { "name": "Android", "version": "15" } });
    let intake = batch(&json!([in_app]), &json!({}));
    let problem = &intake.answer.body["problems"][0];
    assert_eq!(problem["path"], "batch[0].context.device.adTrackingEnabled", "{problem}");
}

#[test]
fn a_value_without_a_currency_is_left_out_but_for_a_purchase() {
    let mut viewed = order();
    viewed["event"] = json!("Product Viewed");
    viewed["properties"] = json!({ "product_id": "SKU-1", "price": 5 });
    let intake = batch(&json!([viewed]), &json!({}));
    assert!(events(&intake)[0]["custom_data"].get("value").is_none());
    assert_eq!(intake.answer.body["problems"][0]["path"], "batch[0].properties.currency");
    let mut purchase = order();
    purchase["properties"]["currency"] = Value::Null;
    let intake = batch(&json!([purchase]), &json!({}));
    assert_eq!(intake.answer.body["problems"][0]["error_subcode"], 2_804_010);
}

#[test]
fn the_event_id_is_the_message_id_or_that_of_the_order() {
    let id = |changes: &Value| events(&batch(&json!([order()]), changes))[0]["event_id"].clone();
    assert_eq!(id(&json!({})), "m-1");
    // SHA-256 of "Purchase:1001", its first 32 hexadecimal characters, by sha256sum.
    let of_order = json!({ "segment": { "eventId": "orderId" } });
    assert_eq!(id(&of_order), "6e4c78d82a753cc5ca23e87024551922");
}

#[test]
fn a_clock_that_is_wrong_is_corrected_by_when_it_sent() {
    let time = |more: Value| {
        let mut order = order();
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        events(&batch(&json!([order]), &json!({})))[0]["event_time"].clone()
    };
    // An hour behind, and sent ten seconds after it happened.
    let (happened, sent) = ("2026-09-21T13:13:10.000Z", "2026-09-21T13:13:20.000Z");
    assert_eq!(time(json!({ "timestamp": happened, "sentAt": sent })), 1_789_999_990);
    // Segment has corrected it already.
    let received = json!({ "timestamp": happened, "sentAt": sent, "receivedAt": sent });
    assert_eq!(time(received), 1_789_996_390);
}

#[test]
fn what_a_consent_manager_turned_off_is_not_kept() {
    let kept = |integrations: Value| {
        let mut order = order();
        order["integrations"] = integrations;
        let identify = json!({
            "type": "identify", "userId": "u", "traits": { "email": "jane@example.com" },
            "integrations": order["integrations"],
        });
        let intake = batch(&json!([order, identify]), &json!({}));
        assert_eq!(intake.answer.status, 200);
        intake.events.len() + intake.people.len()
    };
    assert_eq!(kept(json!({})), 2);
    assert_eq!(kept(json!({ "Facebook Conversions API (Actions)": false })), 0);
    assert_eq!(kept(json!({ "All": false })), 0);
    assert_eq!(kept(json!({ "All": false, "Facebook Conversions API (Actions)": true })), 2);
    assert_eq!(kept(json!({ "All": false, "Segment.io": true })), 0);
}

#[test]
fn identify_keeps_hashes_under_digests_of_the_ids() {
    let identify = json!([{
        "type": "identify", "userId": "jane@example.com", "anonymousId": "anon-7f3c",
        "context": { "ip": "8.8.4.4" },
        "traits": { "email": "jane@example.com", "phone": "16505551212", "plan": "gold" },
    }]);
    let intake = batch(&identify, &json!({}));
    assert_eq!(intake.people.len(), 1);
    let person = &intake.people[0];
    assert_eq!(person.keys.len(), 2);
    let user_data: Value = serde_json::from_str(&person.user_data).unwrap();
    // SHA-256 of "jane@example.com" and of "16505551212", by sha256sum.
    assert_eq!(
        user_data,
        json!({
            "em": ["8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"],
            "ph": ["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"],
        })
    );
    assert!(!person.keys.iter().any(|key| key.contains('@')));
    let off = batch(&identify, &json!({ "segment": { "traitsDays": 0 } }));
    assert_eq!(off.people, []);
}

#[test]
fn traits_that_a_page_says_reach_a_servers_events_only_where_they_are_believed() {
    let keys = |more: Value| {
        let mut segment = json!({ "pages": [{ "writeKey": PAGE_KEY }] });
        segment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let changes = json!({ "segment": segment });
        let traits = json!({ "email": "jane@example.com" });
        let identify = json!({ "writeKey": PAGE_KEY, "userId": "user_42", "traits": traits });
        let call = SegmentCall::from_path("identify").unwrap();
        let origin = [("origin", "https://shop.example")];
        let page = called(&call, &identify.to_string(), &changes, &origin);
        let server = batch(&json!([order()]), &changes);
        (page.people[0].keys.clone(), server.events[0].known_as.clone())
    };
    let (said, known_as) = keys(json!({}));
    assert_ne!(said, known_as);
    let (said, known_as) = keys(json!({ "traitsOfPages": "everywhere" }));
    assert_eq!(said, known_as);
}

#[test]
fn a_page_that_knows_a_public_write_key_is_believed_no_more_than_a_page() {
    let pages = json!({ "segment": { "pages": [{ "writeKey": PAGE_KEY, "dataset": "42" }] } });
    let mut forged = order();
    forged["writeKey"] = json!(PAGE_KEY);
    forged["context"]["ip"] = json!("9.9.9.9");
    forged["context"]["userAgent"] = json!("Forged");
    forged["properties"]["action_source"] = json!("physical_store");
    let track = SegmentCall::from_path("t").unwrap();
    let origin = ("origin", "https://shop.example");
    let agent = ("user-agent", "Firefox");
    let intake = called(&track, &forged.to_string(), &pages, &[origin, agent]);
    assert_eq!(intake.dataset_id.as_deref(), Some("42"));
    let event = &events(&intake)[0];
    assert_eq!(event["action_source"], "website");
    assert_eq!(event["user_data"]["client_ip_address"], "8.8.8.8");
    assert_eq!(event["user_data"]["client_user_agent"], "Firefox");
    let elsewhere =
        called(&track, &forged.to_string(), &pages, &[("origin", "https://evil.example")]);
    assert_eq!((elsewhere.answer.status, elsewhere.events.len()), (403, 0));
    let private = called(&track, &forged.to_string(), &pages, &[origin, agent, ("sec-gpc", "1")]);
    assert_eq!((private.answer.status, private.events.len()), (403, 0));
}

#[test]
fn a_write_key_is_in_the_body_or_is_the_user_of_basic() {
    let status = |key: Value, authorization: &str| {
        let mut body = order();
        body["writeKey"] = key;
        let track = SegmentCall::from_path("track").unwrap();
        let headers = [("authorization", authorization)];
        let intake = called(&track, &body.to_string(), &json!({}), &headers);
        (intake.answer.status, intake.dataset_id)
    };
    let first = Some("1234567890".to_owned());
    assert_eq!(status(json!(WRITE_KEY), ""), (200, first.clone()));
    // base64 of the key and a colon, by base64(1).
    let basic = "Basic c2VnbWVudC13cml0ZS1rZXktMDEyMzQ1Njc4OWFiY2RlZjo=";
    assert_eq!(status(Value::Null, basic), (200, first));
    let other = json!("key-of-dataset-42-0123456789abcdef");
    assert_eq!(status(other, ""), (200, Some("42".to_owned())));
    for (key, authorization) in
        [(json!("wrong"), ""), (Value::Null, "Basic !"), (Value::Null, "Bearer x"), (json!(7), "")]
    {
        assert_eq!(status(key, authorization), (401, None));
    }
}

#[test]
fn a_webhook_is_believed_by_the_signature_of_its_body() {
    let status = |body: &str, signature: &str| {
        let webhook = SegmentCall::Webhook(Some(signature.to_owned()));
        called(&webhook, body, &json!({}), &[]).answer.status
    };
    let body = r#"{"type":"track","event":"Order Completed","messageId":"m-1","userId":"user_42","context":{"page":{"url":"https://shop.example/"}},"properties":{"revenue":1,"currency":"EUR"}}"#;
    let right = WEBHOOK_SIGNATURE;
    assert_eq!(status(body, right), 200);
    assert_eq!(status(&body.replace("user_42", "user_43"), right), 401);
    for wrong in ["", "00", "xyz", &right[..38], &format!("{right}00")] {
        assert_eq!(status(body, wrong), 401, "{wrong}");
    }
    assert_eq!(status(&format!("[{body}]"), right), 400);
}

/// By `openssl dgst -sha1 -hmac`.
const WEBHOOK_SIGNATURE: &str = "5f0df31857aa9734326d20bb0311f119d0c82578";

#[test]
fn what_is_too_large_is_refused_as_segment_refuses_it() {
    let large = |bytes: usize| {
        let mut order = order();
        order["properties"]["note"] = json!("x".repeat(bytes));
        order
    };
    let intake = batch(&json!([large(33_000), order()]), &json!({}));
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["problems"][0]["code"], "call_too_large");
    let track = SegmentCall::from_path("track").unwrap();
    let mut single = large(33_000);
    single["writeKey"] = json!(WRITE_KEY);
    assert_eq!(called(&track, &single.to_string(), &json!({}), &[]).answer.status, 400);
    let many: Vec<Value> = (0..17).map(|_| large(31_000)).collect();
    assert_eq!(batch(&json!(many), &json!({})).answer.status, 400);
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "type",
            "event",
            "userId",
            "anonymousId",
            "messageId",
            "timestamp",
            "sentAt",
            "context",
            "properties",
            "traits",
            "integrations",
            "All",
            "page",
            "url",
            "ip",
            "userAgent",
            "products",
            "product_id",
            "price",
            "quantity",
            "revenue",
            "currency",
            "order_id",
            "email",
            "phone",
            "birthday",
            "fbp",
            "fbc",
            "action_source",
            "batch",
            "previousId",
            "data",
            "source",
            "name",
            "ecommerce",
            "items",
            "item_id",
            "value",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "track",
            "page",
            "identify",
            "alias",
            "Order Completed",
            "Product Added",
            "purchase",
            "EUR",
            "https://shop.example/",
            "2026-09-21T10:00:00Z",
            "9999-12-31T23:59:59Z",
            "-009999-01-01T00:00:00Z",
            "website",
            "app",
            "ga4",
            "shopify",
        ])
        .prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_gets_an_answer_in_segments_shape(
        mut value in any_json(),
        path in prop::sample::select(vec!["track", "page", "identify", "screen", "group", "alias", "batch", "webhook"]),
        batched in any::<bool>(),
        keyed in any::<bool>(),
    ) {
        if batched {
            value = json!({ "batch": [value], "context": { "page": { "url": "https://shop.example/" } } });
        }
        if keyed && let Value::Object(fields) = &mut value {
            fields.insert("writeKey".to_owned(), json!(WRITE_KEY));
        }
        let call = SegmentCall::from_path(path)
            .unwrap_or(SegmentCall::Webhook(Some("00".repeat(20))));
        let everything = json!({ "mappings": { "segment": { "unmapped": "custom" } } });
        let intake = called(&call, &value.to_string(), &everything, &[]);
        prop_assert!([200, 400, 401].contains(&intake.answer.status), "{}", intake.answer.status);
        let success = intake.answer.body["success"].as_bool();
        prop_assert_eq!(success, Some(intake.answer.status == 200));
        if success == Some(false) {
            prop_assert!(intake.answer.body["message"].as_str().is_some_and(|text| text.contains("expected")));
        }
        prop_assert!(intake.answer.status == 200 || intake.events.is_empty());
    }

    #[test]
    fn any_json_through_a_table_gets_an_answer(value in any_json(), source in prop::sample::select(vec!["ga4", "shopify", "segment"])) {
        let intake = of_server(&json!({ "source": source, "data": [value] }));
        prop_assert!([202, 400].contains(&intake.answer.status));
        prop_assert!(intake.answer.body["problems"].is_array());
    }
}

//! Tests that any JSON gets an answer in the shape of its source.

use capi_bridge::relay::SegmentCall;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any_json;
use crate::taking::*;

const NAMES: &str = "\
    type event userId anonymousId messageId timestamp sentAt context properties traits \
    integrations All page url ip userAgent products product_id price quantity revenue currency \
    order_id email phone birthday fbp fbc action_source batch previousId data source name \
    ecommerce items item_id value";
const TEXTS: &[&str] = &[
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
];

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(NAMES, prop::sample::select(TEXTS).prop_map(Value::from))
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

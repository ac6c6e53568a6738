//! Tests that any JSON gets an answer in the shape of its source.

use capi_bridge::relay::SegmentCall;
use capi_bridge::sources::mapping::Source;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any_json;
use crate::taking::*;
use crate::the_webhooks::signed;

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

/// The names that the readers of orders look for.
const NAMES_OF_ORDERS: &str = "\
    id number status order_key total currency date_paid_gmt billing email meta_data key value \
    line_items product_id variation_id quantity price customer_id created_via financial_status \
    test total_price total_price_set presentment_money amount currency_code price_set \
    note_attributes name source_name client_details customer processed_at object type livemode \
    data payment_status amount_total amount_paid metadata subscription_details parent \
    billing_reason customer_details invoice subscription payment_intent";
const TEXTS_OF_ORDERS: &[&str] = &[
    "processing",
    "paid",
    "EUR",
    "jpy",
    "42.50",
    "event",
    "checkout.session.completed",
    "invoice.paid",
    "subscription_cycle",
    "2026-09-21T10:02:11",
    "_fbp",
    "_meta_event_id",
    "lea@example.com",
];

proptest! {
    #[test]
    fn any_json_of_a_shop_gets_an_answer(
        value in any_json::any_json(
            NAMES_OF_ORDERS,
            prop::sample::select(TEXTS_OF_ORDERS).prop_map(Value::from),
        ),
        source in prop::sample::select(vec![Source::WooCommerce, Source::ShopifyOrders, Source::Stripe]),
        is_whole in any::<bool>(),
    ) {
        // With the members that a sale needs, the rest of the body is read as well.
        let mut body = value;
        if is_whole && let Value::Object(body) = &mut body {
            body.insert("id".to_owned(), json!(727));
            body.insert("status".to_owned(), json!("processing"));
            body.insert("financial_status".to_owned(), json!("paid"));
            body.insert("object".to_owned(), json!("event"));
            body.insert("type".to_owned(), json!("invoice.paid"));
        }
        let intake = signed(source, &body);
        prop_assert!([200, 400].contains(&intake.answer.status), "{}", intake.answer.status);
        let said = intake.answer.body.to_string();
        prop_assert!(!said.contains("lea@example.com"), "{said}");
        prop_assert_eq!(intake.answer.body["received"].as_bool(), Some(intake.answer.status == 200));
        for event in &intake.events {
            prop_assert!(!event.event.contains("\"em\":[\"lea@"), "{}", event.event);
        }
    }
}

//! Makes JSON from a fuzzer's choices: events as senders write them, with errors in them, or any
//! value.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use super::PERSONAL;

/// The most levels of an arbitrary value: more than an event may have.
const DEEPEST: usize = 13;
/// The most changes to an event.
const MOST_CHANGES: usize = 6;

/// Names that the relay reads, and similar ones.
const NAMES: [&str; 122] = [
    "data",
    "dataset_id",
    "source",
    "event_name",
    "event_time",
    "event_id",
    "event_source_url",
    "referrer_url",
    "action_source",
    "opt_out",
    "user_data",
    "custom_data",
    "app_data",
    "original_event_data",
    "attribution_data",
    "customer_segmentation",
    "messaging_channel",
    "advanced_measurement_table",
    "advertiser_tracking_enabled",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "em",
    "ph",
    "fn",
    "ln",
    "ge",
    "db",
    "ct",
    "st",
    "zp",
    "country",
    "external_id",
    "fbp",
    "fbc",
    "client_ip_address",
    "client_user_agent",
    "lead_id",
    "fb_login_id",
    "subscription_id",
    "madid",
    "anon_id",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_sid",
    "ig_account_id",
    "whatsapp_business_account_id",
    "doby",
    "f5first",
    "app_user_id",
    "value",
    "currency",
    "contents",
    "content_ids",
    "content_type",
    "content_name",
    "num_items",
    "search_string",
    "order_id",
    "id",
    "quantity",
    "item_price",
    "title",
    "extinfo",
    "application_tracking_enabled",
    "advertiser_tracking_enabled",
    "delivery_category",
    "predicted_ltv",
    "net_revenue",
    "consent",
    "categoryPreferences",
    "Advertising",
    "x-ga-gcs",
    "consent_state",
    "ad_storage",
    "access_token",
    "test_event_code",
    "partner_agent",
    "upload_id",
    "upload_tag",
    "type",
    "event",
    "userId",
    "anonymousId",
    "previousId",
    "messageId",
    "timestamp",
    "sentAt",
    "receivedAt",
    "context",
    "properties",
    "traits",
    "integrations",
    "All",
    "Facebook Conversions API (Actions)",
    "page",
    "url",
    "referrer",
    "ip",
    "userAgent",
    "device",
    "os",
    "adTrackingEnabled",
    "advertisingId",
    "products",
    "product_id",
    "price",
    "revenue",
    "total",
    "email",
    "phone",
    "address",
    "birthday",
    "batch",
    "writeKey",
    "name",
    "ecommerce",
    "items",
    "item_id",
    "clientId",
    "error",
];

/// Texts that mean something to the relay, or look like it.
const TEXTS: [&str; 72] = [
    "",
    " ",
    "Purchase",
    "PageView",
    "Lead",
    "Order Completed",
    "Product Viewed",
    "purchase",
    "view_item",
    "checkout_completed",
    "track",
    "page",
    "screen",
    "identify",
    "group",
    "alias",
    "ga4",
    "shopify",
    "segment",
    "1234567890",
    "42",
    "EUR",
    "eur",
    "US$",
    "59.90",
    "59,90",
    "1,299",
    "DHS",
    "[{\"id\":\"SKU-1\"}]",
    "SKU-1, SKU-2",
    "denied",
    "G100",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    " 7 ",
    "1e400",
    "NaN",
    "inf",
    "-0",
    "9223372036854775808",
    "1790000000",
    "1790000000000",
    "2026-09-21T10:00:00.000Z",
    "9999-12-31T23:59:59Z",
    "-009999-01-01T00:00:00Z",
    "https://shop.example/?fbclid=IwAR2AbC",
    "HTTP://SHOP.EXAMPLE",
    "https://",
    "javascript:alert(1)",
    "website",
    "app",
    "physical_store",
    "Email",
    "business_messaging",
    "whatsapp",
    "messenger",
    "instagram",
    "a2",
    "i2",
    "LDU",
    "fb.1.1789990000000.1073741823",
    "fb.1.1789990000000.IwAR2AbC_dEf-123",
    "fb.1.0.x",
    "8.8.4.4",
    "2001:4860:4860::8888",
    "::ffff:10.0.0.1",
    "127.0.0.1",
    "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
    "{\"a\":1}",
    "[[[",
    "a\r\nSet-Cookie: x=1",
    "\u{0}\u{202e}\u{feff}",
    "İß\u{1f6d2}\u{301}",
];

/// One event of each kind, as senders write them and the relay accepts them.
static EVENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut extinfo = vec![json!(""); 16];
    (extinfo[0], extinfo[4]) = (json!("a2"), json!("15"));
    vec![
        json!({
            "event_name": "Purchase", "event_time": 1_789_999_990, "event_id": "ord-1001",
            "event_source_url": "https://shop.example/thanks?fbclid=IwAR2AbC_dEf-123",
            "action_source": "website",
            "user_data": {
                "em": "jane@example.com", "ph": ["+16505551212"], "fn": "Jane", "ct": "Berlin",
                "fbp": "fb.1.1789990000000.1073741823", "client_user_agent": "Mozilla/5.0",
                "client_ip_address": "8.8.4.4", "external_id": ["u-1"],
            },
            "custom_data": {
                "value": "59.90", "currency": "eur", "order_id": 1001,
                "contents": [{ "id": "SKU-1", "quantity": 1 }, { "id": 2, "item_price": 5.5 }],
            },
        }),
        json!({
            "event_name": "Purchase", "event_time": 1_786_000_000, "action_source": "physical_store",
            "user_data": { "em": ["8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"] },
            "custom_data": { "value": 5, "currency": "USD" },
            "data_processing_options": ["LDU"], "data_processing_options_country": 1,
            "data_processing_options_state": 1000, "opt_out": false,
        }),
        json!({
            "event_name": "AddToCart", "action_source": "app",
            "user_data": { "madid": "38400000-8cf0-11bd-b23e-10b96e40000d", "lead_id": 123_456_789_012_345_i64 },
            "app_data": { "advertiser_tracking_enabled": 1, "extinfo": extinfo },
            "original_event_data": { "event_name": "Lead", "order_id": "7" },
        }),
        json!({
            "event_name": "LeadSubmitted", "action_source": "business_messaging",
            "messaging_channel": "whatsapp",
            "user_data": { "whatsapp_business_account_id": "5", "ctwa_clid": "c", "page_id": "1" },
        }),
        json!({
            "type": "track", "event": "Order Completed", "messageId": "m-1", "userId": "user_42",
            "anonymousId": "anon-7f3c", "timestamp": "2026-09-21T13:13:10.000Z",
            "sentAt": "2026-09-21T13:13:20.000Z",
            "context": {
                "ip": "8.8.4.4", "userAgent": "Mozilla/5.0",
                "page": { "url": "https://shop.example/thanks", "referrer": "https://search.example/" },
                "traits": { "email": "jane@example.com", "address": { "city": "Berlin" } },
                "device": { "type": "android", "adTrackingEnabled": true, "advertisingId": "x" },
                "os": { "name": "Android", "version": "15" },
            },
            "properties": {
                "order_id": "1001", "revenue": 25, "currency": "EUR",
                "products": [{ "product_id": "SKU-1", "price": 5, "quantity": 2 }, { "sku": "SKU-2" }],
            },
            "integrations": { "All": true },
        }),
        json!({
            "type": "identify", "userId": "user_42",
            "traits": { "email": "jane@example.com", "phone": "+16505551212", "birthday": "1990-01-02" },
        }),
        json!({ "type": "alias", "userId": "user_42", "previousId": "anon-7f3c" }),
        json!({
            "event": "purchase", "event_source_url": "https://shop.example/", "client_id": "1.2",
            "ecommerce": {
                "transaction_id": "T-1", "value": 25, "currency": "EUR",
                "items": [{ "item_id": "SKU-1", "price": 5, "quantity": 2 }],
            },
        }),
        json!({
            "name": "checkout_completed", "id": "sh-1", "timestamp": "2026-09-21T13:13:10.000Z",
            "clientId": "c-1",
            "context": { "document": { "location": { "href": "https://shop.example/" } } },
            "data": { "checkout": {
                "order": { "id": "o-1" }, "totalPrice": { "amount": 25, "currencyCode": "EUR" },
                "email": "jane@example.com",
                "lineItems": [{ "quantity": 1, "variant": { "id": "v", "product": { "id": "p" } } }],
            } },
        }),
    ]
});

/// Makes a body from these choices, even if they end too early.
pub(super) fn made(choices: &[u8]) -> Value {
    body(&mut Unstructured::new(choices)).unwrap_or(Value::Null)
}

fn body(choices: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match choices.int_in_range(0..=7)? {
        0 => any(choices, DEEPEST)?,
        1 => event(choices)?,
        2 | 3 => {
            let mut body = json!({ "batch": events(choices)?, "writeKey": super::WRITE_KEY });
            changed(choices, &mut body)?;
            body
        }
        4 => json!({ "source": choices.choose(&["ga4", "shopify"])?, "data": events(choices)? }),
        _ => {
            let mut body = json!({ "data": events(choices)? });
            if choices.ratio(1, 4)? {
                changed(choices, &mut body)?;
            }
            body
        }
    })
}

fn events(choices: &mut Unstructured<'_>) -> Result<Vec<Value>> {
    (0..choices.int_in_range(0..=4)?).map(|_| event(choices)).collect()
}

/// Makes an event as a sender would write it, with some changes.
fn event(choices: &mut Unstructured<'_>) -> Result<Value> {
    let mut event = choices.choose(&EVENTS)?.clone();
    for _ in 0..choices.int_in_range(0..=MOST_CHANGES)? {
        changed(choices, &mut event)?;
    }
    Ok(event)
}

/// Changes something somewhere in a value.
fn changed(choices: &mut Unstructured<'_>, value: &mut Value) -> Result<()> {
    let deeper = choices.ratio(2, 3)?;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let at = choices.choose_index(fields.len())?;
            if let Some(field) = fields.values_mut().nth(at) {
                changed(choices, field)?;
            }
        }
        Value::Array(values) if deeper && !values.is_empty() => {
            let at = choices.choose_index(values.len())?;
            if let Some(one) = values.get_mut(at) {
                changed(choices, one)?;
            }
        }
        Value::Object(fields) if choices.ratio(1, 3)? => {
            let name = name(choices)?;
            fields.remove(&name);
        }
        Value::Object(fields) => drop(fields.insert(name(choices)?, any(choices, 3)?)),
        Value::Array(values) => {
            let one = any(choices, 3)?;
            let times = *choices.choose(&[1, 1, 2, 12])?;
            values.extend(std::iter::repeat_n(one, times));
        }
        other => *other = any(choices, 3)?,
    }
    Ok(())
}

fn any(choices: &mut Unstructured<'_>, deepest: usize) -> Result<Value> {
    let kinds = if deepest == 0 { 6 } else { 8 };
    Ok(match choices.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => choices.arbitrary::<bool>()?.into(),
        2 => choices.arbitrary::<i64>()?.into(),
        3 => {
            (*choices.choose(&[0, 1, -1, 1_789_999_990, 1_790_000_000_000, i64::MAX, i64::MIN])?)
                .into()
        }
        4 => choices.arbitrary::<f64>()?.into(),
        5 | 6 => text(choices)?.into(),
        7 => {
            let values: Result<Vec<Value>> =
                (0..choices.int_in_range(0..=4)?).map(|_| any(choices, deepest - 1)).collect();
            values?.into()
        }
        _ => {
            let mut fields = Map::new();
            for _ in 0..choices.int_in_range(0..=4)? {
                fields.insert(name(choices)?, any(choices, deepest - 1)?);
            }
            fields.into()
        }
    })
}

fn name(choices: &mut Unstructured<'_>) -> Result<String> {
    if choices.ratio(7, 8)? { Ok((*choices.choose(&NAMES)?).to_owned()) } else { text(choices) }
}

fn text(choices: &mut Unstructured<'_>) -> Result<String> {
    Ok(match choices.int_in_range(0..=9)? {
        0 | 1 => choices.arbitrary::<String>()?,
        2 => (*choices.choose(&PERSONAL)?).to_owned(),
        3 => choices.choose(&TEXTS)?.repeat(*choices.choose(&[2, 30, 300])?),
        _ => (*choices.choose(&TEXTS)?).to_owned(),
    })
}

//! What is sent, with a key, to a relay that is configured for it.

use capi_bridge::relay::{
    BridgeKeys, Config, Connection, Intake, Place, RateLimiter, SegmentCall, SegmentSecrets,
    Sender, take, take_segment,
};
use capi_bridge::sources::Reading;
use serde_json::{Value, json};

pub const NOW_MILLIS: u64 = 1_790_000_000_000;
pub const BRIDGE_KEY: &str = "0123456789abcdef0123456789abcdef";
pub const WRITE_KEY: &str = "segment-write-key-0123456789abcdef";
pub const PAGE_KEY: &str = "key-of-a-page";

pub fn config(changes: &Value) -> Config {
    let mut config = json!({
        "datasets": ["1234567890", "42"],
        "allowedOrigins": ["https://shop.example"],
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Config::read(&config.to_string()).unwrap()
}

pub fn connection(config: &Config, headers: &[(&str, &str)]) -> Connection {
    let header = |name: &str| {
        headers.iter().find(|(header, _)| *header == name).map(|(_, value)| (*value).to_owned())
    };
    Connection::read(config, &header, Some("8.8.8.8"), Place::default(), NOW_MILLIS)
}

/// What becomes of a call, with these changes of the configuration and these headers.
pub fn called(call: &SegmentCall, body: &str, changes: &Value, headers: &[(&str, &str)]) -> Intake {
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

pub fn batch(messages: &Value, changes: &Value) -> Intake {
    let body = json!({ "batch": messages, "writeKey": WRITE_KEY }).to_string();
    called(&SegmentCall::Batch, &body, changes, &[])
}

pub fn events(intake: &Intake) -> Vec<Value> {
    intake.events.iter().map(|one| serde_json::from_str(&one.event).unwrap()).collect()
}

/// An order as Segment's specification has it.
pub fn order() -> Value {
    json!({
        "type": "track", "event": "Order Completed", "messageId": "m-1", "userId": "user_42",
        "context": { "page": { "url": "https://shop.example/thanks" }, "userAgent": "Mozilla/5.0" },
        "properties": { "order_id": "1001", "revenue": 25, "currency": "EUR" },
    })
}

pub fn of_server(body: &Value) -> Intake {
    let config = config(&json!({}));
    let authorization = format!("Bearer {BRIDGE_KEY}");
    let connection = connection(&config, &[("authorization", &authorization)]);
    let keys = BridgeKeys::read(BRIDGE_KEY).unwrap();
    let sender = Sender::of(&config, &connection, &keys).unwrap();
    let body = body.to_string();
    take(&config, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || Some([7; 16])).unwrap()
}
